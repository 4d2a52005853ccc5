import type { ObservationBody } from "./observation.ts";
import { MINUTE_MS } from "./time.ts";

/**
 * Whether a body is worth sending: what stays as it is (settings, alarms, identity, status) is said when it changes,
 * and again every minute for whoever came later. Samples, waves and breaths are always news. One a link; bodies are
 * compared with the last of their kind.
 * `nowMs` is monotonic.
 */
export type News = (body: ObservationBody, nowMs: number) => boolean;

export function createNews(): News {
  const last = new Map<string, { readonly text: string; readonly atMs: number }>();
  return (body, nowMs) => {
    if (body.kind === "samples" || body.kind === "wave" || body.kind === "breath") return true;
    const text = JSON.stringify(body);
    const before = last.get(body.kind);
    if (before?.text === text && nowMs - before.atMs < MINUTE_MS) return false;
    last.set(body.kind, { text, atMs: nowMs });
    return true;
  };
}

import { SECOND_MS, type Wall } from "../domain/time.ts";
import type { HttpResponse } from "../port/http.ts";

/** A header by its name in lower case, however the server spelled it; undefined when there is none. */
export function headerOf(response: HttpResponse, name: string): string | undefined {
  return Object.entries(response.headers).find(([key]) => key.toLowerCase() === name)?.[1];
}

/** Milliseconds that a provider asks us to wait (RFC 9110, 10.2.3): seconds or a date; undefined when not said. */
export function retryAfterMs(response: HttpResponse, now: Wall): number | undefined {
  const text = headerOf(response, "retry-after")?.trim();
  if (text === undefined || text === "") return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text) * SECOND_MS;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

/** A short form of an answer for logs and people: status and the beginning of what was said. */
export function answerText(response: HttpResponse): string {
  const said = response.body.replaceAll(/\s+/g, " ").trim().slice(0, 120);
  return said === "" ? `answered ${response.status}` : `answered ${response.status}: ${said}`;
}

import { messageOf } from "../domain/fault.ts";
import type { Wall } from "../domain/time.ts";
import type { Bus } from "../port/bus.ts";
import type { Log } from "../port/log.ts";
import { type PutOutMessage, readPutOut, readSettings, type SettingsMessage } from "./messages.ts";
import { checkSettings, type SettingsBody } from "./settings.ts";
import { areSettingsOurs } from "./signing.ts";
import { bedTopic, type Place } from "./topics.ts";
import type { SettingsReport } from "./uplink.ts";

export interface SettingsReceiverOptions extends Place {
  /** Never closed here. */
  readonly bus: Bus;
  readonly log: Log;
  readonly pairingKey: Uint8Array;
  /** The last good copy, as `save` was given it; undefined: there is none. */
  load(): Promise<string | undefined>;
  save(text: string): Promise<void>;
  /** Puts them into the edge's own state; rejecting refuses them, with the reason. The same may come again. */
  apply(
    body: SettingsBody,
    meta: { readonly version: number; readonly author: string; readonly at: Wall },
  ): Promise<void>;
  /** The hub says that it put a box out: to be judged by whoever knows which. */
  onPutOut(notice: PutOutMessage["putOut"]): void;
  /** For the retained state (Uplink.settings). */
  report(report: SettingsReport): void;
}

/** The edge's end of settings: it runs on the newest that it could take, and says which. */
export interface SettingsReceiver {
  /** Applies the last good copy, then listens. Never rejects: without a hub the edge runs on what it has. */
  start(): Promise<void>;
  /** Resolves when nothing is being applied any more. */
  stop(): Promise<void>;
}

/** Idle until `start`. */
export function createSettingsReceiver(options: SettingsReceiverOptions): SettingsReceiver {
  const { bus, log, home, bed, pairingKey } = options;
  let report: SettingsReport = {};
  /** Of the last good copy, also where it could not be applied at the start. */
  let keptVersion = 0;
  /** The newest that waits; what it replaces needs no applying. */
  let next: SettingsMessage | undefined;
  let running: Promise<void> | undefined;
  let stopListening: (() => void) | undefined;
  let stopped = false;

  const tell = (news: SettingsReport): void => {
    report = news;
    options.report(report);
  };

  const refuse = ({ version, hash }: SettingsMessage, reason: string): void => {
    log.note("settings.refused", { bed, version, reason }, "warn");
    tell({ ...report, refused: { version, hash, reason: reason.slice(0, 2_000) } });
  };

  const take = async (message: SettingsMessage): Promise<void> => {
    const { version, hash, author, at } = message;
    const checked = checkSettings(message.body);
    if (!checked.ok) return refuse(message, checked.reason);
    try {
      await options.apply(checked.message, { version, author, at });
      await options.save(JSON.stringify(message));
      keptVersion = version;
    } catch (error) {
      return refuse(message, messageOf(error));
    }
    log.note("settings.applied", { bed, version });
    tell({ applied: { version, hash } });
  };

  const run = async (): Promise<void> => {
    while (next !== undefined && !stopped) {
      const message = next;
      next = undefined;
      await take(message);
    }
    running = undefined;
  };

  const onSettings = (_topic: string, payload: string): void => {
    if (payload === "") return;
    const notice = readPutOut(payload);
    if (notice.ok) return options.onPutOut(notice.message.putOut);
    const read = readSettings(payload);
    // Nothing of what nobody vouches for is repeated in the report.
    if (!read.ok) return log.note("settings.not_understood", { bed, reason: read.reason }, "warn");
    const { message } = read;
    if (!areSettingsOurs(pairingKey, { home, bed }, message)) {
      return log.note("settings.not_ours", { bed }, "warn");
    }
    // Older ones, played again, would bring older limits back.
    const { version } = message;
    if (version < keptVersion || version <= Math.max(report.applied?.version ?? 0, next?.version ?? 0))
      return;
    next = message;
    running ??= run();
  };

  const replay = async (): Promise<void> => {
    try {
      const kept = await options.load();
      if (kept === undefined) return;
      const read = readSettings(kept);
      const checked = read.ok ? checkSettings(read.message.body) : read;
      if (!read.ok || !checked.ok) {
        return log.note("settings.copy_damaged", { bed, reason: checked.ok ? "" : checked.reason }, "error");
      }
      const { version, hash, author, at } = read.message;
      keptVersion = version;
      await options.apply(checked.message, { version, author, at });
      tell({ applied: { version, hash } });
    } catch (error) {
      log.note("settings.not_replayed", { bed, detail: messageOf(error) }, "error");
    }
  };

  return {
    async start() {
      await replay();
      if (!stopped) stopListening ??= bus.subscribe(bedTopic(home, bed, "settings"), onSettings);
    },
    async stop() {
      stopped = true;
      stopListening?.();
      await running;
    },
  };
}

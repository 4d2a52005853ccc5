import type { Writable } from "node:stream";
import type { Clock } from "../port/clock.ts";
import type { Log, LogFields, LogLevel } from "../port/log.ts";

const LEVELS: { readonly [level in LogLevel]: number } = { debug: 0, info: 1, warn: 2, error: 3 };

/** What a reader of the output that fell behind may leave in memory; more is dropped and counted. */
const BACKLOG_BYTES_MAX = 1 << 20;

/**
 * JSON Lines, one event each: `{"at": ISO time, "level", "event", ...fields}`. Events below `level`, which is asked for
 * at each where it may change, are left out.
 * A slow reader loses events, never holds the program; the next event then carries `lost`.
 */
export function createLog(options: {
  readonly output: Writable;
  readonly clock: Clock;
  readonly level: LogLevel | (() => LogLevel);
}): Log {
  const { output, clock, level: given } = options;
  const lowest = typeof given === "function" ? given : () => given;
  let lost = 0;
  // A reader that went away (a closed pipe) must not end the watch; `writable` then says so.
  output.on("error", () => {
    lost++;
  });
  return {
    note(event, fields = {}, level = "info") {
      if (LEVELS[level] < LEVELS[lowest()]) return;
      if (output.writableLength > BACKLOG_BYTES_MAX || !output.writable) {
        lost++;
        return;
      }
      const missing = lost > 0 ? { lost } : {};
      lost = 0;
      const at = new Date(clock.wall()).toISOString();
      output.write(`${JSON.stringify({ at, level, event, ...redact(fields), ...missing })}\n`);
    },
  };
}

/** Field names that hold secrets, and addresses that hold a password: the last net, not the rule. */
const SECRET_NAME =
  /pass(?:word|phrase)|secret|token|cookie|credential|authorization|hmac|p256dh|^auth$|(?:private|pairing|owner|join|sign_?in)_?(?:key|code)/i;
const PASSWORD_IN_ADDRESS = /(:\/\/[^\s/:@]*):[^\s/@]+@/g;
const SECRET_IN_QUERY = /([?&][^=&\s]*(?:token|secret|password|key|code|auth)[^=&\s]*=)[^&\s]+/gi;

function redact(fields: LogFields): LogFields {
  const clean: { [name: string]: LogFields[string] } = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && SECRET_NAME.test(name)) clean[name] = "[redacted]";
    else if (typeof value === "string") clean[name] = redactAddress(value);
    else clean[name] = value;
  }
  return clean;
}

const redactAddress = (text: string): string =>
  text.replaceAll(PASSWORD_IN_ADDRESS, "$1:[redacted]@").replaceAll(SECRET_IN_QUERY, "$1[redacted]");

/** How a command ended. */
export type AtReply =
  | { readonly result: "ok"; readonly lines: readonly string[] }
  | { readonly result: "error"; readonly lines: readonly string[]; readonly said: string }
  /** A call that came to nothing, in the modem's words: BUSY, NO CARRIER... */
  | { readonly result: "no call"; readonly said: string }
  | { readonly result: "silent" }
  /** The stick is gone. */
  | { readonly result: "lost"; readonly said: string };

/** A command that waits for its answer. */
export interface AtCommand {
  readonly text: string;
  /** What follows the prompt; some modems echo it. */
  readonly payload?: string;
  /** It dials: NO CARRIER and the like are its answer, not news about an older call. */
  readonly dials?: boolean;
}

/** What a line is while a command waits, or none does. */
export type AtMeaning =
  | { readonly kind: "echo" }
  | { readonly kind: "news" }
  | { readonly kind: "answer" }
  | { readonly kind: "end"; readonly result: "ok" | "error" | "no call" };

const CALL_ENDS = /^(?:NO CARRIER|BUSY|NO ANSWER|NO DIAL ?TONE)$/;
const CALL_END_REPORTS = /^(?:VOICE CALL: ?END|\^CEND:)/;
const ERRORS = /^(?:\+CM[ES] ERROR\b|ERROR$|COMMAND NOT SUPPORT)/;
/** Lines without a name in front that come by themselves. */
const BARE_NEWS =
  /^(?:RING$|RDY$|SMS READY$|SMS DONE$|PB DONE$|CALL READY$|VOICE CALL:|MISSED_CALL:|START$|POWERED DOWN$)/i;

/** Tells answers from news: modems put news anywhere, also between a command and its answer. */
export function meaningOf(line: string, command: AtCommand | undefined): AtMeaning {
  if (command === undefined) return { kind: "news" };
  if (line === command.text || line === command.payload) return { kind: "echo" };
  if (line === "OK") return { kind: "end", result: "ok" };
  if (ERRORS.test(line)) return { kind: "end", result: "error" };
  if (CALL_ENDS.test(line)) {
    return command.dials === true ? { kind: "end", result: "no call" } : { kind: "news" };
  }
  if (BARE_NEWS.test(line)) return { kind: "news" };
  const name = /^([+^*%#$][A-Z0-9]+)\s*:/.exec(line)?.[1];
  return name === undefined || command.text.startsWith(`AT${name}`) ? { kind: "answer" } : { kind: "news" };
}

/** The number of a `+CME ERROR: 10` or `+CMS ERROR: 38`; undefined for words and for plain ERROR. */
export function errorOf(said: string): { readonly of: "CME" | "CMS"; readonly code: number } | undefined {
  const [, of, code] = /^\+(CME|CMS) ERROR:\s*(\d{1,5})$/.exec(said) ?? [];
  if (code === undefined || (of !== "CME" && of !== "CMS")) return undefined;
  return { of, code: Number(code) };
}

/** The line says that a call has ended. */
export const isCallEnd = (line: string): boolean => CALL_ENDS.test(line) || CALL_END_REPORTS.test(line);

/** The line says that somebody calls this SIM. */
export const isRinging = (line: string): boolean => /^(?:RING|\+CRING:.*)$/.test(line);

/**
 * The key that the other side pressed: SIMCom `+RXDTMF: 1` and `+DTMF: 1`, Quectel `+QTONEDET: 49` (its ASCII code).
 * Undefined for everything else, also for A to D, which no phone has and which voices are sometimes taken for.
 */
export function keyOf(line: string): string | undefined {
  const named = /^\+(?:RX)?DTMF:\s*"?([0-9*#])"?\s*(?:,.*)?$/.exec(line)?.[1];
  if (named !== undefined) return named;
  const code = /^\+QTONEDET:\s*(\d{2,3})\s*(?:,.*)?$/.exec(line)?.[1];
  const key = code === undefined ? "" : String.fromCodePoint(Number(code));
  return /^[0-9*#]$/.test(key) ? key : undefined;
}

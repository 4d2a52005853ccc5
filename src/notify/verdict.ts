import type { SendResult } from "../port/channel.ts";
import type { Clock } from "../port/clock.ts";
import { type Exchanged, failureOf, membersOf } from "./exchange.ts";
import { retryAfterMs } from "./response.ts";
import { cutCharacters } from "./text.ts";

/** What a code in a provider's answer comes to: worth another try after a while, or not until a person mends it. */
export type Verdict =
  | { readonly outcome: "failed"; readonly retryAfterMs?: number }
  | { readonly outcome: "refused"; readonly gone: boolean };

/** How a provider says in a JSON body what became of a request, whatever the status above it. */
export interface Verdicts {
  readonly who: string;
  /** The member that holds the code. */
  readonly code: string;
  /** Undefined: only failures have a code. */
  readonly success: number | string | undefined;
  /** Members that may hold the reason in words; the first that does is told. */
  readonly words: readonly string[];
  /** Documented codes. Any other is a failure that is tried again. */
  readonly codes: { readonly [code: string]: Verdict };
}

export type Answer =
  | { readonly members: { readonly [name: string]: unknown } }
  | { readonly code: string; readonly result: Exclude<SendResult, { outcome: "accepted" }> };

export const TRY_AGAIN = { outcome: "failed" } as const satisfies Verdict;
export const MEND: Verdict = { outcome: "refused", gone: false };
export const GONE: Verdict = { outcome: "refused", gone: true };
export const waitFor = (ms: number): Verdict => ({ outcome: "failed", retryAfterMs: ms });

const WORDS_MAX = 160;

/** Reads an answer. `secrets`: what must not stand in the reason, should the provider or the network repeat it. */
export function readAnswer(
  exchanged: Exchanged,
  verdicts: Verdicts,
  clock: Clock,
  secrets: readonly string[],
): Answer {
  const clean = (detail: string): string => withoutSecrets(detail, secrets);
  if ("failed" in exchanged) {
    return { code: "", result: { ...exchanged.failed, detail: clean(exchanged.failed.detail) } };
  }
  const { response } = exchanged;
  const members = membersOf(response.body);
  const said = members[verdicts.code];
  const isSuccess = response.status >= 200 && response.status < 300;
  if (isSuccess && said === verdicts.success) return { members };
  const code = typeof said === "number" || typeof said === "string" ? String(said) : "";
  const known = Object.hasOwn(verdicts.codes, code) ? verdicts.codes[code] : undefined;
  if (known === undefined && !isSuccess) {
    const result = failureOf(verdicts.who, { ...response, body: clean(response.body) }, clock);
    return { code, result: result.outcome === "accepted" ? { ...TRY_AGAIN, detail: verdicts.who } : result };
  }
  const words = verdicts.words.map((name) => members[name]).find((text) => typeof text === "string");
  const reason = words === undefined || words === "" ? "without a reason" : words;
  const detail = clean(
    code === ""
      ? `${verdicts.who} answered ${response.status} with something unknown`
      : `${verdicts.who} answered ${code}: ${reason}`,
  );
  const asked = retryAfterMs(response, clock.wall());
  const verdict = known ?? TRY_AGAIN;
  if (verdict.outcome === "refused") return { code, result: { ...verdict, detail } };
  return {
    code,
    result: { ...verdict, detail, ...(asked === undefined ? {} : { retryAfterMs: asked }) },
  };
}

/** A reason without the secrets that the provider may have repeated, as they are or as they stand in an address. */
function withoutSecrets(detail: string, secrets: readonly string[]): string {
  let clean = detail.replaceAll(/\s+/g, " ").trim();
  for (const secret of secrets.flatMap((text) => [text, encodeURIComponent(text.toWellFormed())])) {
    if (secret !== "") clean = clean.replaceAll(secret, "***");
  }
  return cutCharacters(clean, WORDS_MAX);
}

/** Called too often already: the provider would refuse it, so it is not asked. */
export const tooOften = (who: string, waitMs: number): SendResult => ({
  outcome: "failed",
  detail: `${who} takes no more messages for now`,
  retryAfterMs: waitMs,
});

/** What cannot be sent without a sound, or would only cost, is left out. */
export const LEFT_OUT: SendResult = { outcome: "accepted", reference: "" };

/** A setting that is missing or has the wrong form. */
export const badSetting = (detail: string): SendResult => ({ outcome: "refused", detail, gone: false });

import { type Mono, mono, SECOND_MS } from "../domain/time.ts";
import type { SendResult } from "../port/channel.ts";
import type { Clock } from "../port/clock.ts";

export type Refusal = Exclude<SendResult, { outcome: "accepted" }>;

export type Fetched =
  | { readonly token: string; readonly validSeconds: number }
  | { readonly code: string; readonly result: Refusal };

/** A token that a provider lends against the home's key, asked for when it is needed and kept until it ends. */
export interface TokenCache {
  /** `account`: whose token; another account's is never given. Several who ask at once share one request. */
  get(account: string, fetchToken: () => Promise<Fetched>): Promise<Fetched>;
  /** The provider did not know it any more; unless a newer one is kept already. */
  forget(token: string): void;
}

/** A token that ends while a request is under way would be refused. */
const MARGIN_SECONDS = 60;

export function createTokenCache(clock: Clock): TokenCache {
  let kept: { readonly account: string; readonly fetched: Fetched; readonly until: Mono } | undefined;
  let asking: { readonly account: string; readonly answer: Promise<Fetched> } | undefined;

  const ask = async (account: string, fetchToken: () => Promise<Fetched>): Promise<Fetched> => {
    const fetched = await fetchToken();
    if ("token" in fetched) {
      const seconds = Math.max(0, fetched.validSeconds - MARGIN_SECONDS);
      kept = { account, fetched, until: mono(clock.mono() + seconds * SECOND_MS) };
    }
    return fetched;
  };

  return {
    async get(account, fetchToken) {
      if (kept?.account === account && kept.until > clock.mono()) return kept.fetched;
      if (asking?.account !== account) asking = { account, answer: ask(account, fetchToken) };
      const mine = asking;
      try {
        return await mine.answer;
      } finally {
        if (asking === mine) asking = undefined;
      }
    },
    forget(token) {
      if (kept !== undefined && "token" in kept.fetched && kept.fetched.token === token) kept = undefined;
    },
  };
}

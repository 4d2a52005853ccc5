import { Fault } from "../../src/domain/fault.ts";
import type { DriverContext } from "../../src/driver/contract.ts";
import { type Exchange, framedExchange } from "../../src/driver/exchange.ts";
import { createFramer } from "../../src/wire/framer.ts";
import { EB_RULE, PADDING } from "./codec.ts";

/** How long one answer is waited for, and how often it is asked for. */
export const ANSWER_MS = 2_000;
export const TRIES = 3;

export interface Questions {
  readonly exchange: Exchange<Uint8Array>;
  /** Bytes of any kind that came. */
  heardBytes(): number;
}

/** Begins to listen for answers; frames of all kinds are answers. Stop it in the end. */
export function openQuestions({ link, clock, trace }: DriverContext, signal: AbortSignal): Questions {
  let heardBytes = 0;
  const exchange = framedExchange<Uint8Array>({ link, clock, trace, signal }, (deliver) => {
    const framer = createFramer({
      rule: EB_RULE,
      confirm: 1,
      onFrame(bytes, at, length) {
        if (bytes[at] === PADDING) return;
        const whole = bytes.slice(at, at + length);
        trace.frame(whole, () => `answer ${(whole[0] ?? 0).toString(16).toUpperCase()}`);
        deliver(whole);
      },
      onNoise: (bytes, reason) => trace.reject(bytes, reason),
    });
    return {
      push(chunk) {
        heardBytes += chunk.length;
        framer.push(chunk);
      },
    };
  });
  return { exchange, heardBytes: () => heardBytes };
}

/** A declared frame. */
interface Wanted {
  readonly spec: { readonly name: string };
  readonly lengthBytes: number;
  check(bytes: Uint8Array, at: number): number;
}

/** Asks up to three times; undefined when the exchange has ended, DEVICE_NO_REPLY when nothing came. */
export async function ask(
  exchange: Exchange<Uint8Array>,
  bytes: Uint8Array,
  wanted: Wanted,
): Promise<Uint8Array | undefined> {
  for (let round = 0; round < TRIES && !exchange.ended; round++) {
    const answer = await exchange.request({
      bytes,
      meaning: `${wanted.spec.name}?`,
      matches: (frame) => frame.length === wanted.lengthBytes && wanted.check(frame, 0) === 0,
      timeoutMs: ANSWER_MS,
    });
    if (answer !== undefined) return answer;
  }
  if (exchange.ended) return undefined;
  throw noReply(`The oximeter did not answer a question for its memory (${wanted.spec.name})`);
}

/** The device is there and does not answer. */
export const noReply = (detail: string): Fault =>
  new Fault("DEVICE_NO_REPLY", `${detail}.`, {
    fix: "Switch the oximeter on, stop a recording that runs, and plug its cable in again.",
  });

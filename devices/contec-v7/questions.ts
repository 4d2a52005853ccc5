import type { DriverContext } from "../../src/driver/contract.ts";
import { type Exchange, framedExchange } from "../../src/driver/exchange.ts";
import { createFramer } from "../../src/wire/framer.ts";
import { command, FEEDBACK, FREE, hex, LENGTH, SEGMENTS, USERS, V7_RULE } from "./codec.ts";

/** "One second without an answer is a failure": then a question is asked again, so often in all. */
const ANSWER_MS = 1_000;
export const TRIES = 3;

export interface Questions {
  readonly exchange: Exchange<Uint8Array>;
  /** Stretches of bytes that were refused so far. */
  noise(): number;
}

export type Answer =
  | { readonly kind: "answer"; readonly packet: Uint8Array }
  | { readonly kind: "refused"; readonly reason: number }
  | { readonly kind: "silent" };

/** Begins to listen for answers; packets of all types are answers. Stop it in the end. */
export function openQuestions({ link, clock, trace }: DriverContext, signal: AbortSignal): Questions {
  let stretches = 0;
  const exchange = framedExchange<Uint8Array>({ link, clock, trace, signal }, (deliver) =>
    createFramer({
      rule: V7_RULE,
      confirm: 1,
      onFrame(bytes, at, length) {
        const packet = bytes.slice(at, at + length);
        trace.frame(packet, () => `answer ${hex(packet[0] ?? 0)}`);
        deliver(packet);
      },
      onNoise(bytes, reason) {
        stretches += 1;
        trace.reject(bytes, reason);
      },
    }),
  );
  return { exchange, noise: () => stretches };
}

/** Asks until `matches` says that the answer is whole, or the device says no. */
export async function ask(
  { exchange }: Questions,
  code: number,
  args: readonly number[],
  matches: (packet: Uint8Array) => boolean,
  { timeoutMs = ANSWER_MS, tries = TRIES } = {},
): Promise<Answer> {
  for (let round = 0; round < tries && !exchange.ended; round++) {
    const packet = await exchange.request({
      bytes: command(code, args),
      meaning: `command ${hex(code)} ${args.join(" ")}`.trim(),
      matches: (reply) => refusal(code, reply) !== undefined || matches(reply),
      timeoutMs,
    });
    if (packet === undefined) continue;
    const reason = refusal(code, packet);
    return reason === undefined ? { kind: "answer", packet } : { kind: "refused", reason };
  }
  return { kind: "silent" };
}

/** Why the device refuses this command; undefined where the packet says something else. */
function refusal(code: number, packet: Uint8Array): number | undefined {
  if (packet.length !== FEEDBACK.lengthBytes || FEEDBACK.check(packet, 0) !== 0) return undefined;
  const { command: about, reason } = FEEDBACK.decode(packet, 0);
  return about === code && reason !== 0 ? reason : undefined;
}

const ONE_PACKET = { free: FREE, users: USERS, sessions: SEGMENTS, length: LENGTH } as const;

/** Whether a packet is this one. */
export const is =
  (name: keyof typeof ONE_PACKET) =>
  (packet: Uint8Array): boolean =>
    packet.length === ONE_PACKET[name].lengthBytes && ONE_PACKET[name].check(packet, 0) === 0;

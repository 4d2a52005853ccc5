import { SECOND_MS } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { ByteLink } from "../port/link.ts";
import type { Random } from "../port/random.ts";
import { BYTE_FAULTS, type ByteFault, damage } from "../rehearsal/faults.ts";
import { UsageError } from "./command.ts";

/** What is wrong with a port, from when to when, ms since its device began to speak. */
export interface PortFault {
  readonly kind: ByteFault | "freeze" | "half_open" | "delay";
  /** Of the bytes or chunks; for delay: ms. */
  readonly amount: number;
  readonly fromMs: number;
  readonly toMs: number;
}

const KINDS = [...BYTE_FAULTS, "freeze", "half_open", "delay"] as const;
const SHARE = 0.01;
const DELAY_MS = 5 * SECOND_MS;
const DELAY_MAX_S = 600;

/** The option that both `simulate` and `replay` have. */
export const FAULT_OPTION = {
  type: "string",
  value: "FAULT",
  multiple: true,
  help: "KIND[=AMOUNT][@FROM-TO]: a fault of the port, see above; repeatable",
} as const;

/** Reads `KIND[=AMOUNT][@FROM-TO]`. Throws UsageError. */
export function portFaults(texts: readonly string[]): readonly PortFault[] {
  return texts.map((text) => {
    const parts = /^([a-z_]+)(?:=(\d+(?:\.\d+)?))?(?:@(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)?)?$/.exec(text);
    const kind = KINDS.find((known) => known === parts?.[1]);
    if (parts === null || kind === undefined) {
      throw new UsageError(`--fault ${text}: write KIND[=AMOUNT][@FROM-TO]; kinds are ${KINDS.join(", ")}.`);
    }
    const amount = parts[2] === undefined ? undefined : Number(parts[2]);
    const isDelay = kind === "delay";
    if (amount !== undefined && amount > (isDelay ? DELAY_MAX_S : 1)) {
      throw new UsageError(`--fault ${text}: ${isDelay ? `at most ${DELAY_MAX_S} s` : "a share is 0 to 1"}.`);
    }
    return {
      kind,
      amount: isDelay ? (amount === undefined ? DELAY_MS : amount * SECOND_MS) : (amount ?? SHARE),
      fromMs: Number(parts[3] ?? 0) * SECOND_MS,
      toMs: parts[4] === undefined ? Number.POSITIVE_INFINITY : Number(parts[4]) * SECOND_MS,
    };
  });
}

/** The same device's end of a port, with these faults between it and whoever reads. */
export function faultyPort(
  link: ByteLink,
  faults: readonly PortFault[],
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): ByteLink {
  if (faults.length === 0) return link;
  const startMs: number = clock.mono();
  const now = (): readonly PortFault[] => {
    const elapsedMs = clock.mono() - startMs;
    return faults.filter(({ fromMs, toMs }) => elapsedMs >= fromMs && elapsedMs < toMs);
  };
  return {
    chunks: heard(link.chunks, () => now().some(({ kind }) => kind === "half_open")),
    async write(bytes) {
      let carried = bytes;
      let delayMs = 0;
      for (const { kind, amount } of now()) {
        if (kind === "freeze") return;
        if (kind === "delay") delayMs = Math.max(delayMs, amount);
        else if (kind !== "half_open") carried = damage(kind, amount, random)(carried);
      }
      if (carried.length === 0) return;
      if (delayMs === 0) return link.write(carried);
      const late = carried.slice();
      // Nobody waits for what comes late; a port that is gone by then has said so to the next writer.
      clock.after(delayMs, () => void link.write(late).catch(() => undefined));
    },
    close: () => link.close(),
  };
}

/** What the host says, left out while the port is deaf. */
async function* heard(chunks: AsyncIterable<Uint8Array>, deaf: () => boolean): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) if (!deaf()) yield chunk;
}

import type { BedView } from "../../src/domain/bed.ts";
import { ticks } from "../../src/domain/ticks.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import type { Clock } from "../../src/port/clock.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { INPUTS_CHANNEL, MODEM_INPUTS } from "../../src/wire/modem-lines.ts";
import { EV_KEY, INPUT_EVENT, PRESSED } from "./codec.ts";

const LOOK_MS = 50;
const REPEAT_MS = 1_000;
/** Any key: the space bar. */
const SPACE = 57;

/** The switch is pressed while the person at the bed calls. */
export async function simulateWire({
  bed,
  link,
  clock,
  options,
  signal,
}: SimulatorContext<PacketLink>): Promise<void> {
  let told: boolean | undefined;
  let toldMs = Number.NEGATIVE_INFINITY;
  await everyLook(clock, signal, async () => {
    const closed = bed.calls() === (options["pressed"] === "closed");
    if (closed === told && clock.mono() - toldMs < REPEAT_MS) return;
    told = closed;
    toldMs = clock.mono();
    const on = (line: string): boolean => closed && options["line"] === line;
    const bytes = MODEM_INPUTS.encode({ cts: on("cts"), dsr: on("dsr"), dcd: on("dcd"), ri: on("ri") });
    await link.write({ channel: INPUTS_CHANNEL, bytes });
  });
}

/** The key is pressed when the person at the bed begins to call, and released when that ends. */
export async function simulateKey({ bed, link, clock, options, signal }: SimulatorContext): Promise<void> {
  let before = false;
  await everyLook(clock, signal, async () => {
    const calls: ReturnType<BedView["calls"]> = bed.calls();
    if (calls === before) return;
    before = calls;
    const code = Number(options["key"]) === 0 ? SPACE : Number(options["key"]);
    const value = calls ? PRESSED : 0;
    const seconds = Math.floor(clock.wall() / 1000);
    const micros = (clock.wall() % 1000) * 1000;
    await link.write(INPUT_EVENT.encode({ seconds, micros: Math.floor(micros), type: EV_KEY, code, value }));
    await link.write(INPUT_EVENT.encode({ seconds, micros: Math.floor(micros), type: 0, code: 0, value: 0 }));
  });
}

async function everyLook(clock: Clock, signal: AbortSignal, look: () => Promise<void>): Promise<void> {
  for await (const _ of ticks(clock, LOOK_MS, signal)) await look();
}

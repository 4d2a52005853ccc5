import { cpus, loadavg } from "node:os";
import { messageOf } from "../domain/fault.ts";
import type { DeviceModule } from "../driver/contract.ts";
import type { Clock } from "../port/clock.ts";
import { type CardImport, measureCards } from "./device-cards.ts";
import { type LinkMemory, measureLinkMemory } from "./device-memory.ts";
import { type DecoderRate, measureDecoder } from "./device-rates.ts";
import { columns, number } from "./text.ts";

/** How long and how much. */
export interface DevicesPlan {
  /** Processor time of each decoder. */
  readonly seconds: number;
  readonly nightHours: number;
  readonly days: number;
}

/** Everything that `bench devices` measured; `problems` says what could not be. */
export interface DevicesMeasurements {
  /** ISO date. */
  readonly date: string;
  readonly machine: {
    readonly cores: number;
    readonly kind: string;
    readonly platform: string;
    readonly node: string;
  };
  readonly load: { readonly before: number; readonly after: number };
  readonly plan: DevicesPlan;
  readonly decoders: readonly DecoderRate[];
  /** Families whose simulator must be asked, so that a stream alone says nothing. */
  readonly asked: readonly string[];
  readonly memory: readonly LinkMemory[];
  readonly cards: readonly CardImport[];
  readonly problems: readonly string[];
}

/** Families whose links are weighed: a cable that streams, a line of text, a Bluetooth ring. */
const WEIGHED: ReadonlySet<string> = new Set(["nonin-serial", "puritan-bennett-840-waveform", "viatom-ring"]);

/** Measures every decoder in this process, what links hold, and how long cards take. Rejects when it is stopped. */
export async function measureDevices(
  families: readonly DeviceModule[],
  plan: DevicesPlan,
  {
    clock,
    signal,
    say,
  }: { readonly clock: Clock; readonly signal: AbortSignal; readonly say: (words: string) => void },
): Promise<DevicesMeasurements> {
  const before = loadavg()[0] ?? 0;
  const problems: string[] = [];
  const part = async <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
    signal.throwIfAborted();
    say(what);
    try {
      return await work();
    } catch (error) {
      problems.push(`${what}: ${messageOf(error)}`);
      return undefined;
    }
  };
  const decoders: DecoderRate[] = [];
  const asked: string[] = [];
  for (const module of families.filter(({ link }) => link !== "files")) {
    const rate = await part(module.id, () => measureDecoder(module, { clock, seconds: plan.seconds }));
    if (rate === undefined) asked.push(module.id);
    else decoders.push(rate);
  }
  const memory: LinkMemory[] = [];
  for (const module of families.filter(({ id }) => WEIGHED.has(id))) {
    const weighed = await part(`memory of a link: ${module.id}`, () => measureLinkMemory(module));
    if (weighed !== undefined) memory.push(weighed);
  }
  const cards = await part("cards", () => measureCards(plan));
  const [cpu] = cpus();
  return {
    date: new Date(clock.wall()).toISOString().slice(0, 10),
    machine: {
      cores: cpus().length,
      kind: cpu?.model.trim() ?? "unknown",
      platform: process.platform,
      node: process.versions.node,
    },
    load: { before, after: loadavg()[0] ?? 0 },
    ...{ plan, decoders, asked, memory, problems },
    cards: cards ?? [],
  };
}

/** The same for people: a table on a terminal. */
export function devicesTable(measured: DevicesMeasurements): string {
  const { machine, load, date, plan } = measured;
  const head =
    `${date}: ${machine.cores} x ${machine.kind}, ${machine.platform}, node ${machine.node}, load average ` +
    `${load.before.toFixed(1)} before and ${load.after.toFixed(1)} after.\n` +
    `Each decoder for ${plan.seconds} s of processor time on its simulator's stream.`;
  const rates = measured.decoders.map(({ device, bytesPerSecond, framesPerSecond, plain }) => [
    device,
    number(bytesPerSecond / 1e6),
    number(framesPerSecond),
    plain === undefined ? "" : number(plain.bytesPerSecond / 1e6),
    plain === undefined ? "" : `x ${(bytesPerSecond / plain.bytesPerSecond).toFixed(2)}`,
  ]);
  const memory = measured.memory.map(({ device, idleBytes, streamingBytes }) => [
    device,
    number(idleBytes / 1000),
    number(streamingBytes / 1000),
  ]);
  const cards = measured.cards.map(({ card, bytes, readings, processorMs }) => [
    card,
    number(bytes / 1e6),
    readings.toLocaleString("en"),
    number(processorMs / 1000),
  ]);
  return [
    head,
    columns([["decoder", "MB/s", "frames/s", "plain loop, MB/s", "to it"], ...rates]),
    columns([["memory of a supervised link", "idle, kB", "after a minute, kB"], ...memory]),
    columns([["card", "MB", "readings", "s"], ...cards]),
    ...(measured.asked.length === 0
      ? []
      : [`Not measured, because they speak when asked or rarely: ${measured.asked.join(", ")}`]),
    ...measured.problems.map((problem) => `not measured: ${problem}`),
  ]
    .join("\n\n")
    .concat("\n");
}

import { isPresent } from "../../src/domain/sample.ts";
import type { SignalId } from "../../src/domain/signal.ts";
import { ticks } from "../../src/domain/ticks.ts";
import { SECOND_MS, type Wall, zoneOffsetMs } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import type { CardLink } from "../../src/port/link.ts";

const HEADER = "Time,SpO2(%),Pulse Rate(bpm),PI(%),Motion,tcPCO2(mmHg)\r\n";

const SIGNALS: readonly SignalId[] = ["spo2", "pulse_rate", "perfusion_index", "motion", "tcco2"];

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** Plays a program that writes its export while it records: a row a second, in the form of a ring's app. */
export async function simulateCsv(context: SimulatorContext<CardLink>): Promise<void> {
  const { bed, clock, link, signal, zone = "UTC" } = context;
  const encoder = new TextEncoder();
  const path = `Recorder_${new Date(clock.wall()).toISOString().replaceAll(/\D/g, "").slice(0, 14)}.csv`;
  let written = 0;
  const write = async (text: string): Promise<void> => {
    const bytes = encoder.encode(text);
    await link.write(path, written, bytes);
    written += bytes.length;
  };
  await write(HEADER);
  for await (const _ of ticks(clock, SECOND_MS, signal)) {
    const cells = SIGNALS.map((id) => {
      const sample = bed.sample(id);
      return isPresent(sample) ? String(sample) : "--";
    });
    await write(`${timeText(clock.wall(), zone)},${cells.join(",")}\r\n`);
  }
}

/** `23:20:29 Jun 19 2026` */
function timeText(at: Wall, zone: string): string {
  const date = new Date(at + zoneOffsetMs(at, zone));
  const day = String(date.getUTCDate()).padStart(2, "0");
  return `${date.toISOString().slice(11, 19)} ${MONTHS[date.getUTCMonth()]} ${day} ${date.getUTCFullYear()}`;
}

import { writeCardHeader } from "../../devices/resmed-card/codec.ts";
import { resmedCard } from "../../devices/resmed-card/module.ts";
import { DAY_MS, HOUR_MS, wall } from "../domain/time.ts";
import { fillOptions } from "../driver/options.ts";
import type { FileLink } from "../port/link.ts";
import { createVirtualClock } from "../rehearsal/clock.ts";
import type { CardFiles } from "../rehearsal/noise.ts";
import { createPatient } from "../rehearsal/patient.ts";
import { createSeededRandom } from "../rehearsal/random.ts";
import { createMemoryCard } from "../transport/memory-card.ts";
import { readEdfHeader, startdateText } from "../wire/edf.ts";
import { processorTime } from "./device-rates.ts";
import { filesOf } from "./fuzz-session.ts";

/** Reading a card from memory to the last of its readings. */
export interface CardImport {
  readonly card: string;
  readonly bytes: number;
  readonly readings: number;
  readonly processorMs: number;
}

const EVENING = Date.UTC(2026, 0, 15, 22);

/** One night of a simulated ResMed machine, and a card of as many nights as asked for, each of them that of an hour. */
export async function measureCards(plan: {
  readonly nightHours: number;
  readonly days: number;
}): Promise<readonly CardImport[]> {
  const night = await simulatedNight(plan.nightHours);
  const hour = await simulatedNight(Math.min(1, plan.nightHours));
  return [
    await measure(`resmed-card, one night of ${plan.nightHours} h`, night),
    await measure(
      `resmed-card, ${plan.days} nights of ${Math.min(1, plan.nightHours)} h`,
      repeated(hour, plan.days),
    ),
  ];
}

async function simulatedNight(hours: number): Promise<CardFiles> {
  const clock = createVirtualClock(wall(EVENING));
  const card = createMemoryCard(() => true, "bench");
  const stop = new AbortController();
  const writing = resmedCard.simulate({
    ...{ link: card.device, clock, zone: "UTC", random: createSeededRandom(2), signal: stop.signal },
    bed: createPatient({ clock, random: createSeededRandom(1) }),
    options: fillOptions(resmedCard.options, {}),
  });
  await clock.advance(hours * HOUR_MS);
  stop.abort();
  await writing;
  return filesOf(card.open());
}

/** The same night on so many days up to then, each file under its own date and with its own header. */
function repeated(night: CardFiles, days: number): CardFiles {
  const card = new Map([...night].filter(([path]) => !path.startsWith("DATALOG/")));
  for (let back = 0; back < days; back++) {
    const date = new Date(EVENING - back * DAY_MS);
    const name = date.toISOString().slice(0, 10).replaceAll("-", "");
    for (const [path, bytes] of night) {
      if (path.startsWith("DATALOG/") && path.endsWith(".edf")) {
        card.set(path.replaceAll("20260115", name), redated(bytes, date));
      }
    }
  }
  return card;
}

function redated(bytes: Uint8Array, date: Date): Uint8Array {
  const header = readEdfHeader(bytes);
  if (typeof header === "string") throw new RangeError(header);
  const day = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
  const start = { ...header.start, ...day };
  const recording = header.recording.replace(/^Startdate \S+/, startdateText(start));
  const copy = bytes.slice();
  copy.set(writeCardHeader({ ...header, start, recording }));
  return copy;
}

async function measure(card: string, files: CardFiles): Promise<CardImport> {
  const total = [...files.values()].reduce((sum, { length }) => sum + length, 0);
  const link: FileLink = {
    growing: false,
    list: async () =>
      [...files]
        .map(([path, { length }]) => ({ path, bytes: length }))
        .toSorted((a, b) => (a.path < b.path ? -1 : 1)),
    read: async (path, from, to) => files.get(path)?.slice(from, to) ?? new Uint8Array(0),
    close: async () => undefined,
  };
  const took = processorTime();
  let readings = 0;
  const context = {
    ...{ link, clock: createVirtualClock(wall(EVENING)), zone: "UTC", signal: new AbortController().signal },
    options: fillOptions(resmedCard.options, {}),
    trace: { frame: () => undefined, reject: () => undefined, sent: () => undefined },
  };
  for await (const reading of resmedCard.observe(context)) if (reading.deviceAt !== undefined) readings += 1;
  return { card, bytes: total, readings, processorMs: took() };
}

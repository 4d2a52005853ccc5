import { localClock } from "../../src/domain/local-clock.ts";
import { createMeter } from "../../src/domain/meter.ts";
import { isPresent } from "../../src/domain/sample.ts";
import type { SignalId } from "../../src/domain/signal.ts";
import { slept } from "../../src/domain/ticks.ts";
import { type Mono, mono, SECOND_MS } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import type { CardLink } from "../../src/port/link.ts";
import { type Chunk, encodeChunk } from "./codec.ts";

const SERIAL = "SIMPRS1";
const FOLDER = `P-Series/${SERIAL}`;
const MODEL = "1030X150";

/** A session ends and another begins so often; a real one lasts as long as the mask is on. */
const SESSION_S = 120;
const RATE_HZ = 5;

/** Bytes of each record of the events, and of the summary's slices, behind the code. */
const EVENT_LENGTHS: ReadonlyMap<number, number> = new Map([
  [0x02, 14],
  [0x0c, 2],
  [0x0d, 2],
]);
const word = (value: number): number[] => [value & 0xff, value >> 8];

/** Plays a DreamStation that writes the files of a session when it ends: when its therapy goes off, and every two minutes. */
export async function simulatePrs1(context: SimulatorContext<CardLink>): Promise<void> {
  const { bed, clock, link, signal } = context;
  const meter = createMeter(bed, clock.mono());
  const encoder = new TextEncoder();
  await link.write(`${FOLDER}/PROP.TXT`, 0, encoder.encode(`SN=${SERIAL}\r\nMN=${MODEL}\r\nPT=0x68\r\n`));
  const runs = (): boolean => bed.sample("therapy") !== 0;
  for (let session = 1; !signal.aborted; session++) {
    if (session > 1 && !(await aSecond(context))) return;
    while (!runs()) if (!(await aSecond(context))) return;
    const shown = localClock(clock.wall(), context.zone ?? "UTC");
    const time = Math.max(
      0,
      Date.UTC(shown.year, shown.month - 1, shown.day, shown.hour, shown.minute, shown.second) / SECOND_MS,
    );
    const seconds: Second[] = [];
    while (seconds.length < SESSION_S) {
      if (!(await aSecond(context))) return;
      if (!runs()) break;
      meter.look(clock.mono());
      seconds.push(secondOf(context));
    }
    if (seconds.length === 0) continue;
    const chunk = (part: number, data: number[], layout: Chunk["layout"]): Uint8Array =>
      encodeChunk({ version: 6, part, session, time, data: Uint8Array.from(data), layout });
    const write = (ending: string, bytes: Uint8Array): Promise<void> =>
      link.write(`${FOLDER}/p0/${String(session).padStart(8, "0")}.${ending}`, 0, bytes);
    const slices = summarySlices(context, seconds.length);
    const lengths = new Map(slices.map(([code = 0, ...data]) => [code, data.length]));
    await write("001", chunk(1, slices.flat(), { kind: "records", lengths }));
    const records = eventRecords(context, seconds.length, (id) => meter.value(id, clock.mono()));
    await write("002", chunk(2, records, { kind: "records", lengths: EVENT_LENGTHS }));
    const intervals = { kind: "intervals", count: seconds.length, seconds: 1 } as const;
    if (seconds.every(({ wave }) => wave !== undefined)) {
      const channels = [{ samples: RATE_HZ }, { samples: RATE_HZ }];
      await write(
        "005",
        chunk(
          5,
          seconds.flatMap(({ wave }) => wave ?? []),
          { ...intervals, channels },
        ),
      );
    }
    if (seconds.some(({ oximetry }) => oximetry.some((byte) => byte !== 0xff))) {
      const channels = [{ samples: 1 }, { samples: 1 }];
      await write(
        "006",
        chunk(
          6,
          seconds.flatMap(({ oximetry }) => oximetry),
          { ...intervals, channels },
        ),
      );
    }
  }
}

/** False where the waiting was cut short. */
const aSecond = ({ clock, signal }: SimulatorContext<CardLink>): Promise<boolean> =>
  slept(clock, SECOND_MS, signal);

interface Second {
  /** Five bytes of flow, five of pressure. */
  readonly wave: readonly number[] | undefined;
  /** Pulse and SpO2. */
  readonly oximetry: readonly [number, number];
}

const inByte = (value: number): number => Math.min(255, Math.max(0, Math.round(value)));

function secondOf({ bed, clock }: SimulatorContext<CardLink>): Second {
  const now: Mono = clock.mono();
  const values = (wave: "flow" | "airway_pressure"): readonly (number | undefined)[] =>
    Array.from({ length: RATE_HZ }, (_, i) =>
      bed.wave(wave, mono(now - SECOND_MS + ((i + 1) * SECOND_MS) / RATE_HZ)),
    );
  const flow = values("flow").map((value) =>
    value === undefined ? undefined : Math.min(127, Math.max(-128, Math.round(value))) & 0xff,
  );
  const pressure = values("airway_pressure").map((value) =>
    value === undefined ? undefined : inByte(value * 8),
  );
  const bytes = [...flow, ...pressure];
  const isWhole = (all: readonly (number | undefined)[]): all is readonly number[] =>
    all.every((byte) => byte !== undefined);
  const sample = (id: SignalId): number => {
    const value = bed.sample(id);
    return isPresent(value) && value < 254 ? Math.round(value) : 0xff;
  };
  return { wave: isWhole(bytes) ? bytes : undefined, oximetry: [sample("pulse_rate"), sample("spo2")] };
}

/** Statistics of the session, and the alarms that sound at their end. */
function eventRecords(
  { bed }: SimulatorContext<CardLink>,
  seconds: number,
  value: (id: SignalId) => number | undefined,
): number[] {
  const byte = (id: SignalId, perUnit: number): number => inByte((value(id) ?? 0) * perUnit);
  const alarms = bed.ownAlarms();
  return [
    0x02,
    ...word(seconds),
    0,
    byte("pressure_exp", 8),
    byte("pressure_insp", 8),
    byte("leak_total", 1),
    byte("resp_rate", 1),
    byte("triggered_percent", 1),
    byte("minute_volume", 1),
    byte("tidal_volume_exp", 0.1),
    0,
    0,
    0,
    byte("leak", 1),
    ...(alarms.includes("apnea") ? [0x0c, 0, 0] : []),
    ...(alarms.includes("minute_volume_low") ? [0x0d, 0, 0] : []),
  ];
}

/** On, settings, mask on, mask off, off. */
function summarySlices({ bed }: SimulatorContext<CardLink>, seconds: number): number[][] {
  const eighths = (value: unknown): number => (typeof value === "number" ? inByte(value * 8) : 0);
  const rate = bed.setting("backup_rate");
  const inspTime = bed.setting("insp_time");
  const settings = [
    ...[0x00, 1, 2],
    ...[0x01, 1, 0],
    ...[0x04, 1, eighths(bed.setting("epap"))],
    ...[0x07, 1, eighths(bed.setting("ipap"))],
    ...[
      0x1e,
      3,
      typeof rate === "number" ? 2 : 0,
      inByte(Number(rate ?? 0)),
      inByte(Number(inspTime ?? 0) * 10),
    ],
  ];
  return [
    [0x00, 0x10],
    [0x01, ...settings],
    [0x04, ...word(0), 0, 0],
    [0x05, ...word(seconds)],
    [0x03, ...word(0), 0, 0, 0, 0, 0],
  ];
}

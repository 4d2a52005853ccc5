// A ResMed card that is read while it is being written: on virtual time, from the simulator's card, whose checksums the
// tests of the recordings vouch for.
import path from "node:path";
import { crc32 } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { openCardFile } from "../../devices/resmed-card/codec.ts";
import { importCard, observeCard } from "../../devices/resmed-card/driver.ts";
import { resmedCard } from "../../devices/resmed-card/module.ts";
import { simulateCard } from "../../devices/resmed-card/simulator.ts";
import type { BedView } from "../../src/domain/bed.ts";
import { absent, type Samples } from "../../src/domain/sample.ts";
import { HOUR_MS, MINUTE_MS, type Wall, wall } from "../../src/domain/time.ts";
import type { DeviceReading, OptionValues } from "../../src/driver/contract.ts";
import { fillOptions } from "../../src/driver/options.ts";
import type { FileEntry } from "../../src/port/link.ts";
import { createVirtualClock, settle, type VirtualClock } from "../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { createMemoryLinks } from "../../src/transport/memory.ts";
import { type CardFiles, cardLink, folderFiles } from "../support/card-files.ts";
import { steadyBed } from "../support/steady-bed.ts";

const ZONE = "Asia/Shanghai";
/** 22:00:00 on the 15th in the bed's zone. */
const EVENING = wall(Date.UTC(2026, 0, 15, 14));

const NUMBERS: Samples = {
  pressure_insp: 18,
  pressure_exp: 6,
  leak: 12,
  resp_rate: 14,
  tidal_volume_insp: 460,
  minute_volume: 6.5,
  spo2: 94,
  pulse_rate: 71,
};

const worn = steadyBed({
  samples: NUMBERS,
  settings: { ipap: 18, epap: 6 },
  waves: {
    flow: (at) => 30 * Math.sin(at / 600),
    airway_pressure: () => 11,
  },
  breath: (at) => ({ number: Math.floor(at / 4000), phase: at % 4000 < 1500 ? "inspiration" : "expiration" }),
});

/** What the simulator's card holds after some minutes. */
async function simulated(
  bed: BedView | ((clock: VirtualClock) => BedView),
  minutes: number,
): Promise<CardFiles> {
  const clock = createVirtualClock(EVENING);
  const memory = createMemoryLinks();
  const { card } = memory.cable("card");
  const stop = new AbortController();
  const playing = simulateCard({
    link: card,
    bed: typeof bed === "function" ? bed(clock) : bed,
    clock,
    zone: ZONE,
    random: createSeededRandom(3),
    options: {},
    signal: stop.signal,
  });
  await clock.advance(minutes * MINUTE_MS + 500);
  stop.abort();
  await playing;
  const { link } = memory.openFiles("card");
  const files: CardFiles = new Map();
  for (const { path: name, bytes } of await link.list()) files.set(name, await link.read(name, 0, bytes));
  return files;
}

/** A card that a test lets grow, and what the driver says of it. */
interface Growing {
  readonly files: CardFiles;
  readonly clock: VirtualClock;
  /** Since the last call. */
  readings(): DeviceReading[];
  readonly rejects: string[];
  stop(): Promise<void>;
}

function watching(
  files: CardFiles,
  startsAt: Wall,
  options: OptionValues = {},
  list?: () => readonly FileEntry[],
): Growing {
  const clock = createVirtualClock(startsAt);
  const stop = new AbortController();
  const rejects: string[] = [];
  let unread: DeviceReading[] = [];
  const observing = (async () => {
    const source = observeCard({
      link: cardLink(files, { growing: true, ...(list === undefined ? {} : { list }) }),
      clock,
      options: fillOptions(resmedCard.options, options),
      zone: ZONE,
      signal: stop.signal,
      trace: {
        frame: (_bytes, meaning) => void meaning(),
        reject: (_bytes, reason) => void rejects.push(reason),
        sent: () => undefined,
      },
    });
    for await (const reading of source) unread.push(reading);
  })();
  return {
    files,
    clock,
    rejects,
    readings() {
      const read = unread;
      unread = [];
      return read;
    },
    async stop() {
      stop.abort();
      await observing;
      expect(clock.pending).toBe(0);
    },
  };
}

async function allOf(files: CardFiles, options: OptionValues = {}): Promise<DeviceReading[]> {
  const readings: DeviceReading[] = [];
  const context = {
    link: cardLink(files),
    clock: createVirtualClock(wall(EVENING + 12 * HOUR_MS)),
    options: fillOptions(resmedCard.options, options),
    zone: ZONE,
    signal: new AbortController().signal,
    trace: {
      frame: () => undefined,
      reject: (_bytes: Uint8Array, reason: string) => {
        throw new Error(reason);
      },
      sent: () => undefined,
    },
  };
  for await (const reading of importCard(context)) readings.push(reading);
  return readings;
}

const kindsOf = (readings: readonly DeviceReading[]): { [kind: string]: number } => {
  const counts: { [kind: string]: number } = {};
  for (const { body } of readings) counts[body.kind] = (counts[body.kind] ?? 0) + 1;
  return counts;
};

const numbersOf = (readings: readonly DeviceReading[]): Samples[] =>
  readings.flatMap(({ body }) => (body.kind === "samples" ? [body.samples] : []));

/** Lengths of the parts of the simulator's files. */
const LAYOUT = { PLD: [3840, 782], SAD: [1024, 242], BRP: [1280, 9002] } as const;
type Kind = keyof typeof LAYOUT;
const KINDS = ["PLD", "SAD", "BRP"] as const;

const pathOf = (files: CardFiles, kind: Kind): string => {
  const found = [...files.keys()].find((name) => name.endsWith(`_${kind}.edf`));
  if (found === undefined) throw new Error(`no ${kind}`);
  return found;
};

describe("a card that grows", () => {
  let whole: CardFiles = new Map();
  beforeAll(async () => {
    whole = await simulated(worn, 12);
  });

  /** The file of a kind with so many records; its header says that there are none yet. */
  const withRecords = (kind: Kind, records: number): [string, Uint8Array] => {
    const name = pathOf(whole, kind);
    const [header, record] = LAYOUT[kind];
    return [name, (whole.get(name) ?? new Uint8Array(0)).slice(0, header + records * record)];
  };
  const grow = (files: CardFiles, records: number, kinds: readonly Kind[] = KINDS): void => {
    for (const kind of kinds) files.set(...withRecords(kind, records));
  };
  const papers = (): CardFiles => new Map([...whole].filter(([name]) => !name.includes("DATALOG")));

  test("gives each new record once, about a minute after it was written", async () => {
    const card = watching(papers(), EVENING);
    await settle();
    expect(kindsOf(card.readings())).toEqual({ identity: 1, settings: 1 });
    for (let minute = 1; minute <= 4; minute++) {
      grow(card.files, minute);
      await card.clock.advance(MINUTE_MS);
      const read = card.readings();
      expect(kindsOf(read)).toEqual({ samples: 30, wave: 1 });
      const last = read.at(-1);
      expect(last?.deviceAt).toBe(EVENING + minute * MINUTE_MS);
      expect(card.clock.wall() - (last?.deviceAt ?? 0)).toBeLessThanOrEqual(MINUTE_MS);
    }
    expect(card.rejects).toEqual([]);
    await card.stop();
  });

  test("says nothing of what was there at the first look when the machine's clock is of another time", async () => {
    const files = papers();
    grow(files, 6);
    const card = watching(files, wall(EVENING + 5 * HOUR_MS));
    await settle();
    expect(kindsOf(card.readings())).toEqual({ identity: 1, settings: 1 });
    grow(files, 7);
    await card.clock.advance(MINUTE_MS);
    const read = card.readings();
    expect(kindsOf(read)).toEqual({ samples: 30, wave: 1 });
    expect(read[0]?.deviceAt).toBe(EVENING + 6 * MINUTE_MS);
    await card.stop();
  });

  test("goes on where a lost link left it, as far as five minutes back", async () => {
    const files = papers();
    grow(files, 10);
    const card = watching(files, wall(EVENING + 10.5 * MINUTE_MS));
    await settle();
    const read = card.readings().filter(({ body }) => body.kind === "samples");
    expect(read[0]?.deviceAt).toBe(EVENING + 5 * MINUTE_MS);
    expect(read).toHaveLength(5 * 30);
    expect(numbersOf(read)[0]?.resp_rate).toBe(14);
    await card.stop();
  });

  test("is read on whatever its listing says of the sizes", async () => {
    const files = papers();
    grow(files, 1);
    const stale = [...files].map(([name, bytes]) => ({ path: name, bytes: Math.min(bytes.length, 1024) }));
    const card = watching(files, EVENING, {}, () => stale);
    await settle();
    card.readings();
    for (let minute = 2; minute <= 4; minute++) {
      grow(files, minute);
      await card.clock.advance(MINUTE_MS);
      expect(kindsOf(card.readings())).toEqual({ samples: 30, wave: 1 });
    }
    await card.stop();
  });

  test("oximetry that comes a look later stands beside its numbers; what comes later still is left out", async () => {
    const card = watching(papers(), EVENING, { oximeter: true, waves: false });
    await settle();
    card.readings();
    grow(card.files, 1, ["PLD", "BRP"]);
    grow(card.files, 0, ["SAD"]);
    await card.clock.advance(MINUTE_MS);
    expect(card.readings()).toEqual([]);
    grow(card.files, 1, ["SAD"]);
    await card.clock.advance(MINUTE_MS);
    const first = numbersOf(card.readings());
    expect(first).toHaveLength(60);
    expect(first[0]).toMatchObject({ leak: 12, spo2: 94, pulse_rate: 71 });
    expect(first[1]).toEqual({ therapy: 1, spo2: 94, pulse_rate: 71 });

    grow(card.files, 2, ["PLD", "BRP"]);
    await card.clock.advance(2 * MINUTE_MS);
    const second = numbersOf(card.readings());
    expect(second).toHaveLength(30);
    expect(second.some((samples) => "spo2" in samples)).toBe(false);
    await card.stop();
  });

  test("a record that is half written is read whole at the next look", async () => {
    const card = watching(papers(), EVENING, { waves: false });
    await settle();
    card.readings();
    grow(card.files, 1);
    const [name, bytes] = withRecords("PLD", 1);
    card.files.set(name, bytes.slice().fill(0, bytes.length - 400));
    await card.clock.advance(MINUTE_MS);
    expect(card.readings()).toEqual([]);
    card.files.set(name, bytes);
    await card.clock.advance(MINUTE_MS);
    expect(numbersOf(card.readings())).toHaveLength(30);
    expect(card.rejects).toEqual([]);
    await card.stop();
  });

  test("a record that stays damaged costs itself and nothing else", async () => {
    const card = watching(papers(), EVENING, { waves: false });
    await settle();
    card.readings();
    grow(card.files, 2);
    const [name, bytes] = withRecords("PLD", 2);
    card.files.set(name, bytes.with(3840 + 9, 0x77));
    await card.clock.advance(3 * MINUTE_MS);
    expect(card.rejects).toEqual([`${name}: the checksum of record 1 does not fit`]);
    const leaks = numbersOf(card.readings()).filter((samples) => samples.leak !== undefined);
    expect(leaks).toHaveLength(30);
    await card.stop();
  });

  test("a header that is half written is read when it is whole; one that stays damaged is told once", async () => {
    const card = watching(papers(), EVENING, { waves: false });
    await settle();
    card.readings();
    const [name, bytes] = withRecords("PLD", 1);
    card.files.set(name, bytes.slice(0, 700));
    await card.clock.advance(MINUTE_MS);
    card.files.set(name, bytes);
    await card.clock.advance(MINUTE_MS);
    expect(numbersOf(card.readings())).toHaveLength(30);
    expect(card.rejects).toEqual([]);

    const other = name.replace(/_22\d{4}_/, "_233000_");
    card.files.set(other, bytes.with(300, 1));
    await card.clock.advance(10 * MINUTE_MS);
    expect(card.rejects).toEqual([`${other}: the checksum of the signal headers does not fit`]);
    await card.stop();
  });

  test("three minutes without a record are the end of therapy; the next block begins it again", async () => {
    const card = watching(papers(), EVENING, { waves: false });
    await settle();
    card.readings();
    grow(card.files, 2);
    await card.clock.advance(MINUTE_MS);
    expect(numbersOf(card.readings()).every(({ therapy }) => therapy === 1)).toBe(true);
    await card.clock.advance(2 * MINUTE_MS);
    expect(card.readings()).toEqual([]);
    await card.clock.advance(MINUTE_MS);
    const [ended] = card.readings();
    expect(ended).toEqual({
      body: { kind: "samples", samples: { therapy: 0 } },
      deviceAt: EVENING + 2 * MINUTE_MS,
    });
    await card.clock.advance(10 * MINUTE_MS);
    expect(card.readings()).toEqual([]);

    for (const kind of KINDS) {
      const [name, bytes] = withRecords(kind, 1);
      card.files.set(name.replace(/_22\d{4}_/, "_223000_"), bytes);
    }
    await card.clock.advance(MINUTE_MS);
    expect(numbersOf(card.readings())).toHaveLength(30);
    await card.stop();
  });

  test("settings are said again when they changed, at the next look after the mask went on", async () => {
    const card = watching(papers(), EVENING, { waves: false });
    await settle();
    expect(card.readings().map(({ body }) => body)).toEqual([
      expect.objectContaining({ kind: "identity", model: "AirCurve 10 VAuto" }),
      { kind: "settings", settings: { mode: "S", ipap: 18, epap: 6 } },
    ]);
    const bytes = new TextEncoder().encode("\r\n#EPP 15E\n\r\n#IPP 384\n");
    const sum = new Uint8Array(4);
    new DataView(sum.buffer).setUint32(0, crc32(bytes), true);
    card.files.set("SETTINGS/IGL.tgt", bytes).set("SETTINGS/IGL.crc", sum);
    grow(card.files, 1);
    await card.clock.advance(MINUTE_MS);
    expect(card.readings().find(({ body }) => body.kind === "settings")?.body).toEqual({
      kind: "settings",
      settings: { mode: "S", ipap: 18, epap: 7 },
    });
    await card.stop();
  });

  test("a mask that came off and went on within seconds is two blocks", async () => {
    const card = watching(papers(), EVENING, { waves: false });
    await settle();
    card.readings();
    grow(card.files, 0);
    await card.clock.advance(MINUTE_MS);
    for (const kind of KINDS) {
      const [name, bytes] = withRecords(kind, 2);
      card.files.set(name.replace(/_220000_/, "_220003_"), bytes);
    }
    await card.clock.advance(MINUTE_MS);
    expect(numbersOf(card.readings())).toHaveLength(60);
    const later = await allOf(card.files, { waves: false });
    // With the oximetry of an import, and the end.
    expect(later.filter(({ body }) => body.kind === "samples")).toHaveLength(121);
    await card.stop();
  });

  test("is fetched whole, as it is now, whatever is missing at its end", async () => {
    const files = papers();
    grow(files, 3);
    files.set(...withRecords("SAD", 1));
    files.set(...withRecords("BRP", 2));
    const fetched: DeviceReading[] = [];
    const context = {
      link: cardLink(files, { growing: true }),
      clock: createVirtualClock(EVENING),
      options: fillOptions(resmedCard.options, {}),
      zone: ZONE,
      signal: new AbortController().signal,
      trace: { frame: () => undefined, reject: () => undefined, sent: () => undefined },
    };
    for await (const reading of resmedCard.stored?.(context) ?? []) fetched.push(reading);
    expect(kindsOf(fetched)).toEqual({ identity: 1, samples: 60 + 30 + 30 + 1, wave: 2 });
    await settle();
  });

  test("events that are noted later are said once", async () => {
    const files = papers();
    const card = watching(files, EVENING, { waves: false });
    await settle();
    card.readings();
    const annotated = [...whole].filter(([name]) => /_(?:EVE|CSL)\.edf$/.test(name));
    for (const [name, bytes] of annotated) files.set(name, bytes);
    await card.clock.advance(MINUTE_MS);
    // "Recording starts" is no event.
    expect(card.readings()).toEqual([]);
    await card.clock.advance(5 * MINUTE_MS);
    expect(card.readings()).toEqual([]);
    expect(card.rejects).toEqual([]);
    await card.stop();
  });
});

describe("the simulator's card", () => {
  const DAY = "20260115";

  test("is laid out as an AirCurve 10 does, in the bed's local time", async () => {
    const files = await simulated(worn, 2);
    expect([...files.keys()].filter((name) => name.includes("DATALOG"))).toEqual(
      ["BRP", "CSL", "EVE", "PLD", "SAD"].flatMap((kind) => [
        `DATALOG/${DAY}/${DAY}_220000_${kind}.crc`,
        `DATALOG/${DAY}/${DAY}_220000_${kind}.edf`,
      ]),
    );
    expect(files.has("Identification.tgt")).toBe(true);
    expect(files.has("STR.edf")).toBe(false);
  });

  test("after midnight lies in the folder of the day that began at noon", async () => {
    const clock = createVirtualClock(wall(EVENING + 4 * HOUR_MS));
    const memory = createMemoryLinks();
    const stop = new AbortController();
    const playing = simulateCard({
      link: memory.cable("x").card,
      bed: worn,
      clock,
      zone: ZONE,
      random: createSeededRandom(3),
      options: {},
      signal: stop.signal,
    });
    await clock.advance(1000);
    stop.abort();
    await playing;
    const paths = (await memory.openFiles("x").link.list()).map(({ path: name }) => name);
    expect(paths).toContain("DATALOG/20260115/20260116_020000_PLD.edf");
  });

  test("has a header of -1 until the first record, and checksums that fit after each", async () => {
    for (const minutes of [0.5, 1, 3]) {
      const files = await simulated(worn, minutes);
      for (const [name, bytes] of files) {
        if (!name.endsWith(".edf")) continue;
        const opened = openCardFile(bytes);
        if (typeof opened === "string") throw new Error(`${name}: ${opened}`);
        const sums = files.get(name.replace(/edf$/, "crc")) ?? new Uint8Array(0);
        const view = new DataView(sums.buffer, sums.byteOffset);
        expect(view.getUint32(0, true), name).toBe(crc32(bytes.subarray(0, 256)));
        expect(view.getUint32(4, true), name).toBe(crc32(bytes.subarray(256)));
        if (/PLD|SAD|BRP/.test(name)) expect(opened.header.records).toBe(minutes < 1 ? -1 : minutes);
      }
    }
  });

  test("read the morning after holds what was said while it grew", async () => {
    const bed = (clock: VirtualClock): BedView => ({
      ...worn,
      sample: (signal) => {
        const minute = Math.floor((clock.wall() - EVENING) / MINUTE_MS);
        if (signal === "therapy") return minute >= 5 && minute < 8 ? 0 : 1;
        if (signal === "leak") return 6 + 6 * (minute % 3);
        return NUMBERS[signal] ?? absent("not_measured");
      },
    });
    const files = await simulated(bed, 14);
    const morning = await allOf(files, { oximeter: true });
    // The fifth minute was not complete when the mask came off.
    expect(kindsOf(morning)).toEqual({ identity: 1, settings: 1, samples: 10 * 60 + 2, wave: 10 });
    const card = watching(new Map(), EVENING, { oximeter: true });
    await settle();
    for (const [name, bytes] of files) card.files.set(name, bytes);
    await card.clock.advance(10 * MINUTE_MS);
    const grown = card.readings();
    await card.stop();
    const measured = (all: readonly DeviceReading[]): DeviceReading[] =>
      all.filter(
        ({ body }) => body.kind === "wave" || (body.kind === "samples" && body.samples.therapy === 1),
      );
    expect(measured(grown)).toEqual(measured(morning));
  });

  test("of a bed without waves has none, and no oximeter is -1", async () => {
    const files = await simulated(steadyBed({ samples: { leak: 6 } }), 1);
    expect([...files.keys()].some((name) => name.includes("BRP"))).toBe(false);
    const sad = files.get(pathOf(files, "SAD"));
    expect([...(sad ?? []).slice(1024, 1024 + 240)].every((byte) => byte === 0xff)).toBe(true);
  });
});

test("the fixture decodes to what stands beside it", async () => {
  const folder = path.join(import.meta.dirname, "../../devices/resmed-card/fixtures");
  const readings = await allOf(folderFiles(path.join(folder, "card")), { oximeter: true });
  const stable = readings.map((reading) =>
    reading.body.kind === "identity" ? { body: reading.body } : reading,
  );
  const lines = stable.map((reading) => `${JSON.stringify(reading)}\n`).join("");
  await expect(lines).toMatchFileSnapshot(path.join(folder, "card.expected.jsonl"));
});

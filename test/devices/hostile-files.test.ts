// Files that somebody made to hold up or fill the program that also judges alarms.
import { crc32, deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { bmcCard } from "../../devices/bmc-card/module.ts";
import { contecEbFile } from "../../devices/contec-eb/module.ts";
import { csvImport } from "../../devices/csv-import/module.ts";
import { loewensteinPrisma } from "../../devices/loewenstein-prisma/module.ts";
import { encodeChunk } from "../../devices/philips-prs1/codec.ts";
import { philipsPrs1 } from "../../devices/philips-prs1/module.ts";
import { resmedCard } from "../../devices/resmed-card/module.ts";
import { resventCard } from "../../devices/resvent-card/module.ts";
import { wall } from "../../src/domain/time.ts";
import type { FilesModule } from "../../src/driver/contract.ts";
import { fillOptions } from "../../src/driver/options.ts";
import { createVirtualClock } from "../../src/rehearsal/clock.ts";
import { type EdfSignal, writeEdfHeader } from "../../src/wire/edf.ts";
import { zipOf } from "../support/zip.ts";

const MIB = 1 << 20;

interface Hostile {
  readonly bytes: number;
  /** Bytes that are made when they are asked for, so that the test itself needs no memory. */
  read(from: number, to: number): Uint8Array;
}

const held = (bytes: Uint8Array | string): Hostile => {
  const all = typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes;
  return { bytes: all.length, read: (from, to) => all.subarray(from, to) };
};

/** `head`, then `pattern` again and again up to `bytes`. */
const endless = (head: Uint8Array | string, pattern: Uint8Array | string, bytes: number): Hostile => {
  const start = held(head);
  const again = held(pattern);
  const block = new Uint8Array(again.bytes * Math.ceil((256 * 1024) / again.bytes));
  for (let at = 0; at < block.length; at += again.bytes) block.set(again.read(0, again.bytes), at);
  return {
    bytes,
    read(from, to) {
      const part = new Uint8Array(Math.max(0, Math.min(to, bytes) - from));
      const first = start.read(from, to);
      part.set(first.subarray(0, part.length));
      for (let at = first.length; at < part.length; ) {
        const phase = (from + at - start.bytes) % block.length;
        const piece = block.subarray(phase, phase + part.length - at);
        part.set(piece, at);
        at += piece.length;
      }
      return part;
    },
  };
};

interface Harm {
  /** Longest work in which nothing else could run, in processor time: other programs share this machine. */
  stalledMs: number;
  /** Bytes held after a collection, at the worst, beyond those before. */
  memory: number;
}

/** Reads a card to its end; every read gives the rest of the program its turn, as a disk does. */
async function harmOf(module: FilesModule, files: { readonly [path: string]: Hostile }): Promise<Harm> {
  const harm: Harm = { stalledMs: 0, memory: 0 };
  const before = process.memoryUsage.rss();
  const workedMs = (): number => {
    const { user, system } = process.threadCpuUsage();
    return (user + system) / 1000;
  };
  let last = workedMs();
  let given = 0;
  let over = false;
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const beat = async (): Promise<void> => {
    while (!over) {
      await turn();
      harm.stalledMs = Math.max(harm.stalledMs, workedMs() - last);
      harm.memory = Math.max(harm.memory, process.memoryUsage.rss() - before);
      last = workedMs();
    }
  };
  const beating = beat();
  const readings = module.observe({
    link: {
      growing: false,
      list: async () => Object.entries(files).map(([path, { bytes }]) => ({ path, bytes })),
      async read(path, from, to) {
        await turn();
        return files[path]?.read(from, to) ?? new Uint8Array(0);
      },
      close: async () => undefined,
    },
    clock: createVirtualClock(wall(Date.UTC(2026, 5, 1))),
    options: fillOptions(module.options, {}),
    zone: "Asia/Shanghai",
    trace: {
      frame: () => undefined,
      reject: () => undefined,
      sent: () => undefined,
    },
    signal: new AbortController().signal,
  });
  try {
    for await (const _ of readings) {
      given += 1;
      // As an import does, which writes them meanwhile.
      if (given % 500 === 0) await turn();
    }
  } finally {
    over = true;
    await beating;
  }
  return harm;
}

const signal = (label: string, samples: number, more: Partial<EdfSignal> = {}): EdfSignal => ({
  ...{ label, samples, dimension: "", physicalMin: 0, physicalMax: 1, digitalMin: 0, digitalMax: 1 },
  ...more,
});

const edf = (signals: readonly EdfSignal[], recordSeconds = 60): Uint8Array =>
  writeEdfHeader({
    patient: "",
    recording: "",
    start: { year: 2026, month: 1, day: 15, hour: 22, minute: 0, second: 0 },
    reserved: "",
    records: -1,
    recordSeconds,
    signals,
  });

const DATALOG = "DATALOG/20260115/20260115_220000";
/** As long as a record may be. */
const ONE_RECORD = 1_900_000;
/** One list of many texts fills a record. */
const listOf = (text: string): Uint8Array => {
  const body = Buffer.alloc(ONE_RECORD, `${text}\u0014`);
  body.write("+1\u0014", 0);
  body.write("\u0014\0", body.length - 2);
  return body;
};

const pad = (text: string | number, width: number): string => String(text).padEnd(width);
const WMEDF =
  `${pad(1, 8)}${pad("", 160)}15.01.2622.00.00${pad(512, 8)}${pad("#s", 44)}${pad(-1, 8)}${pad(1, 8)}${pad(1, 4)}` +
  `${pad("BreathFrequency", 16)}${pad("", 80)}${pad("", 8)}${pad(-128, 8)}${pad(127, 8)}${pad(-128, 8)}${pad(127, 8)}` +
  `${pad("", 80)}${pad(1_000_000, 8)}${pad("#1", 32)}`;

/** A zip with the same bytes under many names, of which each says that it is a session. */
const manySessions = (sessions: number, bytes: number): Uint8Array => {
  const file = Buffer.alloc(bytes);
  file.write(WMEDF, "latin1");
  const packed = deflateRawSync(file);
  const sum = crc32(file);
  const local = Buffer.alloc(30);
  local.write("PK\x03\x04", "latin1");
  const entries: Buffer[] = [];
  for (let i = 0; i < sessions; i++) {
    const name = Buffer.from(`20260115/signal_${i}.wmedf`);
    const entry = Buffer.alloc(46);
    entry.write("PK\x01\x02", "latin1");
    entry.writeUInt16LE(8, 10);
    entry.writeUInt32LE(sum, 16);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(bytes, 24);
    entry.writeUInt16LE(name.length, 28);
    entries.push(entry, name);
  }
  const list = Buffer.concat(entries);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(local.length + packed.length, 16);
  return Buffer.concat([local, packed, list, end]);
};

const xmlOf = (element: string): Uint8Array =>
  zipOf([
    { name: "20260115/signal_1.wmedf", bytes: Buffer.from(`${WMEDF}${"\0".repeat(2_000_000)}`, "latin1") },
    { name: "20260115/event_1.xml", bytes: Buffer.from(element.repeat(200_000)) },
  ]);

/** Events of one instant, chunk after chunk. */
const togetherPrs1 = (): Uint8Array => {
  const data = new Uint8Array(4 * 16_000);
  for (let at = 0; at < data.length; at += 4) data[at] = 4;
  const layout = { kind: "records" as const, lengths: new Map([[4, 3]]) };
  const time = Date.UTC(2026, 0, 15, 22) / 1000;
  const chunk = encodeChunk({ version: 6, part: 2, session: 1, time, data, layout });
  return Buffer.concat(Array.from({ length: 60 }, () => chunk));
};

/** A machine whose past day has more events than a file of this size can mean. */
const crowdedUsr = (): Uint8Array => {
  const bytes = new Uint8Array(15 * MIB);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode("SN12345678"), 0x2d);
  view.setUint32(0x102338, 1, true);
  bytes[0x102340] = 0xe1;
  view.setUint16(0x102340 + 7, (26 << 9) | (1 << 5) | 15, true);
  let at = 0x102340 + 0x45;
  bytes[at] = 0xff;
  for (at += 5; at + 5 + 65_535 * 3 <= bytes.length; at += 5 + 65_535 * 3) {
    bytes[at] = 0x84;
    view.setUint16(at + 1, 65_535, true);
  }
  return bytes.subarray(0, at);
};

const spo2File = (): Uint8Array => {
  const bytes = new Uint8Array(1056 + 28 + 2 * 604_800);
  bytes.set([0x58, 3, 0, 0, 1]);
  const view = new DataView(bytes.buffer);
  [2026, 1, 15, 22, 0, 0, 604_800].forEach((word, i) => view.setUint32(1056 + 4 * i, word, true));
  return bytes;
};

const ROWS = "Time,Oxygen Level,Pulse Rate,Motion\n";

const ATTACKS: readonly (readonly [string, FilesModule, { readonly [path: string]: Hostile }])[] = [
  ["a line of 100 MB", csvImport, { "a.csv": endless(ROWS, "9", 100 * MIB) }],
  ["rows of blanks", csvImport, { "a.csv": endless(ROWS, `x${" ".repeat(4_000)}x,1,1,1\n`, 4 * MIB) }],
  ["rows of quotation marks", csvImport, { "a.csv": endless(ROWS, `${'"'.repeat(4_000)}\n`, 4 * MIB) }],
  ["header cells of brackets", csvImport, { "a.csv": endless("", `${"(".repeat(4_000)}\n`, MIB) }],
  ["a header of carriage returns", csvImport, { "a.csv": endless("", "\r", 50 * MIB) }],
  [
    "an EDF of 4 GB in records of a day",
    resmedCard,
    {
      [`${DATALOG}_PLD.edf`]: {
        ...endless(edf([signal("RespRate.2s", 1_000_000)], 86_400), "\0", 300 * MIB),
      },
      "STR.edf": endless(edf([signal("Date", 1)]), "\u0001\0", 4 * MIB),
    },
  ],
  [
    "annotations without an end",
    resmedCard,
    {
      [`${DATALOG}_EVE.edf`]: endless(
        edf([signal("EDF Annotations", ONE_RECORD / 2)], 0),
        listOf("Apnea"),
        64 * MIB,
      ),
      [`${DATALOG}_CSL.edf`]: endless(
        edf([signal("EDF Annotations", ONE_RECORD / 2)], 0),
        Buffer.alloc(1024, "+1\u0014a\u0014\0"),
        64 * MIB,
      ),
    },
  ],
  [
    "daily statistics of two bytes a day",
    resmedCard,
    { "STR.edf": endless(edf([signal("Date", 1)]), "\u0001\0", 4 * MIB) },
  ],
  [
    "a zip with 40 sessions of 16 MB in the same place",
    loewensteinPrisma,
    { "therapy.pdat": held(manySessions(40, 16 * MIB)) },
  ],
  [
    "events of one instant (Löwenstein)",
    loewensteinPrisma,
    { "therapy.pdat": held(xmlOf('<RespEvent RespEventID="101" EndTime="5" Duration="5"/>')) },
  ],
  ["XML of open elements", loewensteinPrisma, { "therapy.pdat": held(xmlOf('<RespEvent a="1" b="2"   ')) }],
  [
    "events of one instant (Resvent)",
    resventCard,
    {
      "THERAPY/RECORD/202601/15/STAT01": held("    secStart=1768485600\nsecUsed=10\n"),
      "THERAPY/RECORD/202601/15/EV01": endless("    ", "ID=20,DT=1768485600,DR=6,GD=0\n", MIB),
    },
  ],
  ["events of one instant (Philips)", philipsPrs1, { "P-Series/1/p0/1.002": held(togetherPrs1()) }],
  ["a day of five million events", bmcCard, { "12345678.USR": held(crowdedUsr()), "12345678.idx": held("") }],
  ["a week of values", contecEbFile, { "night.SpO2": held(spo2File()) }],
];

/** A machine for CI is slow. Before they were bounded, these took seconds to hours, or gigabytes. */
const LONGEST_STALL_MS = 500;
const MOST_MEMORY = 500 * MIB;

test.each(ATTACKS)(
  "%s: neither holds up the program nor fills its memory",
  async (_, module, files) => {
    const { stalledMs, memory } = await harmOf(module, files);
    expect(stalledMs).toBeLessThan(LONGEST_STALL_MS);
    expect(memory).toBeLessThan(MOST_MEMORY);
  },
  60_000,
);

// The nights of real ResMed cards against what the same cards say of them in their daily statistics, and cards that are
// damaged, foreign or still being written.
import path from "node:path";
import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import { importCard } from "../../devices/resmed-card/driver.ts";
import { resmedCard } from "../../devices/resmed-card/module.ts";
import { settingsFromJson, settingsFromTgt } from "../../devices/resmed-card/settings.ts";
import { type DaySummary, readSummaries } from "../../devices/resmed-card/summary.ts";
import { createBreathDetector, measureBreath } from "../../src/domain/breath.ts";
import { absent, type Sample, type Samples } from "../../src/domain/sample.ts";
import { MINUTE_MS, mono, type Wall, wall } from "../../src/domain/time.ts";
import type { DeviceReading, OptionValues } from "../../src/driver/contract.ts";
import { fillOptions } from "../../src/driver/options.ts";
import type { FileLink } from "../../src/port/link.ts";
import { createVirtualClock, type VirtualClock } from "../../src/rehearsal/clock.ts";
import { type CardFiles, cardLink, folderFiles, tarFiles } from "../support/card-files.ts";
import { recordings } from "../support/require.ts";

const airsense10 = recordings("resmed-airsense10/card-20230821-25.tar.gz");
const small = recordings("resmed-small");

interface Read {
  readonly readings: DeviceReading[];
  readonly rejects: string[];
  frames: number;
}

function contextOf(link: FileLink, clock: VirtualClock, given: OptionValues, into: Read) {
  const stop = new AbortController();
  return {
    stop,
    context: {
      link,
      clock,
      options: fillOptions(resmedCard.options, given),
      zone: "UTC",
      signal: stop.signal,
      trace: {
        frame: () => {
          into.frames += 1;
        },
        reject: (_bytes: Uint8Array, reason: string) => void into.rejects.push(reason),
        sent: () => undefined,
      },
    },
  };
}

const LATER = wall(Date.UTC(2026, 0, 1));

async function imported(files: CardFiles, given: OptionValues = {}): Promise<Read> {
  const read: Read = { readings: [], rejects: [], frames: 0 };
  const { context } = contextOf(cardLink(files), createVirtualClock(LATER), given, read);
  for await (const reading of importCard(context)) read.readings.push(reading);
  return read;
}

const samplesOf = (readings: readonly DeviceReading[]): { readonly at: Wall; readonly samples: Samples }[] =>
  readings.flatMap(({ body, deviceAt }) =>
    body.kind === "samples" && deviceAt !== undefined ? [{ at: deviceAt, samples: body.samples }] : [],
  );

const bodies = <Kind extends DeviceReading["body"]["kind"]>(readings: readonly DeviceReading[], kind: Kind) =>
  readings.flatMap(({ body }) => (body.kind === kind ? [body as Extract<typeof body, { kind: Kind }>] : []));

const text = (ms: number): string => new Date(ms).toISOString().slice(0, 19);

/**
 * The published copy of this card has an edited STR.edf, whose header does not fit its checksums. So that its numbers
 * can be compared the claim is taken out of it here; the driver refuses the file.
 */
function withoutHeaderSums(bytes: Uint8Array | undefined): Uint8Array {
  const copy = bytes?.slice() ?? new Uint8Array(0);
  return copy.fill(0x20, 8, 88);
}

const file = (files: CardFiles, ending: string): [string, Uint8Array] => {
  const found = [...files].find(([name]) => name.endsWith(ending));
  if (found === undefined) throw new Error(`no ${ending}`);
  return found;
};

airsense10.describe("five nights of an AirSense 10", () => {
  const files = airsense10.missing === undefined ? tarFiles(airsense10.path) : new Map<string, Uint8Array>();
  const summaries = (): readonly DaySummary[] => {
    const read = readSummaries(withoutHeaderSums(files.get("STR.edf")));
    if (typeof read === "string") throw new Error(read);
    expect(read.damaged).toBe(0);
    return read.days;
  };
  const night = async (day: string): Promise<DeviceReading[]> => {
    const folder = day.replaceAll("-", "");
    const ofNight = new Map([...files].filter(([name]) => name.includes(`DATALOG/${folder}/`)));
    return (await imported(ofNight, { waves: false })).readings;
  };

  test("every header and record fits its checksums, but for the STR.edf that was edited", async () => {
    const { readings, rejects, frames } = await imported(files);
    expect(rejects).toEqual(["STR.edf: the checksum of the signal headers does not fit"]);
    // 1296 minutes each in PLD, SAD and BRP; events; identification.
    expect(frames).toBeGreaterThan(3 * 1294);
    expect(bodies(readings, "wave").every(({ rateHz }) => rateHz === 25)).toBe(true);
    expect(bodies(readings, "identity")).toEqual([
      { kind: "identity", serial: "23192691004", model: "AirSense 10 AutoSet", firmware: "SX567-0401" },
    ]);
  });

  test("come oldest first, no two of a kind at one instant", async () => {
    const { readings } = await imported(files);
    const newest = new Map<string, number>();
    for (const { body, deviceAt } of readings.filter((reading) => reading.body.kind !== "identity")) {
      expect(deviceAt).toBeGreaterThan(newest.get(body.kind) ?? 0);
      newest.set(body.kind, deviceAt ?? 0);
    }
  });

  test("nobody measured SpO2: no number, and no word of it unless an oximeter is expected", async () => {
    const day = new Map(
      [...files].filter(([name]) => name.includes("20230821_") || name.includes("20230822_03")),
    );
    const without = samplesOf((await imported(day)).readings);
    expect(without.some(({ samples }) => "spo2" in samples)).toBe(false);
    const expected = samplesOf((await imported(day, { oximeter: true, waves: false })).readings);
    const said = expected.filter(({ samples }) => "spo2" in samples);
    expect(said.length).toBeGreaterThan(80);
    for (const { samples } of said) {
      expect(samples.spo2).toEqual(absent("not_connected"));
      expect(samples.pulse_rate).toEqual(absent("not_connected"));
    }
  });

  /**
   * The statistics are not those of the 2 s values: their 95th percentile and their maximum lie far below those of the
   * values. They are percentiles of means over about a minute, rounded down: with means over 64 s, one every 64 s from
   * the moment that the mask goes on (zeros before the first breath counted), all 40 numbers of these nights agree.
   */
  const STRETCH = 32;
  const minuteMeans = (values: readonly number[]): number[] => {
    const means: number[] = [];
    for (let i = 0; i < values.length; i += STRETCH) {
      const stretch = values.slice(Math.max(0, i - STRETCH), i + 1);
      means.push(stretch.reduce((sum, value) => sum + value, 0) / stretch.length);
    }
    return means;
  };
  const percentile = (values: readonly number[], share: number): number =>
    values.toSorted((a, b) => a - b)[Math.max(0, Math.floor(share * values.length) - 1)] ?? Number.NaN;

  const COMPARED = [
    ["Leak", "leak", 60],
    ["RespRate", "resp_rate", 1],
    ["TidVol", "tidal_volume_insp", 1000],
    ["MinVent", "minute_volume", 1],
  ] as const;

  /** The numbers of a night, one list for each time that the mask was on. */
  function stretches(readings: readonly DeviceReading[]): { from: Wall; to: Wall; samples: Samples[] }[] {
    const found: { from: Wall; to: Wall; samples: Samples[] }[] = [];
    let open: Samples[] = [];
    let from: Wall | undefined;
    for (const { at, samples } of samplesOf(readings)) {
      if (samples.therapy === 0 && from !== undefined) {
        found.push({ from, to: at, samples: open });
        open = [];
        from = undefined;
      } else if (samples.therapy === 1) {
        from ??= at;
        open.push(samples);
      }
    }
    return found;
  }

  const NIGHTS = ["2023-08-21", "2023-08-22", "2023-08-23", "2023-08-24", "2023-08-25"];

  test.each(NIGHTS)("%s: leak, rate and volumes agree with the card's own within one step", async (day) => {
    const summary = summaries().find((one) => one.day === day);
    const worn = stretches(await night(day));
    for (const [label, signal, factor] of COMPARED) {
      const step = summary?.step(`${label}.50`) ?? Number.NaN;
      const means = worn.flatMap(({ samples }) =>
        minuteMeans(samples.map((one) => (typeof one[signal] === "number" ? one[signal] / factor : 0))),
      );
      for (const share of [0.5, 0.95]) {
        const own = summary?.value(`${label}.${share * 100}`) ?? Number.NaN;
        const decoded = Math.floor(percentile(means, share) / step + 0.01) * step;
        expect(Math.abs(decoded - own) / step, `${label} ${share * 100} %`).toBeLessThanOrEqual(1.01);
      }
    }
  });

  test.each(NIGHTS)("%s: the mask was on when the card says so, to the minute", async (day) => {
    const summary = summaries().find((one) => one.day === day);
    const worn = stretches(await night(day));
    const noon = Date.parse(`${day}T12:00:00Z`);
    // A mask that was on for less than a minute leaves a file without a record.
    const own = (summary?.maskOn ?? []).filter(({ from, to }) => to > from);
    // A break of less than a minute is none in the statistics; in the files it looks longer, by the unfinished minute.
    const joined: { from: Wall; to: Wall }[] = [];
    for (const { from, to } of worn) {
      const last = joined.at(-1);
      if (last !== undefined && from - last.to < 2 * MINUTE_MS) last.to = to;
      else joined.push({ from, to });
    }
    expect(joined).toHaveLength(own.length);
    for (const [i, { from, to }] of joined.entries()) {
      expect(Math.abs((from - noon) / MINUTE_MS - (own[i]?.from ?? Number.NaN))).toBeLessThanOrEqual(1);
      // The minute that was under way when the mask came off is in no file.
      const missing = (own[i]?.to ?? Number.NaN) - (to - noon) / MINUTE_MS;
      expect(missing).toBeGreaterThan(-1);
      expect(missing).toBeLessThanOrEqual(1);
    }
    const minutes = worn.reduce((sum, { from, to }) => sum + (to - from) / MINUTE_MS, 0);
    const lost = (summary?.value("Duration") ?? Number.NaN) - minutes;
    expect(lost).toBeGreaterThanOrEqual(0);
    expect(lost).toBeLessThanOrEqual(summary?.maskOn.length ?? 0);
  });

  test.each(NIGHTS)(
    "%s: the median pressures are those of the card, whose bins are 0.12 cmH2O",
    async (day) => {
      const summary = summaries().find((one) => one.day === day);
      const all = stretches(await night(day)).flatMap(({ samples }) => samples);
      for (const [label, signal] of [
        ["MaskPress.50", "pressure_mean"],
        ["TgtIPAP.50", "pressure_insp"],
        ["TgtEPAP.50", "pressure_exp"],
      ] as const) {
        const median = percentile(
          all.map((one) => (typeof one[signal] === "number" ? one[signal] : 0)),
          0.5,
        );
        const bin = Math.floor(median / 0.12 + 0.01) * 0.12;
        expect(Math.abs(bin - (summary?.value(label) ?? Number.NaN)), label).toBeLessThanOrEqual(0.13);
      }
    },
  );

  test("the settings in force are those of the last day in the statistics", () => {
    const tgt = [...files].filter(([name]) => name.startsWith("SETTINGS/")).map(([, bytes]) => bytes);
    const last = summaries().at(-1);
    expect(settingsFromTgt(tgt)).toEqual({ mode: "CPAP", epap: 8 });
    expect(last?.value("Mode")).toBe(0);
    expect(last?.value("S.C.Press")).toBeCloseTo(8, 6);
  });

  test("one night back is one night", async () => {
    const read: Read = { readings: [], rejects: [], frames: 0 };
    const clock = createVirtualClock(wall(Date.UTC(2023, 7, 26, 9)));
    const { context } = contextOf(cardLink(files), clock, { since_days: 1, waves: false }, read);
    const times: string[] = [];
    for await (const { body, deviceAt } of importCard(context)) {
      if (body.kind === "samples") times.push(text(deviceAt ?? 0));
    }
    expect(times[0]?.slice(0, 16)).toBe("2023-08-25T22:56");
    expect(times.at(-1)?.slice(0, 13)).toBe("2023-08-26T06");
  });

  test("no more than a piece of a file is asked for at once", async () => {
    let most = 0;
    const link = cardLink(files, {
      read: (name, bytes) => {
        if (name.includes("DATALOG")) most = Math.max(most, bytes);
      },
    });
    const { context } = contextOf(
      link,
      createVirtualClock(LATER),
      {},
      { readings: [], rejects: [], frames: 0 },
    );
    for await (const _ of importCard(context));
    expect(most).toBeLessThanOrEqual(64 * 1024);
  });
});

small.describe("first minutes of an AirCurve 10 VAuto", () => {
  const card = (): CardFiles => folderFiles(path.join(small.path, "aircurve10_vauto"));

  test("numbers before the first breath are missing, after it they are the card's", async () => {
    const { readings, rejects } = await imported(card());
    expect(rejects).toEqual([]);
    const all = samplesOf(readings);
    expect(text(all[0]?.at ?? 0)).toBe("2025-02-02T22:37:26");
    expect(all[0]?.samples).toEqual({
      therapy: 1,
      pressure_mean: 4.5,
      pressure_insp: 11.6,
      pressure_exp: 9,
      leak: 0,
      resp_rate: absent("not_measured"),
      tidal_volume_insp: absent("not_measured"),
      minute_volume: absent("not_measured"),
      insp_time: 1.04,
      ie_ratio: absent("not_measured"),
    });
    expect(text(all[6]?.at ?? 0)).toBe("2025-02-02T22:37:38");
    expect(all[6]?.samples).toMatchObject({
      pressure_mean: 15.5,
      pressure_insp: 19,
      pressure_exp: 16.4,
      resp_rate: 19.8,
      tidal_volume_insp: 1120,
      minute_volume: 22.3,
      insp_time: 1.06,
      // 58 % inspiration to expiration.
      ie_ratio: 1.72,
    });
    expect(all.at(-1)?.samples).toEqual({ therapy: 0 });
    expect(text(all.at(-1)?.at ?? 0)).toBe("2025-02-02T22:40:26");
  });

  test("every breath of the first minute was begun by the person", async () => {
    const all = samplesOf((await imported(card())).readings);
    const told = all.filter(({ samples }) => samples.triggered_percent !== undefined);
    expect(told.map(({ at, samples }) => [text(at).slice(14), samples.triggered_percent])).toEqual([
      ["38:24", 100],
      ["39:24", 100],
      ["40:24", 100],
    ]);
  });

  test("breaths found in the waves have the rate and the volumes that the machine counted", async () => {
    const { readings } = await imported(card());
    const detector = createBreathDetector(25);
    const rates: number[] = [];
    const volumes: number[] = [];
    for (const { channels, rateHz } of bodies(readings, "wave")) {
      expect(rateHz).toBe(25);
      expect(channels.flow).toHaveLength(1500);
      for (const [i, flow] of (channels.flow ?? []).entries()) {
        const wave = detector.push(flow, channels.airway_pressure?.[i] ?? 0);
        if (wave === undefined || wave.flow.length < 5) continue;
        const breath = measureBreath(wave, { start: mono(0), end: mono(0) });
        rates.push(breath.rateMin);
        volumes.push(breath.tidalVolumeInspMl);
      }
    }
    const median = (values: readonly number[]): number =>
      values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
    const own = (signal: "resp_rate" | "tidal_volume_insp"): number =>
      median(samplesOf(readings).flatMap(({ samples }) => present(samples[signal])));
    expect(rates.length).toBeGreaterThan(25);
    expect(Math.abs(median(rates) / own("resp_rate") - 1)).toBeLessThan(0.1);
    expect(Math.abs(median(volumes) / own("tidal_volume_insp") - 1)).toBeLessThan(0.1);
  });

  test("events have the time from the beginning of their file, settings the noon of their day", async () => {
    const { readings } = await imported(card());
    const events = readings.filter(({ body }) => body.kind === "status");
    expect(events).toHaveLength(12);
    expect(events[0]?.body).toEqual({ kind: "status", codes: ["central_apnea", "lasted_10_s"] });
    // 25 118 s after 22:37:18.
    expect(events.map(({ deviceAt }) => text(deviceAt ?? 0))).toContain("2025-02-03T05:35:56");
    expect(events.filter(({ body }) => body.kind === "status" && body.codes[0] === "hypopnea")).toHaveLength(
      2,
    );
    const settings = readings.filter(({ body }) => body.kind === "settings");
    expect(settings.map(({ body }) => body)).toEqual([
      { kind: "settings", settings: { mode: "VAuto", pressure_support: 2.2 } },
      { kind: "settings", settings: { mode: "VAuto", pressure_support: 2.2 } },
    ]);
    expect(text(settings[0]?.deviceAt ?? 0).slice(11)).toBe("12:00:00");
  });

  test("a damaged record is left out, and only it", async () => {
    const files = card();
    const [name, bytes] = file(files, "_PLD.edf");
    // In the second record.
    files.set(name, bytes.with(3840 + 782 + 100, (bytes[3840 + 782 + 100] ?? 0) ^ 1));
    const { readings, rejects } = await imported(files);
    expect(rejects).toEqual([`${name}: the checksum of record 2 does not fit`]);
    const numbers = samplesOf(readings).filter(({ samples }) => samples.pressure_insp !== undefined);
    expect(numbers).toHaveLength(60);
    expect(bodies(readings, "wave")).toHaveLength(3);
  });

  test.each([
    ["a scale", 256 + 104 * 14, "the checksum of the signal headers does not fit"],
    ["the start", 180, "the checksum of the header does not fit"],
  ])("a file whose header was changed (%s) is refused", async (_what, at, reason) => {
    const files = card();
    const [name, bytes] = file(files, "_PLD.edf");
    files.set(name, bytes.with(at, bytes[at] === 0x31 ? 0x32 : 0x31));
    const { readings, rejects } = await imported(files);
    expect(rejects).toEqual([`${name}: ${reason}`]);
    expect(samplesOf(readings).some(({ samples }) => samples.leak !== undefined)).toBe(false);
    expect(bodies(readings, "wave")).toHaveLength(3);
  });

  test("a file that was cut off is read as far as its records are whole", async () => {
    const files = card();
    const [name, bytes] = file(files, "_PLD.edf");
    files.set(name, bytes.slice(0, 3840 + 2 * 782 - 1));
    const { readings, rejects } = await imported(files);
    expect(rejects).toEqual([]);
    expect(samplesOf(readings).filter(({ samples }) => samples.leak !== undefined)).toHaveLength(30);
  });

  test("a card without a folder of that name, in capitals, below another folder, is read as well", async () => {
    const upper = new Map(
      [...card()].map(([name, bytes]) => [`upload/${name.replace(/edf$/, "EDF")}`, bytes]),
    );
    expect((await imported(upper)).readings).toEqual((await imported(card())).readings);
  });
});

small.describe("other cards", () => {
  test("AirSense 11: longer records of events, other scales, its own mode numbers", async () => {
    const { readings, rejects } = await imported(folderFiles(path.join(small.path, "airsense11")));
    expect(rejects).toEqual([]);
    const all = samplesOf(readings);
    expect(all).toHaveLength(61);
    expect(Object.keys(all[0]?.samples ?? {})).not.toContain("ie_ratio");
    expect(bodies(readings, "status").map(({ codes }) => codes.join(" "))).toEqual([
      "obstructive_apnea lasted_10_s",
      "central_apnea lasted_10_s",
      "hypopnea",
    ]);
    expect(bodies(readings, "settings").map(({ settings }) => settings)).toEqual([
      { mode: "CPAP", epap: 7.8 },
      { mode: "CPAP", epap: 7.2 },
    ]);
  });

  test("AirCurve 10 ASV: mode 8 is ASVAuto where its settings exist, and its pressures are no settings", async () => {
    const { readings } = await imported(folderFiles(path.join(small.path, "airbreak_asvauto")));
    expect(bodies(readings, "settings").map(({ settings }) => settings)).toEqual([{ mode: "ASVAuto" }]);
  });

  test.each([
    ["PLD_header_only_nrec_minus1.edf", 0],
    ["PLD_2records_header_says_1.edf", 60],
  ])("%s has %i numbers, whatever its header says", async (name, count) => {
    const bytes = folderFiles(path.join(small.path, "growing")).get(name) ?? new Uint8Array(0);
    const files: CardFiles = new Map([["DATALOG/20250202/20250202_223725_PLD.edf", bytes]]);
    const { readings, rejects } = await imported(files);
    expect(rejects).toEqual([]);
    expect(samplesOf(readings).filter(({ samples }) => samples.leak !== undefined)).toHaveLength(count);
    expect(bodies(readings, "identity")).toEqual([{ kind: "identity", serial: "00000000000" }]);
  });

  test("checksums beside the files are CRC-32 of the first 256 bytes and of the rest", () => {
    const files = folderFiles(path.join(small.path, "aircurve10_vauto"));
    const [name, sums] = file(files, "_PLD.crc");
    const bytes = files.get(name.replace(/crc$/, "edf")) ?? new Uint8Array(0);
    const view = new DataView(sums.buffer, sums.byteOffset);
    expect(view.getUint32(0, true)).toBe(crc32(bytes.subarray(0, 256)));
    expect(view.getUint32(4, true)).toBe(crc32(bytes.subarray(256)));
  });
});

describe("what is no such card", () => {
  test.each([
    ["an empty folder", new Map<string, Uint8Array>()],
    ["another maker's card", new Map([["P-Series/P123/PROP.TXT", Uint8Array.of(1)]])],
  ])("%s is refused with what to do", async (_what, files) => {
    await expect(imported(files)).rejects.toMatchObject({ code: "INPUT_INVALID", permanent: true });
  });

  test("empty files and files of rubbish are told, and nothing else comes of them", async () => {
    const { readings, rejects } = await imported(
      new Map([
        ["STR.edf", new Uint8Array(0)],
        ["Identification.tgt", new Uint8Array(300).fill(7)],
        ["DATALOG/20250202/20250202_223725_PLD.edf", new Uint8Array(0)],
        ["DATALOG/20250202/20250202_223724_BRP.edf", new Uint8Array(5000).fill(0x41)],
        ["DATALOG/20250231/20250231_223724_EVE.edf", new Uint8Array(5000)],
        ["DATALOG/20250202/20250202_223724_AEV.edf", new Uint8Array(5000)],
      ]),
    );
    expect(readings).toEqual([]);
    expect(rejects.toSorted()).toEqual([
      "DATALOG/20250202/20250202_223724_BRP.edf: not an EDF file",
      "DATALOG/20250202/20250202_223725_PLD.edf: shorter than an EDF header",
      "Identification.tgt: no serial number and no product in it",
      "STR.edf: shorter than an EDF header",
    ]);
  });
});

describe("settings", () => {
  const tgt = (...items: string[]): Uint8Array =>
    new TextEncoder().encode(items.map((item) => `\r\n#${item}\n`).join(""));

  test("of an Air10 are hexadecimal counts of 0.02 cmH2O", () => {
    expect(settingsFromTgt([tgt("MOP 0004"), tgt("IPP 1F4", "EPP 0C8")])).toEqual({
      mode: "ST",
      ipap: 10,
      epap: 4,
    });
    expect(settingsFromTgt([tgt("MOP 0006", "SPT 0C8", "MNE 0C8", "MXI 4E2")])).toEqual({
      mode: "VAuto",
      pressure_support: 4,
    });
  });

  test("of a mode that nobody has seen are its number and nothing else", () => {
    expect(settingsFromTgt([tgt("MOP 000F", "IPP 1F4")])).toEqual({ mode: "mode 15" });
    expect(settingsFromTgt([tgt("MOP 0008")])).toEqual({ mode: "mode 8" });
    expect(settingsFromTgt([tgt("IPP 1F4")])).toEqual({});
  });

  test("of an Air11 name the therapy", () => {
    const json = {
      FlowGenerator: { SettingProfiles: { ActiveProfiles: { TherapyProfile: "CpapProfile" } } },
    };
    expect(settingsFromJson(new TextEncoder().encode(JSON.stringify(json)))).toEqual({ mode: "CpapProfile" });
    expect(settingsFromJson(new TextEncoder().encode("{"))).toEqual({});
  });
});

const present = (sample: Sample | undefined): number[] => (typeof sample === "number" ? [sample] : []);

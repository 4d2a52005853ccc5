import type { SettingsBody } from "../../src/domain/observation.ts";
import { roundTo } from "../../src/domain/signal.ts";
import { type Chunk, type CodedRecord, recordsOf, type Version } from "./codec.ts";

/** What the summary of a session says. */
export interface Summary {
  readonly settings: SettingsBody["settings"] | undefined;
  /** Mask on and off, in s from the beginning. */
  readonly mask: readonly { readonly at: number; readonly on: boolean }[];
  /** The machine's own counts, where it has them. */
  readonly counts: { readonly obstructive: number; readonly central: number } | undefined;
  readonly problem: string | undefined;
}

/** The summary of a session, whichever version wrote it. */
export function summaryOf({ version, data, layout }: Chunk): Summary {
  if (layout.kind !== "records") {
    return {
      settings: undefined,
      mask: [],
      counts: undefined,
      problem: "a summary that is not laid out as known",
    };
  }
  const lengths = version === 6 ? layout.lengths : version === 3 ? LENGTHS_3 : LENGTHS_0;
  const { records, problem } = recordsOf(data, (code) => lengths.get(code));
  return version === 6 ? newSummary(records, problem) : oldSummary(records, version, problem);
}

/** Slices of older machines have fixed lengths: on (with settings), off, mask on, mask off (with counts). */
const LENGTHS_0: ReadonlyMap<number, number> = new Map([
  [0, 0x19],
  [1, 3],
  [2, 3],
  [3, 9],
]);
const LENGTHS_3: ReadonlyMap<number, number> = new Map([
  [0, 0x1b],
  [1, 3],
  [2, 5],
  [3, 9],
]);

const wordAt = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);

/** DreamStation: times count from the slice before. */
function newSummary(records: readonly CodedRecord[], cut: string | undefined): Summary {
  const mask: { at: number; on: boolean }[] = [];
  let settings: Summary["settings"];
  let counts: Summary["counts"];
  let problem = cut;
  let t = 0;
  for (const { code, bytes } of records) {
    if (code === 0x01) {
      const found = settingsByCode(bytes);
      if (typeof found === "string") problem ??= found;
      else settings = found;
    }
    if (code === 0x03 || code === 0x04 || code === 0x05 || code === 0x0c) t += wordAt(bytes, 0);
    if (code === 0x03 || code === 0x04 || code === 0x05) mask.push({ at: t, on: code === 0x04 });
    if (code === 0x0a) {
      const before: NonNullable<Summary["counts"]> = counts ?? { obstructive: 0, central: 0 };
      counts = {
        obstructive: before.obstructive + wordAt(bytes, 0),
        central: before.central + wordAt(bytes, 2),
      };
    }
  }
  return { settings, mask, counts, problem };
}

/** Older machines: times count from the beginning. */
function oldSummary(records: readonly CodedRecord[], version: Version, cut: string | undefined): Summary {
  const mask: { at: number; on: boolean }[] = [];
  let settings: Summary["settings"];
  let counts: Summary["counts"];
  let problem = cut;
  for (const { code, bytes } of records) {
    if (code === 0) {
      // Version 0 has a byte more in front; offsets of the documents count the slice's code.
      const found = settingsByPlace(version === 0 ? bytes : Uint8Array.of(0, ...bytes));
      if (typeof found === "string") problem ??= found;
      else settings = found;
      continue;
    }
    mask.push({ at: wordAt(bytes, 0), on: code === 2 });
    if (code !== 3) continue;
    const before: NonNullable<Summary["counts"]> = counts ?? { obstructive: 0, central: 0 };
    counts = {
      obstructive: before.obstructive + wordAt(bytes, 3),
      central: before.central + wordAt(bytes, 5),
    };
  }
  return { settings, mask, counts, problem };
}

const MODES: { readonly [mode: number]: string } = { 0: "CPAP", 1: "S", 2: "S/T", 4: "PC" };
const AVAPS = 2;

interface Raw {
  readonly mode: number | undefined;
  readonly flex: number | undefined;
  /** cmH2O. */
  readonly epap: number | undefined;
  readonly ipap: number | undefined;
  readonly volumeMl: number | undefined;
  /** Undefined: off. */
  readonly backup: { readonly rate: number; readonly inspTimeS: number } | undefined;
}

/** A sentence for a mode that is not known: its pressures might mean anything. */
function settingsFrom({ mode, flex, epap, ipap, volumeMl, backup }: Raw): SettingsBody["settings"] | string {
  const name = mode === undefined ? undefined : MODES[mode];
  if (name === undefined) return `settings of mode ${mode ?? "unknown"}, which is not known`;
  const bilevel = name !== "CPAP";
  const avaps = flex === AVAPS;
  const fixed = bilevel && !avaps && ipap !== undefined && epap !== undefined;
  return {
    mode: avaps ? `${name} AVAPS` : name,
    ...(bilevel && epap !== undefined && { epap: tenth(epap) }),
    ...(fixed && { ipap: tenth(ipap), pressure_support: tenth(ipap - epap) }),
    ...(avaps && volumeMl !== undefined && { tidal_volume_target: volumeMl }),
    ...(backup !== undefined && { backup_rate: backup.rate, insp_time: tenth(backup.inspTimeS) }),
  };
}

const tenth = (value: number): number => roundTo(value, 0.001);

/** DreamStation: code, length, value, one after the other. */
function settingsByCode(bytes: Uint8Array): SettingsBody["settings"] | string {
  const values = new Map<number, Uint8Array>();
  for (let at = 0; at + 2 <= bytes.length; ) {
    const length = bytes[at + 1] ?? 0;
    if (at + 2 + length > bytes.length) return "settings that are cut off";
    values.set(bytes[at] ?? 0, bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  const first = (code: number): number | undefined => values.get(code)?.[0];
  const eighth = (code: number): number | undefined => {
    const raw = first(code);
    return raw === undefined ? undefined : raw / 8;
  };
  const backup = values.get(0x1e);
  const volume = first(0x19);
  return settingsFrom({
    mode: first(0x00),
    flex: first(0x01),
    epap: eighth(0x04),
    ipap: eighth(0x07),
    volumeMl: volume === undefined ? undefined : volume * 10,
    backup:
      backup?.[0] === 2 && backup.length >= 3
        ? { rate: backup[1] ?? 0, inspTimeS: (backup[2] ?? 0) / 10 }
        : undefined,
  });
}

/** Older machines: offsets that count one byte in front of the slice's own. */
function settingsByPlace(b: Uint8Array): SettingsBody["settings"] | string {
  const mode = b[2];
  const timed = mode === 2 || mode === 4;
  return settingsFrom({
    mode,
    flex: b[3],
    epap: wordAt(b, 4) / 10,
    ipap: wordAt(b, 6) / 10,
    volumeMl: (b[0x0e] ?? 0) * 10,
    backup: timed ? { rate: b[0x0f] ?? 0, inspTimeS: (b[0x10] ?? 0) / 10 } : undefined,
  });
}

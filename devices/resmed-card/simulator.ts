import type { BedView } from "../../src/domain/bed.ts";
import { type LocalClock, localClock } from "../../src/domain/local-clock.ts";
import type { SignalId } from "../../src/domain/signal.ts";
import { ticks } from "../../src/domain/ticks.ts";
import { HOUR_MS, MINUTE_MS, type Mono, mono, SECOND_MS, type Wall, wall } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import type { CardLink } from "../../src/port/link.ts";
import { type EdfSignal, edfLayout } from "../../src/wire/edf.ts";
import { writeAnnotations } from "../../src/wire/edf-annotations.ts";
import { crcBytes, tgtBytes } from "./identification.ts";
import { createDraft, createRecorder, type Draft, type Recorder } from "./recorder.ts";
import {
  BRP_SIGNALS,
  CSL_SIGNALS,
  EVE_SIGNALS,
  headerOf,
  PLD_SIGNALS,
  RECORD_S,
  SAD_SIGNALS,
  STR_SIGNALS,
  WAVE_HZ,
} from "./templates.ts";

const MODES = { CPAP: 0, S: 3, ST: 4, VAuto: 6 } as const;
/** A code of TrigCycEvt is held so long. */
const HELD_SAMPLES = 5;
const CODE = { person: 1, time: 2, expiration: 5 } as const;

/**
 * Plays an AirCurve 10: its card has identification and settings from the start; while the bed's therapy is on, one
 * record a minute goes into the files of the block; when it goes off, into the day's statistics. A bed without waves
 * gets no BRP file, and with no oximeter SAD holds -1.
 */
export async function simulateCard(context: SimulatorContext<CardLink>): Promise<void> {
  const { bed, clock, link, random, signal } = context;
  const zone = context.zone ?? "UTC";
  const machine: Machine = {
    card: link,
    bed,
    serial: `2${[...random.bytes(10)].map((byte) => byte % 10).join("")}`,
    local: (at) => localClock(at, zone),
  };
  await writePapers(machine);
  const statistics = createStatistics(machine);
  let block: Block | undefined;
  for await (const _ of withFirst(ticks(clock, SECOND_MS, signal))) {
    const isOn = bed.sample("therapy") !== 0;
    if (isOn && block === undefined) {
      block = await beginBlock(machine, clock.wall(), clock.mono());
      statistics.maskOn(clock.wall());
      // The first second is complete a second from now.
      continue;
    }
    if (block === undefined) continue;
    if (isOn) await block.second(clock.mono());
    else {
      block = undefined;
      await statistics.maskOff(clock.wall());
    }
  }
}

async function* withFirst(source: AsyncIterable<void>): AsyncGenerator<void> {
  yield;
  yield* source;
}

interface Machine {
  readonly card: CardLink;
  readonly bed: BedView;
  readonly serial: string;
  local(at: Wall): LocalClock;
}

const number = (value: number | string | undefined): number | undefined =>
  typeof value === "number" ? value : undefined;

/** The bed's settings as this machine would be set. */
function settingsAt(bed: BedView) {
  const ipap = number(bed.setting("ipap"));
  const epap = number(bed.setting("epap"));
  const support = number(bed.setting("pressure_support"));
  const isTimed = number(bed.setting("backup_rate")) !== undefined;
  const fixed = isTimed ? "ST" : "S";
  const mode: keyof typeof MODES = ipap !== undefined ? fixed : support !== undefined ? "VAuto" : "CPAP";
  return { mode: MODES[mode], ipap, epap, support };
}

/** Counts of 0.02 cmH2O in hexadecimal. */
const counts = (pressure: number | undefined): string =>
  Math.round((pressure ?? 4) * 50)
    .toString(16)
    .toUpperCase()
    .padStart(3, "0");

async function writePapers({ card, bed, serial }: Machine): Promise<void> {
  const { mode, ipap, epap, support } = settingsAt(bed);
  const write = async (path: string, items: readonly (readonly [string, string])[]): Promise<void> => {
    const bytes = tgtBytes(items);
    await card.write(`${path}.tgt`, 0, bytes);
    await card.write(`${path}.crc`, 0, crcBytes(bytes));
  };
  await write("Identification", [
    ["IMF", "0001"],
    ["SRN", serial],
    ["SID", "SX567-0401"],
    ["PNA", "AirCurve_10_VAuto"],
    ["PCD", "37143"],
    ["MID", "0024"],
    ["FGT", "24_M36_V9"],
  ]);
  await write("SETTINGS/SGL", [["MOP", mode.toString(16).toUpperCase().padStart(4, "0")]]);
  await write("SETTINGS/CGL", [["IPC", counts(epap)]]);
  await write("SETTINGS/IGL", [
    ["EPP", counts(epap)],
    ["IPP", counts(ipap)],
  ]);
  await write("SETTINGS/VGL", [["SPT", counts(support)]]);
}

const two = (value: number): string => String(value).padStart(2, "0");
const dateText = ({ year, month, day }: LocalClock): string => `${year}${two(month)}${two(day)}`;

/** One time that the mask is on. */
interface Block {
  /** Takes the second that has just ended; writes a record when it completes a minute. */
  second(now: Mono): Promise<void>;
}

async function beginBlock(machine: Machine, at: Wall, now: Mono): Promise<Block> {
  const { card, bed, serial } = machine;
  const start = machine.local(at);
  const folder = `DATALOG/${dateText(machine.local(wall(at - 12 * HOUR_MS)))}`;
  const stem = `${folder}/${dateText(start)}_${two(start.hour)}${two(start.minute)}${two(start.second)}`;
  const open = async (kind: string, signals: readonly EdfSignal[], recordSeconds = RECORD_S) => {
    const header = headerOf(signals, start, serial, { records: -1, recordSeconds });
    const recorder = createRecorder(card, `${stem}_${kind}`, header);
    await recorder.begin();
    return { recorder, header, draft: () => createDraft(header) };
  };
  await beginAnnotations(await open("EVE", EVE_SIGNALS, 0), [
    { onsetSeconds: 0, durationSeconds: 0, text: STARTS },
  ]);
  await beginAnnotations(await open("CSL", CSL_SIGNALS, 0), []);
  const hasWaves = bed.wave("flow", now) !== undefined;
  const files = {
    PLD: await open("PLD", PLD_SIGNALS),
    SAD: await open("SAD", SAD_SIGNALS),
    ...(hasWaves ? { BRP: await open("BRP", BRP_SIGNALS) } : {}),
  };
  const triggers = createTriggers(bed);
  let drafts = new Map(Object.entries(files).map(([kind, file]) => [kind, file.draft()]));
  let seconds = 0;
  return {
    async second(at) {
      fillNumbers(drafts.get("PLD"), bed, seconds);
      fillOximetry(drafts.get("SAD"), bed, seconds);
      const wave = drafts.get("BRP");
      if (wave !== undefined) fillWaves(wave, bed, triggers, seconds, at);
      seconds += 1;
      if (seconds < RECORD_S) return;
      for (const [kind, file] of Object.entries(files)) {
        const draft = drafts.get(kind);
        if (draft !== undefined) await file.recorder.append(draft.bytes);
      }
      drafts = new Map(Object.entries(files).map(([kind, file]) => [kind, file.draft()]));
      seconds = 0;
    },
  };
}

const STARTS = "Recording starts";

async function beginAnnotations(
  { recorder, header }: { readonly recorder: Recorder; readonly header: ReturnType<typeof headerOf> },
  annotations: Parameters<typeof writeAnnotations>[1],
): Promise<void> {
  const { recordBytes } = edfLayout(header);
  const record = new Uint8Array(recordBytes);
  record.set(writeAnnotations(0, annotations, recordBytes - 2));
  await recorder.append(record);
}

/** What the bed shows as a number, in the unit of the channel. */
function fillNumbers(draft: Draft | undefined, bed: BedView, second: number): void {
  if (draft === undefined || second % 2 !== 0) return;
  const sample = (signal: SignalId, factor = 1): number | undefined => {
    const value = bed.sample(signal);
    return typeof value === "number" ? value * factor : undefined;
  };
  const { ipap, epap } = settingsAt(bed);
  const ratio = sample("ie_ratio");
  const values: { readonly [label: string]: number | undefined } = {
    "MaskPress.2s": sample("pressure_mean"),
    "Press.2s": sample("pressure_insp") ?? ipap,
    "EprPress.2s": sample("pressure_exp") ?? epap,
    "Leak.2s": sample("leak", 1 / 60),
    "RespRate.2s": sample("resp_rate"),
    "TidVol.2s": sample("tidal_volume_insp", 0.001),
    "MinVent.2s": sample("minute_volume"),
    "IERatio.2s": ratio === undefined || ratio === 0 ? undefined : 100 / ratio,
    "Ti.2s": sample("insp_time"),
  };
  for (const [label, value] of Object.entries(values)) draft.put(label, second / 2, value);
}

function fillOximetry(draft: Draft | undefined, bed: BedView, second: number): void {
  const plain = (signal: SignalId): number | undefined => {
    const value = bed.sample(signal);
    return typeof value === "number" ? value : undefined;
  };
  draft?.put("SpO2.1s", second, plain("spo2"));
  draft?.put("Pulse.1s", second, plain("pulse_rate"));
}

/** Asked for sample after sample; the code of the breath's phase, held for 200 ms. */
interface Triggers {
  code(at: Mono): number;
}

function createTriggers(bed: BedView): Triggers {
  let breath: number | undefined;
  let phase: string | undefined;
  let held = 0;
  let code = 0;
  /** What is owed to the share of breaths that the person begins, so that it comes out right over many. */
  let owed = 0;

  const begin = (): number => {
    const share = bed.sample("triggered_percent");
    owed += typeof share === "number" ? share / 100 : 1;
    if (owed < 0.5) return CODE.time;
    owed -= 1;
    return CODE.person;
  };

  return {
    code(at) {
      const now = bed.breath(at);
      const isNew = now !== undefined && (now.number !== breath || now.phase !== phase);
      if (isNew) {
        code = now.phase === "inspiration" ? begin() : CODE.expiration;
        held = HELD_SAMPLES;
      }
      breath = now?.number;
      phase = now?.phase;
      held -= 1;
      return held >= 0 ? code : 0;
    },
  };
}

function fillWaves(draft: Draft, bed: BedView, triggers: Triggers, second: number, now: Mono): void {
  const stepMs = SECOND_MS / WAVE_HZ;
  for (let i = 0; i < WAVE_HZ; i++) {
    const at = mono(now - SECOND_MS + i * stepMs);
    const index = second * WAVE_HZ + i;
    draft.put("Flow.40ms", index, (bed.wave("flow", at) ?? 0) / 60);
    draft.put("Press.40ms", index, bed.wave("airway_pressure", at) ?? 0);
    draft.put("TrigCycEvt.40ms", index, triggers.code(at));
  }
}

/** The day's record in STR.edf, written when the mask comes off. */
interface Statistics {
  maskOn(at: Wall): void;
  maskOff(at: Wall): Promise<void>;
}

const SLOTS = 10;

function createStatistics({ card, bed, serial, local }: Machine): Statistics {
  let recorder: Recorder | undefined;
  let began: Wall | undefined;

  const minutesAfterNoon = (at: Wall): number => {
    const { hour, minute } = local(wall(at - 12 * HOUR_MS));
    return hour * 60 + minute;
  };

  return {
    maskOn(at) {
      began = at;
    },
    async maskOff(at) {
      if (began === undefined) return;
      const { year, month, day } = local(wall(began - 12 * HOUR_MS));
      const header = headerOf(STR_SIGNALS, { year, month, day, hour: 12, minute: 0, second: 0 }, serial, {
        records: -1,
        recordSeconds: 86_400,
      });
      if (recorder === undefined) {
        recorder = createRecorder(card, "STR", header);
        await recorder.begin();
      }
      const draft = createDraft(header);
      const { mode, ipap, epap, support } = settingsAt(bed);
      draft.put("Date", 0, Date.UTC(year, month - 1, day) / (24 * HOUR_MS));
      for (let slot = 0; slot < SLOTS; slot++) {
        draft.put("MaskOn", slot, slot === 0 ? minutesAfterNoon(began) : undefined);
        draft.put("MaskOff", slot, slot === 0 ? minutesAfterNoon(at) : undefined);
      }
      const values: { readonly [label: string]: number | undefined } = {
        MaskEvents: 2,
        Duration: Math.max(1, Math.floor((at - began) / MINUTE_MS)),
        Mode: mode,
        "S.C.Press": epap,
        "S.BL.IPAP": ipap,
        "S.BL.EPAP": epap,
        "S.VA.PS": support,
      };
      for (const [label, value] of Object.entries(values)) draft.put(label, 0, value);
      await recorder.append(draft.bytes);
      began = undefined;
    },
  };
}

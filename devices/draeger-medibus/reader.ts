import { createNews } from "../../src/domain/news.ts";
import type { ObservationBody, OwnAlarmBody } from "../../src/domain/observation.ts";
import { createOximetry } from "../../src/domain/oximetry.ts";
import { absent, isPresent, type Sample, type Samples } from "../../src/domain/sample.ts";
import { atLocal, type Mono } from "../../src/domain/time.ts";
import type { DeviceReading, OptionValues } from "../../src/driver/contract.ts";
import { ALARM_CODES, type AlarmPage, alarmCode, alarmPriority } from "./alarm-codes.ts";
import { CODE, type Message } from "./codec.ts";
import { type CodeSet, measuredCode } from "./measured-codes.ts";
import {
  type AlarmRecord,
  type DeviceTime,
  type Identification,
  parseAlarms,
  parseDateTime,
  parseIdentification,
  parseTexts,
  parseValues,
  type RecordValue,
  type TextRecord,
} from "./records.ts";
import { type Page, samplesOf, signalsOf } from "./samples.ts";
import { settingsOf } from "./settings.ts";
import { SIMULATION, STANDBY, textCode } from "./text-codes.ts";

/** Makes readings of responses; what it says depends on the responses and their order alone. */
export interface Reader {
  /** Takes a response; why it cannot be used, undefined when it can. */
  take(response: Message, now: Mono): string | undefined;
  /** The device began anew: what it had said does not hold any more, except its alarms, until it says them or not. */
  restart(): void;
  /** The device plays a patient of its own: nothing that it sends is measured. */
  readonly simulating: boolean;
  /** The readings since the last call, in order. */
  drain(): DeviceReading[];
}

export interface ReaderOptions {
  readonly options: OptionValues;
  /** What the device's clock is taken to show. */
  readonly zone: string;
}

/** Why a response cannot be used. */
export const UNFIT = "records do not fit";
/** So many replies with measured data later, old texts do not vouch for therapy any more; what they deny stays. */
const TEXT_ROUNDS = 10;

type OwnAlarm = OwnAlarmBody["alarms"][number];

const LIMIT_PAGES: { readonly [code: number]: { readonly end: "low" | "high"; readonly page: 1 | 2 } } = {
  [CODE.lowLimits1]: { end: "low", page: 1 },
  [CODE.highLimits1]: { end: "high", page: 1 },
  [CODE.lowLimits2]: { end: "low", page: 2 },
  [CODE.highLimits2]: { end: "high", page: 2 },
};

export function createReader({ options, zone }: ReaderOptions): Reader {
  const signals = signalsOf(options);
  const isNews = createNews();
  const oximetry = createOximetry();
  const readings: DeviceReading[] = [];
  let set = codeSet(options, undefined);
  let page2: Page | undefined;
  let clock: DeviceTime | undefined;
  let settings: ReadonlyMap<string, RecordValue> = new Map();
  let texts: readonly TextRecord[] | undefined;
  let textRounds = 0;
  let limits: ReadonlyMap<number, readonly string[]> = new Map();
  let alarmPages: ReadonlyMap<AlarmPage, readonly AlarmRecord[]> = new Map();
  let lastAlarmPage: AlarmPage | undefined;
  let reported: ReadonlyMap<string, OwnAlarm> = new Map();
  const pagesTold = new Set<AlarmPage>();

  const say = (body: ObservationBody, now: Mono): void => {
    if (isNews(body, now)) readings.push({ body });
  };

  const states = (): readonly string[] =>
    (texts ?? []).flatMap(({ code }) => {
      const known = textCode(code, set);
      return known?.kind === "status" ? [known.status] : [];
    });

  const sayStatus = (now: Mono): void => {
    const codes = new Set([...states(), ...[...limits.values()].flat()]);
    say({ kind: "status", codes: [...codes].toSorted() }, now);
  };

  const saySettings = (now: Mono): void =>
    say({ kind: "settings", settings: settingsOf(settings, texts ?? [], set) }, now);

  const activeAlarms = (): ReadonlyMap<string, OwnAlarm> => {
    const active = new Map<string, OwnAlarm>();
    for (const [page, records] of alarmPages) {
      for (const { priority, code, phrase } of records) {
        const known = alarmCode(page, code);
        const id = known?.id ?? `cp${page}_${code.toLowerCase()}`;
        const text = phrase === "" ? (known?.name ?? `alarm ${code} of page ${page}`) : phrase;
        active.set(id, { code: id, text, priority: alarmPriority(priority), active: true });
      }
    }
    return active;
  };

  /** Once a cycle of both pages: what was not renewed is over. */
  const sayAlarms = (now: Mono): void => {
    const active = activeAlarms();
    if (!isNews({ kind: "ownAlarm", alarms: [...active.values()] }, now)) return;
    // An alarm of before this session may have ended while nobody listened.
    for (const page of alarmPages.keys()) {
      if (pagesTold.has(page)) continue;
      pagesTold.add(page);
      readings.push({ body: { kind: "ownAlarm", alarms: notActive(page, active) } });
    }
    const over = [...reported.values()].filter(({ code }) => !active.has(code));
    const alarms = [...active.values(), ...over.map((one) => ({ ...one, active: false }))];
    reported = active;
    readings.push({ body: { kind: "ownAlarm", alarms } });
  };

  const takeAlarms = (page: AlarmPage, records: readonly AlarmRecord[], now: Mono): void => {
    // A cycle ends with page 2; where that failed to come, with the next page 1.
    if (page === 1 && lastAlarmPage === 1) sayAlarms(now);
    alarmPages = new Map(alarmPages).set(page, records);
    lastAlarmPage = page;
    if (page === 2) sayAlarms(now);
  };

  /** Standby or a mode must be named; neither is no information. */
  const therapyBy = (known: ReadonlySet<string>): boolean | undefined => {
    if (known.has(STANDBY)) return false;
    return (texts ?? []).some(({ code }) => textCode(code, set)?.kind === "mode") ? true : undefined;
  };

  const takeMeasured = (records: Page): void => {
    textRounds += 1;
    const active = [...alarmPages].flatMap(([page, found]) =>
      found.flatMap(({ code }) => alarmCode(page, code) ?? []),
    );
    const known = new Set([...states(), ...active.flatMap(({ id }) => (id === STANDBY ? [id] : []))]);
    const samples = samplesOf({
      signals,
      set,
      pages: { 1: records, 2: page2 },
      denials: active.flatMap(({ denies }) => denies ?? []),
      states: known,
      therapy: textRounds > TEXT_ROUNDS ? undefined : therapyBy(known),
    });
    const deviceAt = clock === undefined ? undefined : atLocal(clock.date, clock.minutes, zone);
    const body = { kind: "samples", samples: lowSaturation(samples) } as const;
    readings.push({ body, ...(deviceAt !== undefined && { deviceAt }) });
    page2 = undefined;
    clock = undefined;
  };

  /** A saturation that the device merely does not say, beside a pulse and after a low value, may be below its range. */
  const lowSaturation = (samples: Samples): Samples => {
    const { spo2, pulse_rate: pulse } = samples;
    if (spo2 === undefined || pulse === undefined) return samples;
    const number = (sample: Sample): number | undefined => (isPresent(sample) ? sample : undefined);
    const told = oximetry(number(spo2), number(pulse), "not_measured").spo2;
    return spo2 === absent("not_measured") && told !== undefined ? { ...samples, spo2: told } : samples;
  };

  const takeIdentification = (identification: Identification, now: Mono): void => {
    set = codeSet(options, identification);
    const { id, name, software, medibus } = identification;
    const model = [name, id === "" ? "" : `(${id})`].filter((part) => part !== "").join(" ");
    const firmware = [software, medibus === "" ? "" : `MEDIBUS ${medibus}`].filter((part) => part !== "");
    say(
      {
        kind: "identity",
        ...(model !== "" && { model: `Dräger ${model}` }),
        ...(firmware.length > 0 && { firmware: firmware.join(", ") }),
      },
      now,
    );
  };

  const takeLimits = (code: number, records: Page, now: Mono): void => {
    const place = LIMIT_PAGES[code];
    if (place === undefined) return;
    limits = new Map(limits).set(code, limitCodes(place, records, set));
    sayStatus(now);
  };

  /** The page read, or undefined where its records do not fit; other responses say nothing. */
  const read = ({ code, data }: Message, now: Mono): boolean => {
    switch (code) {
      case CODE.measured1:
        return using(values(data, "measured"), takeMeasured);
      case CODE.measured2:
        return using(values(data, "measured"), (records) => {
          page2 = records;
        });
      case CODE.alarms1:
        return using(parseAlarms(data), (records) => takeAlarms(1, records, now));
      case CODE.alarms2:
        return using(parseAlarms(data), (records) => takeAlarms(2, records, now));
      case CODE.alarms3:
        return using(parseAlarms(data), (records) => takeAlarms(3, records, now));
      case CODE.settings:
        return using(values(data, "setting"), (records) => {
          settings = records;
          saySettings(now);
        });
      case CODE.texts:
        return using(parseTexts(data), (records) => {
          texts = records;
          textRounds = 0;
          sayStatus(now);
          saySettings(now);
        });
      case CODE.dateTime:
        return using(parseDateTime(data), (time) => {
          clock = time;
        });
      case CODE.identity:
        return using(parseIdentification(data), (found) => takeIdentification(found, now));
      default:
        return (
          LIMIT_PAGES[code] === undefined ||
          using(values(data, "measured"), (records) => takeLimits(code, records, now))
        );
    }
  };

  return {
    take: (response, now) => (read(response, now) ? undefined : UNFIT),
    restart() {
      set = codeSet(options, undefined);
      page2 = undefined;
      clock = undefined;
      settings = new Map();
      texts = undefined;
      limits = new Map();
    },
    get simulating() {
      return states().includes(SIMULATION);
    },
    drain: () => readings.splice(0),
  };
}

function using<Found>(found: Found | undefined, use: (found: Found) => void): boolean {
  if (found === undefined) return false;
  use(found);
  return true;
}

const values = (data: string, kind: "measured" | "setting"): Page | undefined => {
  const records = parseValues(data, kind);
  return records && new Map(records.map(({ code, value }) => [code, value]));
};

/** `limit_low:minute_volume=3`: by signal where the code has one, in its unit, else by code, as sent. */
function limitCodes(
  { end, page }: { readonly end: "low" | "high"; readonly page: 1 | 2 },
  records: Page,
  set: CodeSet,
): readonly string[] {
  return [...records].flatMap(([code, value]) => {
    if (typeof value !== "number") return [];
    const signal = measuredCode(page, code, set)?.signal;
    const name = signal?.id ?? `cp${page}_${code.toLowerCase()}`;
    return [`limit_${end}:${name}=${Number((value * (signal?.factor ?? 1)).toFixed(3))}`];
  });
}

/** Which meaning codes have: by the version that the device names, unless an option says. */
function codeSet(options: OptionValues, identification: Identification | undefined): CodeSet {
  const chosen = options["codes"];
  if (chosen === "medibus" || chosen === "medibus-x") return chosen;
  const version = Number.parseFloat(identification?.medibus ?? "");
  if (Number.isNaN(version)) return "unknown";
  return version >= FIRST_X_VERSION ? "medibus-x" : "medibus";
}

/** ? The protocol's level 4.03 is older, 6.00 has what MEDIBUS.X has; nobody published where the line runs. */
const FIRST_X_VERSION = 6;

/** Every alarm of the page that is known and not active, as over. */
const notActive = (page: AlarmPage, active: ReadonlyMap<string, OwnAlarm>): readonly OwnAlarm[] =>
  ALARM_CODES.filter((one) => one.page === page && !active.has(one.id)).map(({ id, name }) => ({
    code: id,
    text: name,
    priority: "low",
    active: false,
  }));

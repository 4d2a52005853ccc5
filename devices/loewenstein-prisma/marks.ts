import type { SettingsBody } from "../../src/domain/observation.ts";
import { SECOND_MS, type Wall, wall } from "../../src/domain/time.ts";
import type { DeviceReading } from "../../src/driver/contract.ts";
import { type Element, elementsOf, numberAt } from "./codec.ts";

/** Events of the person, by number, and the status codes that they become. */
const EVENTS: { readonly [id: number]: string } = {
  101: "obstructive_apnea",
  102: "central_apnea",
  103: "unclassified_apnea",
  105: "unclassified_apnea",
  106: "unclassified_apnea",
  111: "hypopnea",
  112: "hypopnea",
  113: "hypopnea",
  121: "arousal",
  161: "critical_leak",
  181: "periodic_breathing",
};

const MODES: { readonly [mode: number]: string } = {
  1: "CPAP",
  2: "APAP",
  3: "ACSV",
  9: "AutoS",
  10: "AutoST",
};

/** Of events that are said to begin together. */
const MOST_CODES = 32;

const PARAMETER = { lineMode: 1003, volume: 1016, ipap: 1200, epap: 1201, smartMode: 6 } as const;

/** Times of a session's event file; both in order of time, events of one instant in one reading. */
export function marksOf(xml: string, start: Wall): readonly DeviceReading[] {
  const parameters = new Map<number, number>();
  const events = new Map<number, string[]>();
  for (const element of elementsOf(xml)) {
    if (element.name === "DeviceEvent") takeParameter(element, parameters);
    if (element.name === "RespEvent") takeEvent(element, events);
  }
  const settings = settingsOf(parameters);
  return [
    ...(settings === undefined ? [] : [{ body: settings, deviceAt: start }]),
    ...[...events]
      .toSorted(([a], [b]) => a - b)
      .map(
        ([tenths, codes]): DeviceReading => ({
          body: { kind: "status", codes },
          deviceAt: wall(start + tenths * (SECOND_MS / 10)),
        }),
      ),
  ];
}

/** The settings in force when the session began. */
function takeParameter(element: Element, parameters: Map<number, number>): void {
  const id = numberAt(element, "ParameterID");
  const value = numberAt(element, "NewValue");
  if (numberAt(element, "DeviceEventID") !== 0 || id === undefined || value === undefined) return;
  if (!parameters.has(id)) parameters.set(id, value);
}

function takeEvent(element: Element, events: Map<number, string[]>): void {
  const code = EVENTS[numberAt(element, "RespEventID") ?? 0];
  const end = numberAt(element, "EndTime");
  const duration = numberAt(element, "Duration");
  if (code === undefined || end === undefined || duration === undefined || duration < 0) return;
  const begin = Math.max(0, end - duration);
  const codes = events.get(begin) ?? [];
  events.set(begin, codes);
  if (codes.length < MOST_CODES) codes.push(code, `lasted_${Math.round(duration / 10)}_s`);
}

function settingsOf(parameters: ReadonlyMap<number, number>): SettingsBody | undefined {
  const mode = parameters.get(PARAMETER.lineMode) ?? parameters.get(PARAMETER.smartMode);
  if (mode === undefined) return undefined;
  const single = mode === 1 || mode === 2;
  const hundredth = (id: number): number | undefined => {
    const value = parameters.get(id);
    return value === undefined || single ? undefined : value / 100;
  };
  const ipap = hundredth(PARAMETER.ipap);
  const epap = hundredth(PARAMETER.epap);
  const volume = single ? undefined : parameters.get(PARAMETER.volume);
  return {
    kind: "settings",
    settings: {
      mode: MODES[mode] ?? `mode ${mode}`,
      ...(ipap !== undefined && { ipap }),
      ...(epap !== undefined && { epap }),
      ...(volume !== undefined && volume > 0 && { tidal_volume_target: volume }),
    },
  };
}

import type { BedView, MachineAlarm } from "../../src/domain/bed.ts";
import { createMeter, keepMeasuring, type Meter } from "../../src/domain/meter.ts";
import type { SettingId, SignalId } from "../../src/domain/signal.ts";
import type { Mono } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { ERROR_ANSWER, encodeText, encodeValue, questionIn } from "./codec.ts";
import { MODES, PARAMETERS } from "./parameters.ts";

/** What has no number of its own shows as the general alarm. */
const SOUNDED: { readonly [alarm in MachineAlarm]?: string } = {
  disconnect: "disconnect",
  apnea: "apnea",
  minute_volume_low: "minute_volume_low",
};
const GENERAL = "general";
const DECIMALS: { readonly [id in SignalId]?: number } = {
  tidal_volume_insp: 0,
  tidal_volume_exp: 0,
  fio2: 0,
  insp_time: 2,
};
const SERIAL = 4711;

/** Plays a ventilator that is polled; says nothing while the bed's therapy is off. */
export async function simulateHamilton(context: SimulatorContext): Promise<void> {
  const { bed, clock, link, signal } = context;
  const meter = createMeter(bed, clock.mono());

  const answer = async (): Promise<void> => {
    for await (const chunk of chunksUntil(link.chunks, signal)) {
      // Questions are short and arrive whole.
      const id = questionIn(chunk);
      if (id === undefined || bed.sample("therapy") === 0) continue;
      meter.look(clock.mono());
      await link.write(answerTo(id, bed, meter, clock.mono()));
    }
  };

  await Promise.all([keepMeasuring(meter, clock, signal), answer()]);
}

function answerTo(id: number, bed: BedView, meter: Meter, now: Mono): Uint8Array {
  const parameter = PARAMETERS.get(id);
  switch (parameter?.kind) {
    case undefined:
      return ERROR_ANSWER;
    case "signal":
      return encodeValue(id, meter.value(parameter.signal, now), DECIMALS[parameter.signal] ?? 1);
    case "alarm":
      return encodeValue(id, sounds(parameter.code, bed) ? 1 : 0, 0);
    case "setting":
      return encodeValue(id, settingOf(bed, parameter.setting), 1);
    case "mode":
      return encodeValue(id, modeOf(bed), 0);
    case "serial":
      return encodeValue(id, SERIAL, 0);
    case "version":
      return encodeText(id, "G0200");
  }
}

const sounds = (code: string, bed: BedView): boolean =>
  bed.ownAlarms().some((alarm) => (SOUNDED[alarm] ?? GENERAL) === code);

const settingOf = (bed: BedView, setting: SettingId): number | undefined => {
  const value = bed.setting(setting);
  return typeof value === "number" ? value : undefined;
};

/** The bed's mode where the ventilator has one of that name, else NIV. */
function modeOf(bed: BedView): number {
  const mode = bed.setting("mode");
  const found = Object.entries(MODES).find(([, name]) => name === mode);
  return Number(found?.[0] ?? 25);
}

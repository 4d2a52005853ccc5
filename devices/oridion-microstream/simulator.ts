import type { BedView } from "../../src/domain/bed.ts";
import { type Finger, lookAtFinger } from "../../src/domain/oximetry.ts";
import { isPresent, type Sample } from "../../src/domain/sample.ts";
import { slept } from "../../src/domain/ticks.ts";
import { type Mono, mono } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { createFramer } from "../../src/wire/framer.ts";
import { lineBytes } from "../../src/wire/line.ts";
import {
  COMMAND,
  decodeMessage,
  encodeMessage,
  HOST_RULE,
  NUMERICS,
  RESPONSE,
  UNIT_MMHG,
  WAVE,
  WAVES_PER_SECOND,
} from "./codec.ts";

const STEP_MS = 1000 / WAVES_PER_SECOND;
/** Without word from the host for so long the device stops. */
const HOST_GONE_MS = 15_000;
/** The simulated monitor's own limits. */
const LIMITS = { etco2High: 60, etco2Low: 15, rateHigh: 30, rateLow: 5, spo2Low: 85 };
const PULSE = { low: 50, high: 140 };
const NO_BREATH_S = 20;
const DISPLAY_BYTES = 29;

/** Plays the monitor or module that the options name: speaks when enabled, while the host says that it listens. */
export async function simulateMicrostream(context: SimulatorContext): Promise<void> {
  const { bed, clock, link, options, random, signal } = context;
  const serial = `B3${[...random.bytes(8)].map((byte) => byte % 10).join("")}`;
  const hasOximeter = options["model"] !== "micropod";
  let hostMs: number | undefined;
  let realtime = false;
  const startMs: number = clock.mono();
  const isOff = (): boolean => {
    const etco2 = bed.sample("etco2");
    return !isPresent(etco2) && etco2.absent === "device_off";
  };

  const play = async (): Promise<void> => {
    for (let step = 0; !signal.aborted; step++) {
      const waitMs = Math.max(0, startMs + (step + 1) * STEP_MS - clock.mono());
      if (!(await slept(clock, waitMs, signal))) return;
      if (hostMs === undefined || clock.mono() - hostMs > HOST_GONE_MS || isOff()) continue;
      if (realtime) await link.write(waveMessage(bed, mono(startMs + step * STEP_MS), step));
      if (step % WAVES_PER_SECOND === 0) {
        await link.write(numericsMessage(bed, hasOximeter, Math.floor(clock.wall() / 1000)));
      }
    }
  };

  const obey = async (): Promise<void> => {
    const replies: Uint8Array[] = [];
    const framer = createFramer({
      rule: HOST_RULE,
      confirm: 1,
      onFrame(bytes, at, length) {
        const { code } = decodeMessage(bytes, at, length);
        if (code === COMMAND.enable) replies.push(identityMessage(serial));
        if (code === COMMAND.enable || hostMs !== undefined) hostMs = clock.mono();
        if (code === COMMAND.startRealtime) realtime = true;
      },
      onNoise: () => undefined,
    });
    for await (const chunk of chunksUntil(link.chunks, signal)) {
      framer.push(chunk);
      for (const reply of replies.splice(0)) if (!isOff()) await link.write(reply);
    }
  };

  await Promise.all([play(), obey()]);
}

const identityMessage = (serial: string): Uint8Array =>
  encodeMessage(RESPONSE.identity, lineBytes(`V01.00 01/15/2026 ${serial}  `));

/** Which fast status bit a bed without an end-tidal CO2 is given. */
function fastStatus(etco2: Sample) {
  const reason = isPresent(etco2) ? undefined : etco2.absent;
  return {
    invalid: reason === "invalid",
    starting: reason === "searching",
    occluded: reason === "poor_signal",
    breathEnd: false,
    selfTest: false,
    purging: false,
    lineOff: reason === "not_connected",
    fault: false,
  };
}

function waveMessage(bed: BedView, at: Mono, step: number): Uint8Array {
  const etco2 = bed.sample("etco2");
  const plateau = isPresent(etco2) && bed.breath(at)?.phase !== "inspiration" ? etco2 : 0;
  const co2 = Math.min(255, Math.max(0, bed.wave("co2", at) ?? plateau));
  const whole = Math.floor(co2);
  const fraction = Math.floor((co2 - whole) * 256);
  return encodeMessage(
    RESPONSE.wave,
    WAVE.encode({ number: step & 0xff, whole, fraction, ...fastStatus(etco2) }),
  );
}

function numericsMessage(bed: BedView, hasOximeter: boolean, seconds: number): Uint8Array {
  const number = (sample: Sample): number | undefined => (isPresent(sample) ? Math.round(sample) : undefined);
  const etco2 = number(bed.sample("etco2"));
  const respRate = number(bed.sample("resp_rate", "capnograph"));
  const apnea = bed.sample("apnea_duration", "capnograph");
  const above = (value: number | undefined, limit: number): boolean => value !== undefined && value > limit;
  const below = (value: number | undefined, limit: number): boolean => value !== undefined && value < limit;
  const battery = bed.sample("battery_percent", "capnograph");
  const body = NUMERICS.encode({
    seconds,
    etco2,
    fico2: isPresent(bed.sample("etco2")) ? 0 : undefined,
    respRate,
    tempSilence: false,
    allSilenced: false,
    noBreath: isPresent(apnea) && apnea >= NO_BREATH_S,
    etco2High: above(etco2, LIMITS.etco2High),
    etco2Low: below(etco2, LIMITS.etco2Low),
    respRateHigh: above(respRate, LIMITS.rateHigh),
    respRateLow: below(respRate, LIMITS.rateLow),
    fico2High: false,
    noBreathSeconds: NO_BREATH_S,
    unit: UNIT_MMHG,
    batteryLow: isPresent(battery) && battery < 20,
    ...oximeterFields(hasOximeter ? lookAtFinger(bed, 254) : undefined),
  });
  const data = new Uint8Array(DISPLAY_BYTES);
  data.set(body);
  return encodeMessage(RESPONSE.numerics, data);
}

function oximeterFields(finger: Finger | undefined) {
  const spo2 = finger?.spo2;
  const pulse = finger?.pulse;
  const off = finger?.off === true;
  return {
    spo2,
    pulse,
    noPulse: finger?.searching === true || finger?.poorSignal === true,
    spo2High: false,
    spo2Low: spo2 !== undefined && spo2 < LIMITS.spo2Low,
    pulseHigh: pulse !== undefined && pulse > PULSE.high,
    pulseLow: pulse !== undefined && pulse < PULSE.low,
    sensorOff: off && !finger.unplugged,
    sensorDisconnected: finger?.unplugged === true,
  };
}

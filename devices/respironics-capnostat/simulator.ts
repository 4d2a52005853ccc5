import type { BedView } from "../../src/domain/bed.ts";
import { type Absence, isPresent } from "../../src/domain/sample.ts";
import { ticks } from "../../src/domain/ticks.ts";
import { type Mono, mono } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { createFramer } from "../../src/wire/framer.ts";
import { lineBytes } from "../../src/wire/line.ts";
import {
  CAPNOSTAT_RULE,
  COMMAND,
  DPI,
  decodeFrame,
  encodeFrame,
  FRAMES_PER_SECOND,
  type Frame,
  pair,
  SETTING,
} from "./codec.ts";

const BURST_MS = 100;
/** After a longer stop (a suspended machine) the frames in between are not made up for. */
const CATCH_UP_FRAMES = 2 * FRAMES_PER_SECOND;
const REVISION = "SIMULATED CAPNOSTAT 1.00";
const NEEDS_SETTINGS = 3;

/** Which status a bed without an end-tidal CO2 is given. */
const PRIORITY: { readonly [reason in Absence]?: number } = {
  searching: 6,
  not_connected: 9,
  poor_signal: 10,
  invalid: 8,
};

/**
 * Plays a Capnostat 5: asks for its settings first, sends the wave once it was started; says nothing while it is
 * switched off.
 */
export async function simulateCapnostat(context: SimulatorContext): Promise<void> {
  const { bed, clock, link, signal } = context;
  const settings = new Set<number>();
  let startedMs: number | undefined;
  let sent = 0;

  const play = async (): Promise<void> => {
    for await (const _ of ticks(clock, BURST_MS, signal)) {
      if (startedMs === undefined) continue;
      const due = Math.floor(((clock.mono() - startedMs) * FRAMES_PER_SECOND) / 1000);
      if (due - sent > CATCH_UP_FRAMES) sent = due - FRAMES_PER_SECOND;
      const frames: Uint8Array[] = [];
      for (; sent < due; sent++) {
        frames.push(
          waveFrame(bed, mono(startedMs + (sent * 1000) / FRAMES_PER_SECOND), sent, settings.size < 2),
        );
      }
      if (!isOff(bed)) await link.write(Buffer.concat(frames));
    }
  };

  const answer = ({ command, data }: Frame): Uint8Array | undefined => {
    switch (command) {
      case COMMAND.revision:
        return encodeFrame(COMMAND.revision, 0, ...lineBytes(REVISION));
      case COMMAND.settings:
        if (data[0] === SETTING.barometricPressure || data[0] === SETTING.gasCompensation)
          settings.add(data[0]);
        return encodeFrame(COMMAND.settings, ...data);
      case COMMAND.wave:
        startedMs ??= clock.mono();
        return undefined;
      case COMMAND.stop:
        startedMs = undefined;
        sent = 0;
        return encodeFrame(COMMAND.stop);
      default:
        return encodeFrame(COMMAND.refusal, 0);
    }
  };

  const obey = async (): Promise<void> => {
    const replies: Uint8Array[] = [];
    const framer = createFramer({
      rule: CAPNOSTAT_RULE,
      confirm: 1,
      onFrame(bytes, at, length) {
        const reply = answer(decodeFrame(bytes, at, length));
        if (reply !== undefined) replies.push(reply);
      },
      onNoise: () => undefined,
    });
    for await (const chunk of chunksUntil(link.chunks, signal)) {
      framer.push(chunk);
      for (const reply of replies.splice(0)) if (!isOff(bed)) await link.write(reply);
    }
  };

  await Promise.all([play(), obey()]);
}

const isOff = (bed: BedView): boolean => {
  const etco2 = bed.sample("etco2");
  return !isPresent(etco2) && etco2.absent === "device_off";
};

function waveFrame(bed: BedView, at: Mono, count: number, needsSettings: boolean): Uint8Array {
  const etco2 = bed.sample("etco2");
  const rate = bed.sample("resp_rate", "capnograph");
  const priority = needsSettings ? NEEDS_SETTINGS : isPresent(etco2) ? 0 : (PRIORITY[etco2.absent] ?? 0);
  const co2 = priority === 0 ? waveAt(bed, at) : undefined;
  const raw = co2 === undefined ? 0 : Math.round(co2 * 100) + 1000;
  return encodeFrame(COMMAND.wave, count % 128, ...pair(raw), ...toldAt(count));

  function toldAt(frame: number): readonly number[] {
    switch (frame % FRAMES_PER_SECOND) {
      case 0:
        return [DPI.status, 0, 0, 0, 0, priority];
      case 10:
        return [DPI.etco2, ...pair(isPresent(etco2) ? Math.round(etco2 * 10) : 0)];
      case 20:
        return [DPI.respRate, ...pair(isPresent(rate) ? Math.round(rate) : 0)];
      case 30:
        return [DPI.inspiredCo2, 0, 0];
      default:
        return [];
    }
  }
}

/** The bed's wave, else one of our own: a plateau at the end-tidal value while breathing out. */
function waveAt(bed: BedView, at: Mono): number {
  const given = bed.wave("co2", at);
  if (given !== undefined) return Math.min(150, Math.max(0, given));
  const etco2 = bed.sample("etco2");
  if (!isPresent(etco2)) return 0;
  return bed.breath(at)?.phase === "inspiration" ? 0 : etco2;
}

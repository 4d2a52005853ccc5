import { fromLocalClock, type LocalClock, localClock } from "../../src/domain/local-clock.ts";
import { type Finger, lookAtFinger } from "../../src/domain/oximetry.ts";
import { createPulseWave } from "../../src/domain/pulse-wave.ts";
import { ticks } from "../../src/domain/ticks.ts";
import { type Mono, mono, wall } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { createFramer, fixedLengthRule } from "../../src/wire/framer.ts";
import {
  COMMAND,
  DO,
  FEEDBACK,
  FREE,
  LENGTH,
  LIVE,
  SEGMENTS,
  START_DATE,
  START_TIME,
  STORED,
  USERS,
} from "./codec.ts";
import { RATE_HZ } from "./live-decoder.ts";

/** Six live packets leave ten times a second. */
const SEND_MS = 100;
const PACKETS_AT_ONCE = 6;
/** Nobody has published how long a device goes on without a keepalive; two were missed by then. */
const UNHEARD_MS = 10_000;
const MEMORY_SECONDS = 86_400;
const PULSE_HIGHEST = 254;
const HIGHEST_PLETH = 127;
const NOT_SUPPORTED = 5;
const RECORDING = 3;
const OUT_PLETH = 0x40;

type Values = ReturnType<typeof COMMAND.decode>;

/**
 * Plays the oximeter: silent until live data are asked for, silent again without keepalives, and keeps what it showed
 * as one session of one user, which it sends only while no live data run.
 */
export async function simulateV7(context: SimulatorContext): Promise<void> {
  const { clock, link, signal, bed } = context;
  const memory = createMemory(context);
  const live = createLive(context);
  let streaming = false;
  let heardMs: number = clock.mono();

  const play = async (): Promise<void> => {
    for await (const _ of ticks(clock, SEND_MS, signal)) {
      const finger = lookAtFinger(bed, PULSE_HIGHEST);
      memory.look(finger);
      if (clock.mono() - heardMs > UNHEARD_MS) streaming = false;
      const packets = live(finger);
      if (streaming && !finger.silent) await link.write(joined(packets));
    }
  };

  const answer = (asked: Values): readonly Uint8Array[] => {
    heardMs = clock.mono();
    if (asked.command === DO.startLive) streaming = true;
    if (asked.command === DO.stopLive) streaming = false;
    if (asked.command === DO.startLive || asked.command === DO.keepAlive) return [];
    if (asked.command === DO.stopLive || asked.command === DO.stopSegment) return [FREE.encode({})];
    if (asked.command === DO.sendSegment && streaming) {
      return [FEEDBACK.encode({ command: asked.command, reason: RECORDING })];
    }
    return memory.answer(asked) ?? [FEEDBACK.encode({ command: asked.command, reason: NOT_SUPPORTED })];
  };

  const obey = async (): Promise<void> => {
    const asked: Values[] = [];
    const framer = createFramer({
      rule: fixedLengthRule(COMMAND),
      confirm: 1,
      onFrame: (bytes, at) => asked.push(COMMAND.decode(bytes, at)),
      onNoise: () => undefined,
    });
    for await (const chunk of chunksUntil(link.chunks, signal)) {
      framer.push(chunk);
      const answers = asked.splice(0).flatMap(answer);
      const silent = lookAtFinger(bed, PULSE_HIGHEST).silent;
      if (answers.length > 0 && !silent) await link.write(joined(answers));
    }
  };
  await Promise.all([play(), obey()]);
}

const joined = (packets: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(packets));

/** The live packets of the next tenth of a second. */
function createLive({ bed, clock }: SimulatorContext): (finger: Finger) => readonly Uint8Array[] {
  const pulseWave = createPulseWave(bed, RATE_HZ);
  const packet = (finger: Finger, at: Mono): Uint8Array => {
    const { level, beat } = pulseWave(at, finger.pulse);
    const pleth = Math.round(level * HIGHEST_PLETH);
    const hundredths =
      finger.perfusion === undefined ? undefined : Math.min(65_534, Math.round(finger.perfusion * 100));
    return LIVE.encode({
      probeError: finger.off,
      searching: finger.searching || finger.poorSignal,
      beat,
      lowSpo2: finger.spo2 !== undefined && finger.spo2 < 90,
      searchTooLong: false,
      strength: finger.off ? 0 : 6,
      pleth: finger.off ? OUT_PLETH : pleth,
      noPerfusion: hundredths === undefined,
      bar: finger.off ? 0 : pleth >> 3,
      pulse: finger.pulse,
      spo2: finger.spo2,
      perfusion: hundredths,
    });
  };
  return (finger) => {
    const nowMs: number = clock.mono();
    return Array.from({ length: PACKETS_AT_ONCE }, (_, i) =>
      packet(finger, mono(nowMs - SEND_MS + ((i + 1) * 1000) / RATE_HZ)),
    );
  };
}

/** What the oximeter keeps of what it showed, second by second, and its clock. */
function createMemory({ clock }: SimulatorContext) {
  const seconds: { readonly spo2: number; readonly pulse: number }[] = [];
  const beganMs: number = clock.mono();
  let startMs: number = clock.wall();
  let date = { century: 20, year: 0, month: 1, day: 1 };

  const setTime = (hour: number, minute: number, second: number): void => {
    const shown: LocalClock = { ...date, year: 100 * date.century + date.year, hour, minute, second };
    const now = fromLocalClock(shown, "UTC");
    if (now !== undefined) startMs = now - (clock.mono() - beganMs);
  };
  const start = (user: number, segment: number): readonly Uint8Array[] => {
    const { year, month, day, hour, minute, second } = localClock(wall(startMs), "UTC");
    const century = Math.floor(year / 100);
    return [
      START_DATE.encode({ user, segment, century, year: year % 100, month, day }),
      START_TIME.encode({ user, segment, hour, minute, second }),
    ];
  };
  const session = (): readonly Uint8Array[] => {
    const none = { spo2: 0, pulse: 0 };
    return Array.from({ length: Math.ceil(seconds.length / 3) }, (_, i) => {
      const [first = none, second = none, third = none] = seconds.slice(3 * i, 3 * i + 3);
      return STORED.encode({
        spo2First: first.spo2,
        pulseFirst: first.pulse,
        spo2Second: second.spo2,
        pulseSecond: second.pulse,
        spo2Third: third.spo2,
        pulseThird: third.pulse,
      });
    });
  };

  return {
    look({ spo2 = 0, pulse = 0, silent }: Finger): void {
      const due = Math.floor((clock.mono() - beganMs) / 1000);
      if (!silent && seconds.length < due && seconds.length < MEMORY_SECONDS) seconds.push({ spo2, pulse });
    },
    /** Undefined for a command that it does not know. */
    answer({ command, first, second, third, fourth }: Values): readonly Uint8Array[] | undefined {
      const done = [FEEDBACK.encode({ command, reason: 0 })];
      switch (command) {
        case DO.countUsers:
          return [USERS.encode({ count: 1 })];
        case DO.countSegments:
          return [SEGMENTS.encode({ user: first, count: seconds.length > 0 ? 1 : 0 })];
        case DO.tellLength:
          return [LENGTH.encode({ user: first, segment: second, bytes: 2 * seconds.length })];
        case DO.tellStart:
          return start(first, second);
        case DO.sendSegment:
          return session();
        case DO.setDate:
          date = { century: first, year: second, month: third, day: fourth };
          return done;
        case DO.setTime:
          setTime(first, second, third);
          return done;
        default:
          return undefined;
      }
    },
  };
}

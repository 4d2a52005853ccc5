import { type LocalClock, localClock } from "../../src/domain/local-clock.ts";
import { type Finger, lookAtFinger } from "../../src/domain/oximetry.ts";
import { ticks } from "../../src/domain/ticks.ts";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { channelLink } from "../../src/wire/channel.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { createFramer } from "../../src/wire/framer.ts";
import { COMMAND, encodeInfo, encodeReply, LIVE, pieces, REQUEST_RULE } from "./codec.ts";
import { RING_CHANNELS } from "./ring.ts";
import { encodeVld, STEP_S, type VldSample } from "./vld.ts";

/** A finger that has just come in is measured for this long before there are numbers. */
const CALIBRATING_MS = 4 * SECOND_MS;
/** After the finger left the session goes on for so long, then the ring leaves the air. */
const COUNTDOWN_MS = 10 * SECOND_MS;
/** The oldest session goes when a fifth begins. */
const SLOTS = 4;
/** A day and more. */
const LONGEST_SESSION = 32_000;
const BLOCK_BYTES = 512;
/** What the two bytes of a pulse can hold, less the missing code. */
const MAX_PULSE = 0xfffe;

/** Plays a ring: answers info, live, and the requests for sessions that it recorded from the bed while it was worn. */
export async function simulateRing(context: SimulatorContext<PacketLink>): Promise<void> {
  const { clock, random, signal } = context;
  const link = channelLink(context.link, { from: RING_CHANNELS.to, to: RING_CHANNELS.from });
  const clockShows = (): LocalClock => localClock(clock.wall(), context.zone ?? "UTC");
  const serial = [...random.bytes(10)].map((byte) => byte % 10).join("");
  const wearing = createWearing(context);
  const sessions = createSessions();
  const reader = createReader(sessions);

  const record = async (): Promise<void> => {
    for await (const _tick of ticks(clock, STEP_S * SECOND_MS, signal)) {
      sessions.step(wearing.look(), wearing.finger(), clockShows());
    }
  };
  const answerTo = (request: Uint8Array): Uint8Array | undefined => {
    const state = wearing.look();
    if (state === "gone") return undefined;
    const data = request.subarray(7, request.length - 1);
    const block = (request[3] ?? 0) | ((request[4] ?? 0) << 8);
    switch (request[1] ?? 0) {
      case COMMAND.info:
        return encodeReply(0, 0, infoData(serial, wearing.finger(), sessions.names(), clockShows()));
      case COMMAND.live:
        return encodeReply(0, 0, liveData(wearing));
      default:
        return reader(request[1] ?? 0, block, data);
    }
  };
  const answer = async (): Promise<void> => {
    const asked: Uint8Array[] = [];
    const framer = createFramer({
      rule: REQUEST_RULE,
      confirm: 1,
      onFrame: (bytes, at, length) => asked.push(bytes.slice(at, at + length)),
      onNoise: () => undefined,
    });
    for await (const chunk of chunksUntil(link.chunks, signal)) {
      framer.push(chunk);
      for (const request of asked.splice(0)) {
        const reply = answerTo(request);
        if (reply === undefined) continue;
        for (const piece of pieces(reply)) await link.write(piece);
      }
    }
  };
  await Promise.all([record(), answer()]);
}

type Wear = "calibrating" | "worn" | "counting_down" | "gone";

interface Wearing {
  finger(): Finger;
  look(): Wear;
  /** Seconds left of the countdown. */
  countdown(): number;
}

function createWearing({ bed, clock }: SimulatorContext<PacketLink>): Wearing {
  const finger = (): Finger => lookAtFinger(bed, MAX_PULSE);
  let wornSinceMs: number | undefined;
  let offSinceMs: number = clock.mono();
  const countdownMs = (): number => offSinceMs + COUNTDOWN_MS - clock.mono();
  return {
    finger,
    look() {
      const nowMs: number = clock.mono();
      const { off, silent } = finger();
      if (silent) return "gone";
      if (!off) {
        wornSinceMs ??= nowMs;
        offSinceMs = nowMs;
        return nowMs - wornSinceMs < CALIBRATING_MS ? "calibrating" : "worn";
      }
      wornSinceMs = undefined;
      return countdownMs() > 0 ? "counting_down" : "gone";
    },
    countdown: () => Math.min(10, Math.max(0, Math.ceil(countdownMs() / SECOND_MS))),
  };
}

function liveData(wearing: Wearing): Uint8Array {
  const state = wearing.look();
  const { spo2, pulse, perfusion, poorSignal, searching, flags, battery } = wearing.finger();
  const calibrating = state === "calibrating" || searching;
  return LIVE.encode({
    spo2: calibrating ? 0 : spo2,
    pulse: calibrating ? 0 : pulse,
    steps: 0,
    battery: Math.round(battery ?? 80),
    charging: 0,
    motion: flags.includes("motion") ? 120 : 2,
    perfusion: calibrating ? undefined : perfusionStep(perfusion),
    worn: state === "worn" || state === "calibrating",
    countdown: state === "counting_down" ? wearing.countdown() : 0,
    invalidAlarm: poorSignal ? 1 : 0,
    spo2Alarm: 0,
    pulseAlarm: 0,
    motionAlarm: 0,
  });
}

const perfusionStep = (percent: number | undefined): number | undefined =>
  percent === undefined ? undefined : Math.min(255, Math.round(percent * 10));

function infoData(
  serial: string,
  { battery }: Finger,
  names: readonly string[],
  now: LocalClock,
): Uint8Array {
  const date = [now.year, twoDigits(now.month), twoDigits(now.day)].join("-");
  const time = [now.hour, now.minute, now.second].map(twoDigits).join(":");
  return encodeInfo({
    Region: "CE",
    Model: "1652",
    HardwareVer: "AA",
    SoftwareVer: "1.4.0",
    FileVer: "3",
    SN: serial,
    CurTIME: `${date},${time}`,
    CurBAT: `${Math.round(battery ?? 80)}%`,
    CurBatState: "0",
    FileList: names.map((name) => `${name},`).join(""),
  });
}

/** As the ring names a session that began then. */
const nameOf = ({ year, month, day, hour, minute, second }: LocalClock): string =>
  [String(year).padStart(4, "0"), ...[month, day, hour, minute, second].map(twoDigits)].join("");

const twoDigits = (part: number): string => String(part).padStart(2, "0");

interface Sessions {
  /** Once a record's time. */
  step(state: Wear, finger: Finger, now: LocalClock): void;
  names(): readonly string[];
  file(name: string): Uint8Array | undefined;
}

/** The session under way becomes a file when its countdown has ended; it makes room when the next one begins. */
function createSessions(): Sessions {
  const files = new Map<string, Uint8Array>();
  let start: LocalClock | undefined;
  let samples: VldSample[] = [];
  return {
    step(state, { spo2, pulse, flags }, now) {
      if (state === "gone") {
        if (start !== undefined && samples.length > 0) files.set(nameOf(start), encodeVld(start, samples));
        start = undefined;
        samples = [];
        return;
      }
      if (start === undefined) {
        if (state === "counting_down") return;
        start = now;
        const oldest = [...files.keys()].toSorted()[0];
        if (files.size >= SLOTS && oldest !== undefined) files.delete(oldest);
      }
      if (samples.length >= LONGEST_SESSION) return;
      const finger = state !== "counting_down";
      const fits = (value: number | undefined): number | undefined =>
        value === undefined || value > 254 || !finger ? undefined : value;
      const motion = flags.includes("motion") ? 120 : 2;
      const calibrating = state === "calibrating";
      samples.push({
        spo2: calibrating ? 0 : fits(spo2),
        pulse: calibrating ? 0 : fits(pulse),
        finger,
        motion,
      });
    },
    names: () => [...files.keys()].toSorted(),
    file: (wanted) => files.get(wanted),
  };
}

/** Open, read and close. A name that the ring does not have opens the file before, as real rings do. */
function createReader({ file }: Sessions): (code: number, block: number, data: Uint8Array) => Uint8Array {
  let open: Uint8Array | undefined;
  const none = new Uint8Array(0);
  return (code, block, data) => {
    switch (code) {
      case COMMAND.open: {
        open = file(new TextDecoder().decode(data).replace("\0", "")) ?? open;
        if (open === undefined) return encodeReply(1, block, none);
        const size = new Uint8Array(4);
        new DataView(size.buffer).setUint32(0, open.length, true);
        return encodeReply(0, block, size);
      }
      case COMMAND.read:
        return encodeReply(
          open === undefined ? 1 : 0,
          block,
          open?.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES) ?? none,
        );
      case COMMAND.close:
        return encodeReply(0, block, none);
      default:
        return encodeReply(1, block, none);
    }
  };
}

import { type LocalClock, localClock } from "../../src/domain/local-clock.ts";
import { type Finger, lookAtFinger } from "../../src/domain/oximetry.ts";
import { ticks } from "../../src/domain/ticks.ts";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { channelLink } from "../../src/wire/channel.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { createFramer } from "../../src/wire/framer.ts";
import {
  COMMAND,
  decodeMessage,
  encodeInfo,
  encodeList,
  encodeReply,
  LIVE,
  type Message,
  REQUEST_RULE,
  readU32,
  STATE,
  u32Data,
} from "./codec.ts";
import { OXYII_CHANNELS } from "./ring.ts";
import { encodeSession, type SessionSample } from "./session.ts";

/** After the finger left, and after every request, the ring is on the air for so long. */
const AWAKE_MS = 120 * SECOND_MS;
/** After the finger left the session goes on for so long. */
const COUNTDOWN_MS = 10 * SECOND_MS;
const BLOCK_BYTES = 512;
/** The longest that a ring keeps: ten hours. */
const LONGEST_SESSION = 36_000;
const MOST_SESSIONS = 4;
const MAX_PULSE = 254;
const LIGHT_SAMPLES = 20;
const FIRMWARE = "2D010002";

/** Plays a ring of the older firmware: info, live data, and the sessions that it recorded from the bed. */
export async function simulateOxyii(context: SimulatorContext<PacketLink>): Promise<void> {
  const { bed, clock, random, signal } = context;
  const link = channelLink(context.link, { from: OXYII_CHANNELS.to, to: OXYII_CHANNELS.from });
  const serial = [...random.bytes(10)].map((byte) => byte % 10).join("");
  const finger = (): Finger => lookAtFinger(bed, MAX_PULSE);
  const shows = (): LocalClock => localClock(clock.wall(), context.zone ?? "UTC");
  const sessions = createSessions();
  const answer = createAnswers(serial, finger, sessions);
  let wornMs: number = clock.mono();
  let askedMs: number = clock.mono();

  const record = async (): Promise<void> => {
    for await (const _tick of ticks(clock, SECOND_MS, signal)) {
      const now = finger();
      if (!now.off && !now.silent) wornMs = clock.mono();
      if (clock.mono() - wornMs < COUNTDOWN_MS) sessions.add(now, shows());
      else sessions.end();
    }
  };
  const obey = async (): Promise<void> => {
    const asked: Message[] = [];
    const framer = createFramer({
      rule: REQUEST_RULE,
      confirm: 1,
      onFrame(bytes, at, length) {
        const shared = decodeMessage(bytes, at, length);
        asked.push({ ...shared, data: shared.data.slice() });
      },
      onNoise: () => undefined,
    });
    for await (const chunk of chunksUntil(link.chunks, signal)) {
      framer.push(chunk);
      for (const request of asked.splice(0)) {
        const asleep = clock.mono() - Math.max(wornMs, askedMs) > AWAKE_MS;
        if (finger().silent || (asleep && finger().off)) continue;
        askedMs = clock.mono();
        const data = answer(request);
        if (data !== undefined) await link.write(encodeReply({ ...request, data }));
      }
    }
  };
  await Promise.all([record(), obey()]);
}

/** The data of a reply; undefined where the ring does not answer. */
function createAnswers(
  serial: string,
  finger: () => Finger,
  sessions: Sessions,
): (request: Message) => Uint8Array | undefined {
  const none = new Uint8Array(0);
  let counter = 0;
  let opened: Uint8Array | undefined;
  return ({ code, data }) => {
    switch (code) {
      case COMMAND.info:
        return encodeInfo(FIRMWARE, serial);
      case COMMAND.live:
        counter = (counter + 1) & 0xffff;
        return liveData(finger(), counter, opened !== undefined);
      case COMMAND.config:
        return new Uint8Array(40);
      case COMMAND.setup:
      case COMMAND.clock:
        return none;
      case COMMAND.list:
        return encodeList(sessions.names());
      case COMMAND.open:
        opened = sessions.file(new TextDecoder().decode(data.subarray(0, 14)));
        return opened === undefined ? undefined : u32Data(opened.length);
      case COMMAND.read: {
        const at = readU32(data) ?? 0;
        return opened?.subarray(at, at + BLOCK_BYTES);
      }
      case COMMAND.close:
        opened = undefined;
        return none;
      default:
        return undefined;
    }
  };
}

const FILE_OPEN = 3;

function liveData(
  { off, spo2, pulse, flags, battery }: Finger,
  counter: number,
  fileOpen: boolean,
): Uint8Array {
  const head = LIVE.encode({
    counter,
    state: off ? STATE.noFinger : fileOpen ? FILE_OPEN : STATE.finger,
    spo2,
    motion: flags.includes("motion") ? 40 : 1,
    pulse,
    battery: Math.round(battery ?? 80),
    samples: LIGHT_SAMPLES,
  });
  const data = new Uint8Array(head.length + LIGHT_SAMPLES);
  data.set(head);
  return data;
}

interface Sessions {
  add(finger: Finger, now: LocalClock): void;
  /** The session under way, if there is one, becomes a file. */
  end(): void;
  names(): readonly string[];
  file(name: string): Uint8Array | undefined;
}

function createSessions(): Sessions {
  const files = new Map<string, Uint8Array>();
  let start: LocalClock | undefined;
  let samples: SessionSample[] = [];
  return {
    add({ off, spo2, pulse, flags }, now) {
      if (start === undefined && off) return;
      start ??= now;
      if (samples.length < LONGEST_SESSION) {
        samples.push({ spo2, pulse, motion: flags.includes("motion") ? 40 : 1 });
      }
    },
    end() {
      if (start !== undefined) files.set(nameOf(start), encodeSession(start, samples));
      start = undefined;
      samples = [];
      const oldest = [...files.keys()].toSorted()[0];
      if (files.size > MOST_SESSIONS && oldest !== undefined) files.delete(oldest);
    },
    names: () => [...files.keys()].toSorted(),
    file: (name) => files.get(name),
  };
}

/** As the ring names a session that began then. */
export const nameOf = ({ year, month, day, hour, minute, second }: LocalClock): string =>
  [year, month, day, hour, minute, second].map((part) => String(part).padStart(2, "0")).join("");

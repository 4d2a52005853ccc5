import { Fault } from "../../src/domain/fault.ts";
import { localClock } from "../../src/domain/local-clock.ts";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import type { Exchange } from "../../src/driver/exchange.ts";
import type { PacketLink } from "../../src/port/link.ts";
import {
  authData,
  COMMAND,
  type Command,
  decodeList,
  encodeOpen,
  encodeRequest,
  type Message,
  readU32,
  u32Data,
} from "./codec.ts";
import { identityOf, infoOf, openRing } from "./ring.ts";
import { LARGEST_SESSION_BYTES, parseSession, type Session, sessionReadings } from "./session.ts";

const NO_REPLY_MS = 4_000;
/** Older rings do not answer the opening key at all, later ones at once. */
const KEY_REPLY_MS = 600;
const TRIES = 2;

type Ask = (command: Command, data?: Uint8Array) => Promise<Message | undefined>;

/**
 * Fetches the stored sessions, oldest first. Live data is not asked for here: after it some rings refuse their files. A
 * ring gives only so much in one connection: what came is passed on, then DEVICE_NO_REPLY is thrown. Throws
 * DEVICE_REFUSED where the ring's firmware encrypts.
 */
export async function* fetchSessions(context: DriverContext<PacketLink>): AsyncGenerator<DeviceReading> {
  const { trace, zone } = context;
  const exchange = openRing(context, () => undefined);
  const ask = createAsk(exchange);
  try {
    await open(context, exchange, ask);
    const info = await ask("info");
    const list = await ask("list");
    if (exchange.ended) return;
    if (list === undefined) throw noReply("list of sessions");
    const identity = info === undefined ? undefined : infoOf(info);
    if (identity !== undefined) yield { body: identityOf(identity) };
    for (const name of decodeList(list.data)) {
      const file = await download(exchange, ask, name);
      if (exchange.ended) return;
      const session = parsed(file, name);
      if (session instanceof Fault) {
        trace.reject(file.bytes.subarray(0, 10), `session ${name}: ${session.message}`);
      } else if (session !== undefined) yield* sessionReadings(file.bytes, session, zone);
      if (file.stopped) throw noReply(`rest of session ${name}`);
    }
  } finally {
    await exchange.stop();
  }
}

interface Download {
  /** As far as it came. */
  readonly bytes: Uint8Array;
  readonly sizeBytes: number;
  /** The ring stopped answering. */
  readonly stopped: boolean;
}

function parsed({ bytes, sizeBytes }: Download, name: string): Session | Fault | undefined {
  if (bytes.length === 0) return undefined;
  try {
    return parseSession(bytes, name, sizeBytes);
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

/** A reply belongs to a request by its command and number, so that a late one is not taken for the next. */
function createAsk(exchange: Exchange<Message>): Ask {
  let seq = 0;
  return async (command, data) => {
    for (let attempt = 0; attempt < TRIES && !exchange.ended; attempt++) {
      seq = (seq + 1) & 0xff;
      const mine = seq;
      const reply = await exchange.request({
        bytes: encodeRequest(command, mine, data),
        meaning: command,
        matches: (answer) => answer.code === COMMAND[command] && answer.seq === mine,
        timeoutMs: NO_REPLY_MS,
      });
      if (reply !== undefined) return reply;
    }
    return undefined;
  };
}

/** The steps without which a ring ignores requests for files; its clock is set, if ours is known to be right. */
async function open(
  { clock, zone }: DriverContext<PacketLink>,
  exchange: Exchange<Message>,
  ask: Ask,
): Promise<void> {
  const reply = await exchange.request({
    bytes: encodeRequest("auth", 0, authData(Math.floor(clock.wall() / SECOND_MS))),
    meaning: "opening key",
    matches: ({ code }) => code === COMMAND.auth,
    timeoutMs: KEY_REPLY_MS,
  });
  if (reply !== undefined && reply.data.length > 0) {
    throw new Fault("DEVICE_REFUSED", "This ring's firmware encrypts what it sends.", {
      fix: "Export the sessions with the ring's app and read the files with the family viatom-oxyii-file.",
      permanent: true,
    });
  }
  const setup = await ask("setup", Uint8Array.of(0));
  if (setup === undefined && !exchange.ended) throw noReply("setup");
  if (clock.trusted()) {
    const { year, month, day, hour, minute, second } = localClock(clock.wall(), zone);
    await ask("clock", Uint8Array.of(year & 0xff, year >> 8, month, day, hour, minute, second, 0));
  }
  await ask("config");
  await ask("close");
}

async function download(exchange: Exchange<Message>, ask: Ask, name: string): Promise<Download> {
  const nothing = { bytes: new Uint8Array(0), sizeBytes: 0 };
  const opened = await ask("open", encodeOpen(name));
  if (opened === undefined) return { ...nothing, stopped: !exchange.ended };
  const sizeBytes = readU32(opened.data) ?? 0;
  if (sizeBytes > LARGEST_SESSION_BYTES) return { ...nothing, stopped: false };
  const bytes = new Uint8Array(sizeBytes);
  let length = 0;
  let stopped = false;
  while (length < sizeBytes && !stopped) {
    const block = await ask("read", u32Data(length));
    stopped = block === undefined;
    if (block === undefined || block.data.length === 0) break;
    bytes.set(block.data.subarray(0, sizeBytes - length), length);
    length = Math.min(sizeBytes, length + block.data.length);
  }
  if (!stopped) await ask("close");
  return { bytes: bytes.subarray(0, length), sizeBytes, stopped };
}

const noReply = (what: string): Fault =>
  new Fault("DEVICE_NO_REPLY", `The ring did not send the ${what}.`, {
    fix: "Take the ring off, wait until its countdown has ended, close its app on every phone nearby, and fetch again.",
  });

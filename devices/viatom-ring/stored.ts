import { Fault } from "../../src/domain/fault.ts";
import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import type { Exchange } from "../../src/driver/exchange.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { type Command, encodeName, encodeRequest, REPLY_RULE, type Reply } from "./codec.ts";
import { identityOf, infoOf, openRing } from "./ring.ts";
import { LARGEST_VLD_BYTES, parseVld, vldReadings } from "./vld.ts";

const NO_REPLY_MS = 3_000;
/** After a lost reply this long is listened for it, so that it is not taken for the next one: replies name no request. */
const DRAIN_MS = 2_000;
const TRIES = 3;

/**
 * Fetches the stored sessions, oldest first. Only names that the ring lists are opened: a name that it does not have
 * opens the file before. Sessions that cannot be read are told to the trace and left out. Throws DEVICE_NO_REPLY.
 */
export async function* fetchSessions(context: DriverContext<PacketLink>): AsyncGenerator<DeviceReading> {
  const { trace, zone } = context;
  const exchange = openRing(context, REPLY_RULE, () => undefined);
  try {
    const reply = await ask(exchange, "info", "info: which sessions are there");
    const info = reply === undefined ? undefined : infoOf(reply);
    if (exchange.ended) return;
    if (info === undefined) throw noReply("info");
    yield { body: identityOf(info) };
    for (const name of info.files) {
      const bytes = await download(context, exchange, name);
      if (exchange.ended) return;
      if (bytes === undefined) continue;
      const vld = parsed(bytes);
      if (vld instanceof Fault) trace.reject(bytes.subarray(0, 40), `session ${name}: ${vld.message}`);
      else if (vld !== undefined) yield* vldReadings(bytes, vld, zone);
    }
  } finally {
    await exchange.stop();
  }
}

function parsed(bytes: Uint8Array): ReturnType<typeof parseVld> | Fault {
  try {
    return parseVld(bytes);
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

/** The bytes of one session as far as the ring gives them; undefined where it does not open it. */
async function download(
  { trace }: DriverContext<PacketLink>,
  exchange: Exchange<Reply>,
  name: string,
): Promise<Uint8Array | undefined> {
  const opened = await ask(exchange, "open", `open session ${name}`, 0, encodeName(name));
  if (opened === undefined && !exchange.ended) throw noReply("open");
  if (opened === undefined || opened.status !== 0 || opened.data.length < 4) return undefined;
  const size = new DataView(opened.data.buffer, opened.data.byteOffset).getUint32(0, true);
  let whole: Uint8Array | undefined;
  if (size <= LARGEST_VLD_BYTES) {
    const bytes = new Uint8Array(size);
    let length = 0;
    for (let block = 0; length < size; block++) {
      const read = await ask(exchange, "read", `block ${block}`, block);
      if (read === undefined && !exchange.ended) throw noReply("read");
      if (read === undefined || read.status !== 0 || read.data.length === 0) break;
      bytes.set(read.data.subarray(0, size - length), length);
      length = Math.min(size, length + read.data.length);
    }
    whole = bytes.subarray(0, length);
  } else trace.reject(opened.data, `session ${name} says that it has ${size} bytes`);
  await ask(exchange, "close", "close");
  return whole;
}

async function ask(
  exchange: Exchange<Reply>,
  command: Command,
  meaning: string,
  block = 0,
  data?: Uint8Array,
): Promise<Reply | undefined> {
  for (let attempt = 0; attempt < TRIES && !exchange.ended; attempt++) {
    if (attempt > 0) await exchange.pause(DRAIN_MS);
    const reply = await exchange.request({
      bytes: encodeRequest(command, block, data),
      meaning,
      matches: () => true,
      timeoutMs: NO_REPLY_MS,
    });
    if (reply !== undefined) return reply;
  }
  return undefined;
}

const noReply = (command: string): Fault =>
  new Fault("DEVICE_NO_REPLY", `The ring did not answer the request "${command}".`, {
    fix: "Wear the ring or put it on its charger, close its app on every phone nearby, and try again.",
  });

import { type IncomingMessage, request } from "node:http";
import { isLoopback, shownAddress } from "../domain/address.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { FileEntry, FileLink, OpenLink } from "../port/link.ts";
import { byPath, refuseTooLong } from "./folder.ts";
import { CARD_STYLES, type CardStyle, type Listed } from "./wifi-listing.ts";

/** A card that says nothing for this long has gone; the slowest one carries 23 kB a second. */
const SILENCE_MS = 10_000;
/** While it is opened, which is tried again by itself and must not take long: two questions, once each. */
const OPENING = { silenceMs: 4_000, attempts: 1 };
/** Cards fail for a moment while the machine writes to them. */
const OPENED = { silenceMs: SILENCE_MS, attempts: 3 };
const ATTEMPT_WAIT_MS = 1_000;
/** What comes slower than this, after a while, is cut off: it only keeps us waiting. */
const SLOWEST = { bytesPerMs: 0.5, afterMs: 60_000 };
/** A folder of ten years has half of it. */
const LISTING_BYTES_MAX = 1 << 20;
const FILE_BYTES_MAX = 64 << 20;
const FILES_MAX = 100_000;
const FOLDERS_MAX = 5_000;
const DEPTH_MAX = 8;
/** A card has a folder a day: only the newest ones of a folder still grow, the others are asked again after this. */
const NEWEST = 2;
const OLD_LISTING_MS = 30 * 60_000;

/**
 * A memory card with Wi-Fi, `http://HOST/` or one folder of it, `http://HOST/DATALOG`: FlashAir and ez Share. Growing;
 * one request at a time, since these cards serve no more. Their sizes lag behind and their transfers may end short: a
 * file is as long as what can be read of it. Rejects with LINK_NOT_FOUND, LINK_REFUSED, or the signal's reason.
 */
export async function openWifiCard(
  address: string,
  signal: AbortSignal,
  clock: Clock,
): Promise<OpenLink<FileLink>> {
  const { origin, base } = parse(address);
  const closing = new AbortController();
  const { style, remote } = await recognise({ ...OPENING, address, origin, clock }, base, signal);
  const card = { ...OPENED, address, origin, clock };
  const get = oneAtATime((path: string, wanted: Wanted) => ask(card, path, wanted, closing.signal));
  return {
    link: linkOf({ address, base, style, clock, get }, closing),
    simulated: isLoopback(remote),
    resolved: address,
  };
}

interface Card {
  readonly address: string;
  readonly origin: string;
  readonly clock: Clock;
  readonly silenceMs: number;
  readonly attempts: number;
}

/** The part of a file, or of a listing, that is to be had. */
interface Wanted {
  readonly from: number;
  readonly to: number;
  readonly ranged: boolean;
}

interface Answer {
  readonly status: number;
  /** From `from` on; short where the card broke off. */
  readonly bytes: Uint8Array;
  readonly remote: string;
}

const LISTING: Wanted = { from: 0, to: LISTING_BYTES_MAX, ranged: false };

function parse(address: string): { readonly origin: string; readonly base: string } {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  const parts = url?.pathname.split("/").filter((part) => part !== "") ?? [];
  try {
    if (url !== undefined && url.username === "" && url.password === "")
      return { origin: url.origin, base: parts.map(decodeURIComponent).join("/") };
  } catch {
    // A stray % in the path: refused below like anything else that is no address.
  }
  throw new Fault("LINK_REFUSED", `${shownAddress(address)} is not the address of a Wi-Fi card.`, {
    fix: "Write http://HOST/, as in http://192.168.4.1/, without a user or password.",
    permanent: true,
  });
}

async function recognise(
  card: Card,
  base: string,
  signal: AbortSignal,
): Promise<{ readonly style: CardStyle; readonly remote: string }> {
  for (const style of CARD_STYLES) {
    const { status, bytes, remote } = await ask(card, style.listing(base), LISTING, signal);
    const listed = status === 200 ? style.parse(new TextDecoder().decode(bytes)) : undefined;
    if (listed !== undefined) return { style, remote };
  }
  throw new Fault("LINK_REFUSED", `At ${card.address} something answers, but not as a Wi-Fi card does.`, {
    fix: "FlashAir and ez Share cards are known. Check that this machine is in the card's Wi-Fi.",
  });
}

interface Opened {
  readonly address: string;
  readonly base: string;
  readonly style: CardStyle;
  readonly clock: Clock;
  readonly get: (path: string, wanted: Wanted) => Promise<Answer>;
}

function linkOf({ address, base, style, clock, get }: Opened, closing: AbortController): FileLink {
  const cache = new Map<string, { readonly atMs: number; readonly listed: readonly Listed[] }>();
  /** In all listings that are remembered. */
  let names = 0;

  const listingOf = async (folder: string, old: boolean): Promise<readonly Listed[]> => {
    const known = cache.get(folder);
    if (old && known !== undefined && clock.mono() - known.atMs < OLD_LISTING_MS) return known.listed;
    const { status, bytes } = await get(style.listing(folder), LISTING);
    const listed = status === 200 ? style.parse(new TextDecoder().decode(bytes)) : undefined;
    if (listed === undefined) throw lost(address, `it answered ${status} to a listing`);
    names += listed.length - (known?.listed.length ?? 0);
    if (names > FILES_MAX) throw tooMany(address);
    cache.set(folder, { atMs: clock.mono(), listed });
    return listed;
  };

  const walk = async (folder: string, old: boolean, depth: number, files: FileEntry[]): Promise<void> => {
    if (cache.size > FOLDERS_MAX || files.length > FILES_MAX) throw tooMany(address);
    const listed = await listingOf(joined(base, folder), old);
    for (const { name, bytes, folder: isFolder } of listed) {
      if (!isFolder) files.push({ path: joined(folder, name), bytes });
    }
    const folders = listed
      .filter((each) => each.folder)
      .map(({ name }) => name)
      .toSorted();
    for (const [i, name] of depth < DEPTH_MAX ? folders.entries() : [])
      await walk(joined(folder, name), old || i < folders.length - NEWEST, depth + 1, files);
  };

  return {
    growing: true,
    async list() {
      const files: FileEntry[] = [];
      await walk("", false, 0, files);
      return files.toSorted(byPath);
    },
    async read(path, from, to) {
      if (Number.isFinite(to)) refuseTooLong(to - from, address);
      if (to <= from || path.split("/").some((part) => part === ".." || part === ""))
        return new Uint8Array(0);
      const wanted = { from, to: Math.min(to, from + FILE_BYTES_MAX), ranged: true };
      const { status, bytes } = await get(style.file(joined(base, path)), wanted);
      // 416: nothing there yet from that byte on.
      if (status === 404 || status === 416) return new Uint8Array(0);
      if (status !== 200 && status !== 206) throw lost(address, `it answered ${status}`);
      return bytes;
    },
    async close() {
      closing.abort(lost(address, "it was closed"));
    },
  };
}

const joined = (folder: string, name: string): string =>
  folder === "" || name === "" ? folder + name : `${folder}/${name}`;

/** Calls wait for one another, in order. */
function oneAtATime<A extends readonly unknown[], R>(
  call: (...values: A) => Promise<R>,
): (...values: A) => Promise<R> {
  let before: Promise<unknown> = Promise.resolve();
  return (...values) => {
    const mine = before.then(() => call(...values));
    // Whoever asked is told; the next one only waits.
    before = mine.catch(() => undefined);
    return mine;
  };
}

/** Asks a few times; what began to arrive is not asked for again. */
async function ask(card: Card, path: string, wanted: Wanted, signal: AbortSignal): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      return await askOnce(card, path, wanted, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof Fault) throw error;
      if (attempt >= card.attempts) throw unreached(card.address, error);
    }
    await card.clock.sleep(ATTEMPT_WAIT_MS, signal);
  }
}

async function askOnce(
  { address, origin, clock, silenceMs }: Card,
  path: string,
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Answer> {
  const silence = new AbortController();
  const bark = (): void => silence.abort(new Error(`nothing came for ${silenceMs / 1000} s`));
  let cancel = clock.after(silenceMs, bark);
  const either = AbortSignal.any([signal, silence.signal]);
  const startMs = clock.mono();
  let arrived = 0;
  try {
    const last = Number.isFinite(wanted.to) ? String(wanted.to - 1) : "";
    const headers = wanted.ranged ? { range: `bytes=${wanted.from}-${last}` } : {};
    const answer = await head(`${origin}${path}`, headers, either);
    const remote = answer.socket.remoteAddress ?? "";
    const status = answer.statusCode ?? 0;
    const bytes = await body(answer, skipped(answer, wanted, address), wanted.to - wanted.from, (chunk) => {
      cancel();
      cancel = clock.after(silenceMs, bark);
      arrived += chunk;
      const tookMs = clock.mono() - startMs;
      if (tookMs > SLOWEST.afterMs && arrived < tookMs * SLOWEST.bytesPerMs)
        silence.abort(new Error("it came too slowly"));
    });
    return { status, bytes, remote };
  } finally {
    cancel();
  }
}

function head(
  url: string,
  headers: { readonly [name: string]: string },
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    // A connection of its own: these cards keep none open, or too long.
    const outgoing = request(url, { agent: false, headers, signal });
    outgoing.on("error", reject);
    outgoing.on("response", resolve);
    outgoing.end();
  });
}

/** How much of the answer lies before what was asked for: cards that know no ranges send the whole file. */
function skipped(answer: IncomingMessage, { from }: Wanted, address: string): number {
  const start = /^bytes (\d{1,15})-/.exec(answer.headers["content-range"] ?? "")?.[1];
  const skip = answer.statusCode === 206 ? from - Number(start ?? from) : from;
  if (skip < 0) throw lost(address, `it sent another part of the file than was asked for`);
  if (skip > FILE_BYTES_MAX)
    throw lost(address, "it sends a file from its beginning that is too long for that");
  return skip;
}

const ROOM_BYTES = 64 * 1024;

/** What arrives, without its first `skip` bytes and no more than `length`; short where the card breaks off. */
async function body(
  answer: IncomingMessage,
  skip: number,
  length: number,
  onChunk: (bytes: number) => void,
): Promise<Uint8Array> {
  // Copied at once: a card that sends single bytes would leave an object for each of them behind.
  let bytes = new Uint8Array(Math.min(length, ROOM_BYTES));
  let left = skip;
  let taken = 0;
  const stream: AsyncIterable<Uint8Array> = answer;
  try {
    // Leaving the loop ends the connection and with it the rest.
    for await (const chunk of stream) {
      onChunk(chunk.length);
      const part = chunk.subarray(Math.min(left, chunk.length)).subarray(0, length - taken);
      left -= Math.min(left, chunk.length);
      if (taken + part.length > bytes.length) {
        const larger = new Uint8Array(Math.min(length, Math.max(taken + part.length, 2 * bytes.length)));
        larger.set(bytes.subarray(0, taken));
        bytes = larger;
      }
      bytes.set(part, taken);
      taken += part.length;
      if (taken >= length) break;
    }
  } catch (error) {
    // A file that grows while it is sent may end short; with nothing at all it was no answer.
    if (taken === 0) throw error;
  }
  return bytes.subarray(0, taken);
}

const lost = (address: string, why: string): Fault =>
  new Fault("LINK_LOST", `The Wi-Fi card ${address} went away: ${why}.`, {
    fix: "It is asked again by itself. Bring this machine nearer to the card.",
  });

const unreached = (address: string, error: unknown): Fault =>
  new Fault("LINK_NOT_FOUND", `The Wi-Fi card ${address} is not reached: ${messageOf(error)}.`, {
    fix: "Check that the ventilator is on (it powers the card) and that this machine is in the card's Wi-Fi.",
    cause: error,
  });

const tooMany = (address: string): Fault =>
  new Fault("LINK_REFUSED", `${address} lists more folders or files than a card has.`, { permanent: true });

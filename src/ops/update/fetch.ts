import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open, rm } from "node:fs/promises";
import { get as httpGet, type IncomingMessage } from "node:http";
import { get as httpsGet } from "node:https";
import path from "node:path";
import { messageOf } from "../../domain/fault.ts";
import { MINUTE_MS } from "../../domain/time.ts";
import { type ReleaseFile, refused } from "./release.ts";

/** Where a release is: a folder of this machine, or an address. */
export interface ReleasePlace {
  /** release.json, at most so many bytes. Rejects with UPDATE_REFUSED. */
  manifest(bytesMax: number): Promise<string>;
  /** Writes a file of the release to `target`, checked by length and hash. Rejects with UPDATE_REFUSED, leaving none. */
  fetch(file: ReleaseFile, target: string): Promise<void>;
}

/** A server that stops in the middle is waited for so long. */
const IDLE_MS = MINUTE_MS;

/** The place of a release.json: a file (relative to `folder`) or an https address. Throws UPDATE_REFUSED. */
export function releasePlace(source: string, folder: string, signal: AbortSignal): ReleasePlace {
  const url = /^https?:/.test(source) && URL.canParse(source) ? new URL(source) : undefined;
  if (url !== undefined) {
    if (url.protocol === "http:" && !/^(?:localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname))
      throw refused("Updates come over https.", "Name an address that begins with https:.");
    return placeOf((name) => streamOf(name === undefined ? url : new URL(name, url), signal));
  }
  const file = path.resolve(folder, source);
  return placeOf(async (name) =>
    createReadStream(name === undefined ? file : path.join(path.dirname(file), name), { signal }),
  );
}

/** @param read a file beside release.json, or that itself */
function placeOf(read: (name?: string) => Promise<AsyncIterable<Buffer>>): ReleasePlace {
  return {
    async manifest(bytesMax) {
      const pieces: Buffer[] = [];
      await each(read(), bytesMax, (piece) => pieces.push(piece));
      return Buffer.concat(pieces).toString("utf8");
    },
    async fetch({ name, bytes, sha256 }, target) {
      const hash = createHash("sha256");
      const handle = await open(target, "w", 0o600);
      try {
        const length = await each(read(name), bytes, async (piece) => {
          hash.update(piece);
          await handle.writeFile(piece);
        });
        if (length !== bytes || hash.digest("hex") !== sha256) throw notThat(name);
        await handle.sync();
      } catch (error) {
        await rm(target, { force: true });
        throw error;
      } finally {
        await handle.close();
      }
    },
  };
}

/** @returns bytes in all */
async function each(
  opening: Promise<AsyncIterable<Buffer>>,
  bytesMax: number,
  take: (piece: Buffer) => unknown,
): Promise<number> {
  let length = 0;
  try {
    for await (const piece of await opening) {
      length += piece.length;
      if (length > bytesMax) break;
      await take(piece);
    }
  } catch (error) {
    throw refused(
      `It cannot be read: ${messageOf(error)}.`,
      "Check the name, the network and the disk.",
      error,
    );
  }
  if (length <= bytesMax) return length;
  throw refused("It is longer than the release says.", "Get it again from where your updates come from.");
}

const notThat = (name: string): Error =>
  refused(`${name} is not the file that was signed.`, "Get it again from where your updates come from.");

function streamOf(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const get = url.protocol === "https:" ? httpsGet : httpGet;
  return new Promise((resolve, reject) => {
    const request = get(url, { signal, timeout: IDLE_MS }, (response) => {
      if (response.statusCode === 200) return resolve(response);
      response.resume();
      reject(new Error(`${url.host} answered ${response.statusCode}`));
    });
    request.on("timeout", () => request.destroy(new Error(`${url.host} does not answer`)));
    request.on("error", reject);
  });
}

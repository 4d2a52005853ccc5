import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { createAuthority, issueCertificate, type KeyPair } from "../crypt/authority.ts";
import { type CertificateFacts, daysLeft, readCertificate, readPair } from "../crypt/certificate.ts";
import { seal, unseal } from "../crypt/seal.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import { HOUR_MS, type Wall, wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";

/** The certificate that pages and broker show, renewed while they run. */
export interface Certificates {
  current(): KeyPair;
  facts(): CertificateFacts;
  /** The box's own authority, for people to take over on their phones; absent for certificates of others. */
  readonly authority?: { readonly pem: string; readonly fingerprint: string };
  /** Called with each new one; the returned function stops it. */
  onChange(listener: (pair: KeyPair) => void): () => void;
  /** Begins to look for new files, or for the time to renew. */
  start(): void;
  stop(): void;
}

const LOOK_MS = 30_000;
const RENEW_DAYS = 30;
/** A machine whose clock has stopped at the battery's end still makes certificates that will count. */
const NOT_BEFORE = Date.UTC(2026, 0, 1);

/**
 * A certificate that somebody else keeps up to date in two files. New files are taken over within a minute where they
 * are whole and belong together; until then, and where they are not, the one before stays. Rejects with CONFIG_INVALID.
 */
export async function openFileCertificates(options: {
  readonly certFile: string;
  readonly keyFile: string;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<Certificates> {
  const { certFile, keyFile, clock, log } = options;
  const read = async (): Promise<KeyPair> => {
    const [cert, key] = await Promise.all([pemOf(certFile, "cert"), pemOf(keyFile, "key")]);
    return { cert, key };
  };
  const first = await read();
  try {
    readPair(first);
  } catch (error) {
    throw new Fault("CONFIG_INVALID", `web.tls: ${certFile} and ${keyFile}: ${messageOf(error)}`, {
      ...(error instanceof Fault && error.fix !== undefined ? { fix: error.fix } : {}),
      permanent: true,
      cause: error,
    });
  }
  const kept = keep(first, log);
  let complaint = "";
  const look = async (): Promise<void> => {
    try {
      const found = await read();
      const { cert, key } = kept.current();
      if (found.cert !== cert || found.key !== key) kept.replace(found);
      complaint = "";
    } catch (error) {
      // Half written, or the key has not followed yet: once is nothing to speak of.
      if (complaint === messageOf(error)) return;
      complaint = messageOf(error);
      log.note("certificate.kept", { why: complaint }, "warn");
    }
  };
  return withTimer(kept, clock, LOOK_MS, look);
}

/**
 * A certificate of an authority of this box's own, made at the first start; its key is sealed with `key`, the key of the
 * data folder. It renews itself 30 days before its end. Names that the authority may not vouch for need a new
 * authority, which phones have to be told of again: said in the log. Rejects with DISK_FAILED or UNSEALABLE.
 */
export async function openOwnCertificates(options: {
  /** Folder of its own; made where it is missing. */
  readonly folder: string;
  /** Host names and addresses of this box, the one for people first. */
  readonly names: readonly string[];
  readonly key: Uint8Array;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}): Promise<Certificates> {
  const { folder, names, key, clock, random, log } = options;
  const now = (): Wall => wall(Math.max(clock.wall(), NOT_BEFORE));
  const store = createSealedPairs(folder, key);
  const wanted = names.join(" ");
  const label = labelOf(names);

  let authority = await store.read("authority");
  const known = await store.text("names");
  if (authority === undefined || known !== wanted) {
    if (authority !== undefined) log.note("certificate.new_authority", { names: wanted }, "warn");
    authority = createAuthority({ names, label, now: now(), random });
    // The certificate of the one before would no longer be believed.
    await store.forget("served");
    await store.write("authority", authority);
    await store.keepText("names", wanted);
  }
  const signer = { ...authority, label };
  const issue = async (): Promise<KeyPair> => {
    const made = issueCertificate(signer, { names, now: now(), random });
    await store.write("served", made);
    return made;
  };
  const isDue = (facts: CertificateFacts): boolean =>
    daysLeft(facts, now()) < RENEW_DAYS || now() < facts.from;

  const found = await store.read("served");
  const kept = keep(found === undefined || isDue(readPair(found)) ? await issue() : found, log);
  const renew = async (): Promise<void> => {
    try {
      if (isDue(kept.facts())) kept.replace(await issue());
    } catch (error) {
      log.note("certificate.not_renewed", { why: messageOf(error) }, "error");
    }
  };
  const { fingerprint } = readCertificate(authority.cert);
  return { ...withTimer(kept, clock, HOUR_MS, renew), authority: { pem: authority.cert, fingerprint } };
}

/**
 * A certificate for this run alone, where the key that seals the box's own is missing: pages are shown with it, and
 * phones ask whether to trust it. Its authority is given to nobody.
 */
export function makeCertificates(options: {
  readonly names: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}): Certificates {
  const { names, clock, random, log } = options;
  const now = wall(Math.max(clock.wall(), NOT_BEFORE));
  const label = labelOf(names);
  const authority = createAuthority({ names, label, now, random });
  const kept = keep(issueCertificate({ ...authority, label }, { names, now, random }), log);
  return withTimer(kept, clock, HOUR_MS, async () => undefined);
}

/** The authority is named after the box; beds and people are nobody's business who looks at a phone's settings. */
const labelOf = (names: readonly string[]): string => `Breathwatch ${names[0] ?? ""}`.trim().slice(0, 64);

interface Kept extends Pick<Certificates, "current" | "facts" | "onChange"> {
  /** Throws INPUT_INVALID and keeps the one before. */
  replace(pair: KeyPair): void;
}

function keep(first: KeyPair, log: Log): Kept {
  const listeners = new Set<(pair: KeyPair) => void>();
  let pair = first;
  let facts = readPair(first);
  return {
    current: () => pair,
    facts: () => facts,
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    replace(next) {
      facts = readPair(next);
      pair = next;
      log.note("certificate.replaced", { until: new Date(facts.until).toISOString() });
      for (const listener of listeners) listener(next);
    },
  };
}

function withTimer(kept: Kept, clock: Clock, everyMs: number, work: () => Promise<void>): Certificates {
  let stopTimer: (() => void) | undefined;
  let last = Promise.resolve();
  const { current, facts, onChange } = kept;
  return {
    ...{ current, facts, onChange },
    start() {
      stopTimer ??= clock.every(everyMs, () => {
        last = last.then(work);
      });
    },
    stop() {
      stopTimer?.();
      stopTimer = undefined;
    },
  };
}

interface SealedPairs {
  read(name: string): Promise<KeyPair | undefined>;
  write(name: string, pair: KeyPair): Promise<void>;
  forget(name: string): Promise<void>;
  text(name: string): Promise<string | undefined>;
  keepText(name: string, text: string): Promise<void>;
}

/** Pairs in a folder, each in one file: a certificate without its key is worth nothing. */
function createSealedPairs(folder: string, key: Uint8Array): SealedPairs {
  const fileOf = (name: string): string => path.join(folder, name);
  const text = async (name: string): Promise<string | undefined> => {
    try {
      const found = await readFile(fileOf(name), "utf8");
      return found === "" ? undefined : found;
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
      throw failed(folder, error);
    }
  };
  const keepText = async (name: string, content: string): Promise<void> => {
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(`${fileOf(name)}.tmp`, content, { mode: 0o600, flush: true });
      await rename(`${fileOf(name)}.tmp`, fileOf(name));
    } catch (error) {
      throw failed(folder, error);
    }
  };
  return {
    ...{ text, keepText },
    async read(name) {
      const found = await text(name);
      if (found === undefined) return undefined;
      const [cert = "", sealed = ""] = found.split("\nsealed key: ");
      const opened = unseal(key, Buffer.from(sealed, "base64"), `certificate ${name}`);
      return { cert: `${cert}\n`, key: Buffer.from(opened).toString() };
    },
    async write(name, pair) {
      const sealed = seal(key, Buffer.from(pair.key), `certificate ${name}`);
      await keepText(name, `${pair.cert.trimEnd()}\nsealed key: ${Buffer.from(sealed).toString("base64")}`);
    },
    forget: (name) => keepText(name, ""),
  };
}

async function pemOf(file: string, what: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw new Fault("CONFIG_INVALID", `web.tls.${what}: ${file} cannot be read: ${messageOf(error)}`, {
      fix: "Name a PEM file that this user may read.",
      permanent: true,
      cause: error,
    });
  }
}

const failed = (folder: string, error: unknown): Fault =>
  new Fault("DISK_FAILED", `Certificates cannot be kept in ${folder}: ${messageOf(error)}`, {
    fix: "Check free space and permissions of the data folder.",
    cause: error,
  });

import { isConditionId } from "./alarm.ts";
import type { DependencyClass } from "./bed.ts";
import { type Compact, type CompactMap, decodeCompact, encodeCompact } from "./compact.ts";
import { Fault } from "./fault.ts";
import type { ConditionFile, LimitsFile } from "./limits.ts";
import { type Wall, wall } from "./time.ts";

/** Limits that a clinic hands out, as they travel in a QR code. */
export interface ClinicPreset {
  /** Both 1 to 60 characters. */
  readonly clinic: string;
  readonly name: string;
  /** Counts up with every change of this preset, from 1. */
  readonly issue: number;
  /** To the second. */
  readonly issuedAt: Wall;
  /** The dependency class that it is meant for; absent: any. */
  readonly dependencyClass?: DependencyClass;
  /** Names and numbers are not checked here. */
  readonly limits: LimitsFile;
}

/** A code taken apart; nothing in it may be believed before its signature was verified. */
export interface PresetCode {
  readonly preset: ClinicPreset;
  /** Ed25519 public key of who signed it, 32 bytes. */
  readonly key: Uint8Array;
  readonly signature: Uint8Array;
  /** What was signed. */
  readonly message: Uint8Array;
}

/** Hashing and verifying, as Node and browsers have them (`crypto.subtle`). */
export interface PresetCrypto {
  /** Whether an Ed25519 signature is right. */
  verify(key: Uint8Array, signature: Uint8Array, message: Uint8Array): Promise<boolean>;
  sha256(bytes: Uint8Array): Promise<Uint8Array>;
}

/** Characters of a code: what a QR of usual size holds and any phone reads. */
export const PRESET_CODE_MAX = 1_000;

const MARK = "BW1:";
const CONTEXT = new TextEncoder().encode("breathwatch preset 1\n");
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;

/** Places in the outermost map; never used for anything else. */
const PLACE = { clinic: 1, name: 2, issue: 3, issuedAt: 4, limits: 5, dependencyClass: 6 } as const;

/** Names that nearly every condition has go as numbers; only ever added to. */
const SHORT: readonly string[] = ["on", "limit", "delay_s", "hysteresis", "clear_s"];

/** The bytes that the owner of `key` signs. Throws INPUT_INVALID for names that do not fit. */
export function presetMessage(preset: ClinicPreset, key: Uint8Array): Uint8Array {
  return join(CONTEXT, payloadOf(preset), key);
}

/** The code of a signed preset. Throws INPUT_INVALID when it is too long for a QR code. */
export function presetCode(preset: ClinicPreset, key: Uint8Array, signature: Uint8Array): string {
  const code = MARK + toBase32(join(payloadOf(preset), key, signature));
  if (code.length > PRESET_CODE_MAX) {
    throw new Fault("INPUT_INVALID", `the code would have ${code.length} characters`, {
      fix: `Name fewer limits, only those that differ from the presets: ${PRESET_CODE_MAX} characters fit.`,
      permanent: true,
    });
  }
  return code;
}

/** Takes a code apart without believing it. Blanks, line breaks and small letters do not matter. */
export function readPresetCode(text: string): PresetCode {
  const code = text.replaceAll(/\s/g, "").toUpperCase();
  if (!code.startsWith(MARK)) throw bad(`it does not begin with ${MARK}`);
  if (code.length > PRESET_CODE_MAX) throw bad("it is too long");
  const bytes = fromBase32(code.slice(MARK.length));
  const end = bytes.length - KEY_BYTES - SIGNATURE_BYTES;
  if (end <= 0) throw bad("it is cut off");
  const payload = bytes.subarray(0, end);
  const key = bytes.slice(end, end + KEY_BYTES);
  return {
    preset: presetOf(payload),
    key,
    signature: bytes.slice(end + KEY_BYTES),
    message: join(CONTEXT, payload, key),
  };
}

/** A code whose signature is right; whose key it is, is another question. Rejects with PRESET_CODE_BAD. */
export async function verifyPresetCode(text: string, crypto: PresetCrypto): Promise<PresetCode> {
  const code = readPresetCode(text);
  if (!(await crypto.verify(code.key, code.signature, code.message))) throw bad("its signature is wrong");
  return code;
}

/** What two people compare to know that a key is the clinic's: 24 digits (79 bits) in groups of four. */
export async function keyFingerprint(key: Uint8Array, crypto: PresetCrypto): Promise<string> {
  const hash = await crypto.sha256(key);
  const groups = Array.from({ length: 6 }, (_, index) => {
    const number = hash.subarray(index * 4, index * 4 + 4).reduce((sum, byte) => sum * 256 + byte, 0);
    return String(number % 10_000).padStart(4, "0");
  });
  return groups.join(" ");
}

/** Both sides of the browsers' and Node's own cryptography. */
export const presetCryptoOf = (subtle: typeof crypto.subtle): PresetCrypto => ({
  async verify(key, signature, message) {
    try {
      const imported = await subtle.importKey("raw", Uint8Array.from(key), "Ed25519", false, ["verify"]);
      return await subtle.verify("Ed25519", imported, Uint8Array.from(signature), Uint8Array.from(message));
    } catch {
      // Not a point of the curve: no signature is right under it.
      return false;
    }
  },
  sha256: async (bytes) => new Uint8Array(await subtle.digest("SHA-256", Uint8Array.from(bytes))),
});

function payloadOf({ clinic, name, issue, issuedAt, limits, dependencyClass }: ClinicPreset): Uint8Array {
  for (const text of [clinic, name]) {
    if (!isName(text)) {
      throw new Fault("INPUT_INVALID", `"${text}" cannot be a name in a code`, {
        fix: "Use 1 to 60 characters, no line breaks.",
        permanent: true,
      });
    }
  }
  if (!Number.isSafeInteger(issue) || issue < 1) {
    throw new Fault("INPUT_INVALID", `the version ${issue} is not a number from 1 up`, { permanent: true });
  }
  const map = new Map<number | string, Compact>([
    [PLACE.clinic, clinic],
    [PLACE.name, name],
    [PLACE.issue, issue],
    [PLACE.issuedAt, Math.floor(issuedAt / 1000)],
    [PLACE.limits, limitsMap(limits)],
  ]);
  if (dependencyClass !== undefined) map.set(PLACE.dependencyClass, dependencyClass);
  return encodeCompact(map);
}

function limitsMap(limits: LimitsFile): CompactMap {
  const map = new Map<string, CompactMap>();
  for (const [id, settings] of Object.entries(limits)) {
    const short = new Map<number | string, Compact>();
    for (const [name, value] of Object.entries(settings)) {
      const index = SHORT.indexOf(name);
      short.set(index < 0 ? name : index, value);
    }
    map.set(id, short);
  }
  return map;
}

function presetOf(payload: Uint8Array): ClinicPreset {
  const map = mapOf(decoded(payload));
  const clinic = map.get(PLACE.clinic);
  const name = map.get(PLACE.name);
  const issue = map.get(PLACE.issue);
  const seconds = map.get(PLACE.issuedAt);
  const dependencyClass = map.get(PLACE.dependencyClass);
  if (typeof clinic !== "string" || !isName(clinic)) throw bad("it names no clinic");
  if (typeof name !== "string" || !isName(name)) throw bad("it has no name");
  if (!isCount(issue) || issue < 1) throw bad("it has no version");
  if (!isCount(seconds) || seconds * 1000 > DATE_MAX) throw bad("it does not say when it was made");
  const preset = {
    clinic,
    name,
    issue,
    issuedAt: wall(seconds * 1000),
    limits: limitsOf(map.get(PLACE.limits)),
  };
  if (dependencyClass === undefined) return preset;
  if (dependencyClass !== "A" && dependencyClass !== "B" && dependencyClass !== "C") {
    throw bad("it is for a dependency class that does not exist");
  }
  return { ...preset, dependencyClass };
}

function decoded(payload: Uint8Array): Compact {
  try {
    return decodeCompact(payload);
  } catch (error) {
    throw bad("it is damaged", error);
  }
}

function limitsOf(value: Compact | undefined): LimitsFile {
  const limits: { [id: string]: ConditionFile } = {};
  for (const [id, settings] of mapOf(value)) {
    if (typeof id !== "string" || !isConditionId(id)) {
      throw bad(
        `it sets ${JSON.stringify(id).slice(0, 40)}, which is not known here; a newer Breathwatch may know it`,
      );
    }
    const file: { [name: string]: number | boolean } = {};
    for (const [short, setting] of mapOf(settings)) {
      const name = typeof short === "number" ? SHORT[short] : short;
      if (name === undefined || (typeof setting !== "number" && typeof setting !== "boolean")) {
        throw bad(`it sets something of ${id} that is not known here`);
      }
      Object.defineProperty(file, name, { value: setting, enumerable: true, configurable: true });
    }
    limits[id] = file;
  }
  return limits;
}

function mapOf(value: Compact | undefined): CompactMap {
  if (typeof value !== "object") throw bad("it is damaged");
  return value;
}

const isCount = (value: Compact | undefined): value is number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0;

/** Last moment that a Date can hold. */
const DATE_MAX = 8.64e15;

/** Nothing that cannot be seen, and nothing that turns the reading direction of what follows it. */
const isName = (text: string): boolean =>
  text.trim() !== "" && text.length <= 60 && !/[\p{Cc}\p{Cs}\u202A-\u202E\u2066-\u2069]/u.test(text);

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** RFC 4648 without padding: capitals and digits, which a QR code packs into 5.5 bits each. */
function toBase32(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += LETTERS[(held >> bits) & 31];
    }
  }
  return bits === 0 ? text : text + LETTERS[(held << (5 - bits)) & 31];
}

function fromBase32(text: string): Uint8Array {
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const letter of text) {
    const value = LETTERS.indexOf(letter);
    if (value < 0) throw bad(`the character "${letter}" does not belong in it`);
    held = ((held << 5) | value) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((held >> bits) & 0xff);
    }
  }
  // One code, one text: what is left over is fewer than eight bits, all 0.
  if (bits >= 5 || (held & ((1 << bits) - 1)) !== 0) throw bad("it is cut off");
  return Uint8Array.from(bytes);
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

const bad = (why: string, cause?: unknown): Fault =>
  new Fault("PRESET_CODE_BAD", `This code cannot be used: ${why}.`, {
    fix: "Scan it again, whole and in good light, or ask the clinic for a new one.",
    permanent: true,
    cause,
  });

import { createPublicKey, verify } from "node:crypto";
import { Fault } from "../../domain/fault.ts";

/** What a release consists of, after its signature was checked. */
export interface Release {
  readonly version: string;
  /** The oldest version that can be updated from. */
  readonly minimum: string;
  /** The package for each kind of machine. */
  readonly files: readonly ReleaseFile[];
}

export interface ReleaseFile {
  /** A plain file name, beside release.json. */
  readonly name: string;
  /** Debian's name: amd64, arm64. */
  readonly arch: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** More is no list of a few files. */
export const RELEASE_BYTES_MAX = 256 * 1024;
/** A package is a twentieth of it. */
const FILE_BYTES_MAX = 1024 ** 3;

const VERSION = /^\d{1,6}\.\d{1,6}\.\d{1,6}$/;
const FILE_NAME = /^breathwatch_[\w.]+_[a-z0-9]+\.deb$/;

/**
 * Reads a signed release.json, `{manifest, signature}`: the Ed25519 signature (base64) is over the bytes of the manifest,
 * which is JSON as text. Nothing in it is looked at before the signature fits. Throws UPDATE_REFUSED.
 * @param publicKey PEM
 */
export function readRelease(text: string, publicKey: string): Release {
  const outer = objectOf(text);
  const { manifest, signature } = outer;
  if (typeof manifest !== "string" || typeof signature !== "string") throw unreadable();
  if (!isSigned(manifest, signature, publicKey)) {
    throw refused(
      "It is not signed by the key that this installation trusts, or was changed.",
      "Get it again from where your updates come from; if the key was changed, install the package by hand.",
    );
  }
  const { format, product, version, minimum, files } = objectOf(manifest);
  if (format !== 1 || product !== "breathwatch" || !isVersion(version) || !isVersion(minimum))
    throw unreadable();
  if (!Array.isArray(files)) throw unreadable();
  return { version, minimum, files: files.map(fileOf) };
}

/** Negative where `a` is older than `b`, 0 where they are the same. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [a.split(".").map(Number), b.split(".").map(Number)];
  for (let i = 0; i < 3; i++) {
    const difference = (left[i] ?? 0) - (right[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Throws UPDATE_REFUSED for a version that is no step forward from the installed one, or too large a step. */
export function assertForward({ version, minimum }: Release, installed: string): void {
  const step = compareVersions(version, installed);
  if (step === 0) throw refused(`Version ${version} is installed already.`, "There is nothing to do.");
  if (step < 0) {
    throw refused(
      `Version ${version} is older than ${installed}, which is installed: its nights might not be read.`,
      "breathwatch update --back goes back to the version before the last update.",
    );
  }
  if (compareVersions(installed, minimum) < 0) {
    throw refused(
      `Version ${version} can be reached from ${minimum} on, and ${installed} is installed.`,
      `Update to ${minimum} first.`,
    );
  }
}

/** The package for this machine. Throws UPDATE_REFUSED where the release has none. */
export function fileFor({ version, files }: Release, arch: string): ReleaseFile {
  const file = files.find((one) => one.arch === arch);
  if (file !== undefined) return file;
  throw refused(`Version ${version} has no package for ${arch}.`, "Ask whoever made the release for one.");
}

/** An update that was not taken; nothing was changed. */
export const refused = (why: string, fix: string, cause?: unknown): Fault =>
  new Fault("UPDATE_REFUSED", why, { fix, permanent: true, cause });

const unreadable = (cause?: unknown): Fault =>
  refused(
    "This is no release.json that this version can read.",
    "Name the release.json of a release.",
    cause,
  );

function objectOf(text: string): { readonly [name: string]: unknown } {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return { ...value };
  } catch (error) {
    throw unreadable(error);
  }
  throw unreadable();
}

function isSigned(manifest: string, signature: string, publicKey: string): boolean {
  try {
    const key = createPublicKey(publicKey);
    if (key.asymmetricKeyType !== "ed25519") return false;
    return verify(null, Buffer.from(manifest), key, Buffer.from(signature, "base64"));
  } catch {
    // A key that is none, or a signature of another length: it is not signed by this key.
    return false;
  }
}

const isVersion = (value: unknown): value is string => typeof value === "string" && VERSION.test(value);

function fileOf(value: unknown): ReleaseFile {
  const entry: { readonly [name: string]: unknown } =
    typeof value === "object" && value !== null ? { ...value } : {};
  const { name, arch, bytes, sha256 } = entry;
  if (typeof name !== "string" || !FILE_NAME.test(name)) throw unreadable();
  if (typeof arch !== "string" || typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256))
    throw unreadable();
  if (typeof bytes !== "number" || !Number.isInteger(bytes) || bytes <= 0 || bytes > FILE_BYTES_MAX)
    throw unreadable();
  return { name, arch, bytes, sha256 };
}

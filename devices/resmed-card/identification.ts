import type { IdentityBody } from "../../src/domain/observation.ts";
import { crc32 } from "../../src/wire/checksum.ts";

/** Items of a `.tgt` file, `CR LF #KEY value LF` each; a later one of the same key counts. Never throws. */
export function tgtItems(bytes: Uint8Array): ReadonlyMap<string, string> {
  const items = new Map<string, string>();
  for (const match of latin1(bytes).matchAll(/^#([A-Z0-9]{3}) ([^\r\n]{1,80})$/gm)) {
    items.set(match[1] ?? "", (match[2] ?? "").trim());
  }
  return items;
}

/** The bytes of a `.tgt` file. */
export const tgtBytes = (items: readonly (readonly [string, string])[]): Uint8Array =>
  new TextEncoder().encode(items.map(([key, value]) => `\r\n#${key} ${value}\n`).join(""));

/** Whether the `.crc` beside a file that is not EDF fits it: CRC-32, little-endian. */
export function fitsCrc(bytes: Uint8Array, crc: Uint8Array): boolean {
  if (crc.length !== 4) return false;
  const said = new DataView(crc.buffer, crc.byteOffset, 4).getUint32(0, true);
  return said === crc32(bytes, 0, bytes.length);
}

/** Checksums as `.crc` files have them: of one part each, little-endian. */
export function crcBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, part] of parts.entries()) view.setUint32(index * 4, crc32(part, 0, part.length), true);
  return bytes;
}

/** Who the card says it belongs to: Identification.tgt (S9, Air10) or Identification.json (Air11). */
export function identityOf(path: string, bytes: Uint8Array): IdentityBody | string {
  const json = path.toLowerCase().endsWith(".json");
  const { serial, model, firmware } = json ? fromJson(bytes) : fromTgt(bytes);
  if (serial === undefined && model === undefined) return "no serial number and no product in it";
  return {
    kind: "identity",
    ...(serial === undefined ? {} : { serial }),
    ...(model === undefined ? {} : { model }),
    ...(firmware === undefined ? {} : { firmware }),
  };
}

interface Found {
  readonly serial: string | undefined;
  readonly model: string | undefined;
  readonly firmware: string | undefined;
}

function fromTgt(bytes: Uint8Array): Found {
  const items = tgtItems(bytes);
  return {
    serial: items.get("SRN"),
    model: items.get("PNA")?.replaceAll("_", " "),
    firmware: items.get("SID"),
  };
}

function fromJson(bytes: Uint8Array): Found {
  const profiles = at(parsed(bytes), "FlowGenerator", "IdentificationProfiles");
  return {
    serial: shortText(at(profiles, "Product", "SerialNumber")),
    model: shortText(at(profiles, "Product", "ProductName"))?.replaceAll("_", " "),
    firmware: shortText(at(profiles, "Software", "ApplicationIdentifier")),
  };
}

/** A file of JSON; undefined where it is none. Bytes before the text (a byte-order mark) are passed over. */
export function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What stands at a path of names in parsed JSON. */
export function at(value: unknown, ...names: readonly string[]): unknown {
  let inner = value;
  for (const name of names) {
    if (!isObject(inner) || !Object.hasOwn(inner, name)) return undefined;
    inner = inner[name];
  }
  return inner;
}

const isObject = (value: unknown): value is { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null;

const shortText = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value.slice(0, 80) : undefined;

const latin1 = (bytes: Uint8Array): string => new TextDecoder("latin1").decode(bytes);

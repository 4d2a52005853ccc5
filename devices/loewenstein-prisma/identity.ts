import type { IdentityBody } from "../../src/domain/observation.ts";
import type { FileEntry, FileLink } from "../../src/port/link.ts";
import { wholeFile } from "../../src/wire/card.ts";
import { membersOf } from "./archive.ts";
import { elementsOf } from "./codec.ts";

const SMART = /(?:^|\/)config\.pscfg$/i;
const LINE = /(?:^|\/)config\.pcfg$/i;
const LARGEST_BYTES = 1 << 20;

const MODELS: { readonly [id: string]: string } = { "0x92": "prisma SMART", "0x91": "prisma SOFT" };

/** Whether a file says who the machine is. */
export const isConfiguration = (path: string): boolean => SMART.test(path) || LINE.test(path);

/** Who the machine is; a sentence where its file does not say it. */
export const whoItIs = (link: FileLink, file: FileEntry): Promise<IdentityBody | string> =>
  SMART.test(file.path) ? smart(link, file) : line(link, file);

async function smart(link: FileLink, file: FileEntry): Promise<IdentityBody | string> {
  const bytes = await wholeFile(link, file, LARGEST_BYTES);
  const text = bytes === undefined ? "" : new TextDecoder().decode(bytes);
  // Two values at any depth, found by their names: a file that is cut still says who it is.
  const value = (key: string): string | undefined =>
    new RegExp(`"${key}"\\s*:\\s*"([^"]{1,40})"`).exec(text)?.[1];
  const serial = value("sn");
  const id = value("devid");
  if (serial === undefined) return "no serial number";
  return { kind: "identity", serial, ...(id === undefined ? {} : { model: MODELS[id] ?? `prisma ${id}` }) };
}

async function line(link: FileLink, file: FileEntry): Promise<IdentityBody | string> {
  const members = await membersOf(link, file);
  if (typeof members === "string") return members;
  const bytes = await members.find(({ name }) => /(?:^|\/)device\.xml$/.test(name))?.read();
  if (bytes === undefined) return "it has no device.xml";
  if (typeof bytes === "string") return bytes;
  const elements = elementsOf(new TextDecoder("latin1").decode(bytes));
  const value = (name: string): string | undefined =>
    elements.find((element) => element.name === name)?.attributes.get("value");
  const serial = value("DeviceSerialNumber");
  const type = value("DeviceType");
  const firmware = value("FWVersion");
  if (serial === undefined) return "no serial number";
  return {
    kind: "identity",
    serial,
    ...(type === undefined ? {} : { model: `prisma, type ${type}` }),
    ...(firmware === undefined ? {} : { firmware }),
  };
}

import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { SECOND_MS, wall } from "../domain/time.ts";
import type { DeviceModule } from "../driver/contract.ts";
import { fillOptions } from "../driver/options.ts";
import type { LinkKind } from "../port/link.ts";
import { createVirtualClock } from "../rehearsal/clock.ts";
import { createPatient } from "../rehearsal/patient.ts";
import { createSeededRandom } from "../rehearsal/random.ts";
import { parseTranscript } from "../wire/transcript.ts";
import { invalidInput, UsageError } from "./command.ts";
import { decodeRecording } from "./decoding.ts";
import { BUILT_IN, familiesWith, importFile } from "./families.ts";
import { toFiles } from "./simulate-files.ts";
import type { Terminal } from "./terminal.ts";

/** What `--link` may say. */
export const LINK_KINDS: readonly LinkKind[] = ["bytes", "reports", "gatt", "lines", "messages", "files"];

const ROOT = path.join(import.meta.dirname, "../..");
const TEMPLATES = path.join(ROOT, "templates");
/** The families that are laid out with files of their own for everything. */
const WHOLE: readonly LinkKind[] = ["lines", "files"];
/** What the conformance fixtures are played from. */
const BEGIN = wall(Date.UTC(2026, 0, 15, 22));
const PLAYED_S = 20;

interface Laying {
  readonly id: string;
  readonly link: LinkKind;
  /** The device's folder, absolute. */
  readonly folder: string;
  readonly outside: boolean;
  /** The project that the templates and the imports belong to. */
  readonly root: string;
}

/**
 * Lays out a new family: in this checkout with profile, test and its lines in the lists, or in a folder outside.
 * Prints the files. Rejects with UsageError, or INPUT_INVALID where something is in the way.
 */
export async function layOut(
  asked: {
    readonly id: string;
    readonly link: string;
    readonly folder: string | undefined;
    /** Default: the checkout that this runs from. */
    readonly root?: string;
  },
  terminal: Terminal,
): Promise<void> {
  const { id, root = ROOT } = asked;
  const link = LINK_KINDS.find((kind) => kind === asked.link);
  if (link === undefined)
    throw new UsageError(`--link is "${asked.link}", but must be ${LINK_KINDS.join(", ")}.`);
  if (!/^[a-z][a-z0-9]*(?:-[a-z0-9]+)+$/.test(id) || id.length > 40) {
    throw new UsageError(
      `"${id}" is no id for a family: <vendor>-<family>, small letters and digits, as acme-clip.`,
    );
  }
  if (BUILT_IN.find(id) !== undefined) throw new UsageError(`There is already a device family "${id}".`);
  if (!existsSync(TEMPLATES)) {
    throw invalidInput(
      "Families are laid out from a checkout of the project.",
      "Clone it; CONTRIBUTING.md goes on.",
    );
  }
  const outside = asked.folder !== undefined;
  const folder =
    asked.folder === undefined ? path.join(root, "devices", id) : path.resolve(terminal.folder, asked.folder);
  const laying: Laying = { id, link, folder, outside, root };
  const files = new Map([...(await deviceFiles(laying)), ...(outside ? [] : await testFiles(laying))]);
  const inTheWay = [...files.keys()].find((file) => existsSync(file));
  if (inTheWay !== undefined)
    throw invalidInput(`${inTheWay} is already there.`, "Choose another id or folder.");
  for (const [file, text] of files) {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text, { flag: "wx" });
  }
  const module = await moduleIn(laying);
  await fixtures(module, laying, terminal);
  await fillTable(laying);
  if (!outside) await enlist(laying);
  await terminal.print([...files.keys()].map((file) => `${path.relative(terminal.folder, file)}\n`).join(""));
  for (const line of nextSteps(laying)) terminal.say(line);
}

const camel = (id: string): string =>
  id.replaceAll(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** Names of the example, and places that lie elsewhere in a laid out family. */
function adapted(text: string, { id, folder, outside, root }: Laying): string {
  const named = text
    .replaceAll("newDevice", camel(id))
    .replaceAll("new-device", id)
    .replaceAll("../common/", "./");
  if (!outside) return named;
  const source = path.relative(folder, path.join(root, "src")).split(path.sep).join("/");
  return named.replaceAll("../../src/", `${source.startsWith(".") ? source : `./${source}`}/`);
}

async function deviceFiles(laying: Laying): Promise<readonly (readonly [string, string])[]> {
  const { link, folder } = laying;
  const own = path.join(TEMPLATES, link);
  const names = (await readdir(own)).filter((name) => name.endsWith(".ts") && name !== "profile.ts");
  const places = names.map((name) => path.join(own, name));
  if (!WHOLE.includes(link))
    places.push(...["codec.ts", "reader.ts"].map((name) => path.join(TEMPLATES, "common", name)));
  const sources = await Promise.all(
    places.map(
      async (file) =>
        [path.join(folder, path.basename(file)), adapted(await readFile(file, "utf8"), laying)] as const,
    ),
  );
  const readme = await readFile(path.join(TEMPLATES, "common/README.md"), "utf8");
  const checklist =
    link === "lines"
      ? "- [x] `remote_alarm`: the contact is open"
      : "- [x] `spo2`, `pulse_rate`, where the status vouches for them";
  return [...sources, [path.join(folder, "README.md"), readme.replace("CHECKLIST", checklist)]];
}

/** Where the example's own test sends its bytes, on links that carry packets. */
const CHANNELS: { readonly [link in LinkKind]?: string } = {
  gatt: "00000002aaaa4bbb8cccdddddddddddd",
  messages: "bedside/measurement",
};

async function testFiles(laying: Laying): Promise<readonly (readonly [string, string])[]> {
  const { id, link, root } = laying;
  const from = path.join(TEMPLATES, WHOLE.includes(link) ? link : "common");
  const profile = adapted(await readFile(path.join(from, "profile.ts"), "utf8"), laying)
    .replaceAll("../../src/", "../../../src/")
    .replaceAll("../../test/support/", "../../support/")
    .replace('"binary frames"', link === "bytes" ? '"binary frames"' : '"packets"');
  const channel = CHANNELS[link];
  const test = adapted(await readFile(path.join(from, "own.test.ts.template"), "utf8"), laying)
    .replaceAll("../../test/support/", "../support/")
    .replace("CHANNEL = {}", channel === undefined ? "CHANNEL = {}" : `CHANNEL = { channel: "${channel}" }`);
  return [
    [path.join(root, "test/devices/profiles", `${id}.ts`), profile],
    [path.join(root, "test/devices", `${id}.test.ts`), test],
  ];
}

async function moduleIn({ folder }: Laying): Promise<DeviceModule> {
  const families = await familiesWith([path.join(folder, "module.ts")], folder);
  const module = families.all.find(({ id }) => families.isOutside(id));
  if (module === undefined) throw new TypeError("the template exports no device module");
  return module;
}

/** What the example says of a healthy patient, and what it decodes to. */
async function fixtures(module: DeviceModule, { id, folder }: Laying, terminal: Terminal): Promise<void> {
  const place = path.join(folder, "fixtures");
  const options = fillOptions(module.options, {});
  const { signal } = new AbortController();
  await toFiles([{ device: module, options }], {
    play: {
      seed: 1,
      at: BEGIN,
      ms: PLAYED_S * SECOND_MS,
      fits: () => true,
      begin: ({ clock, random }) => createPatient({ clock, random }),
    },
    random: createSeededRandom(1),
    terminal: { ...terminal, signal, print: async () => undefined },
    folder: place,
    zone: "UTC",
    begin: BEGIN,
  });
  if (module.link === "files") {
    await rename(path.join(place, id), path.join(place, "simulated-card"));
    return;
  }
  const transcript = path.join(place, "simulated.transcript");
  await rename(path.join(place, `${id}.transcript`), transcript);
  const { chunks } = parseTranscript(await readFile(transcript, "utf8"));
  const clock = createVirtualClock(BEGIN);
  const lines: string[] = [];
  await decodeRecording(
    {
      device: module,
      options,
      simulated: true,
      chunks: chunks.filter(({ direction }) => direction === "in"),
    },
    {
      ...{ clock, signal, zone: "UTC" },
      trace: { frame: () => undefined, reject: () => undefined, sent: () => undefined },
      onReading: (reading) => lines.push(`${JSON.stringify({ atMs: clock.mono(), ...reading })}\n`),
    },
  );
  await writeFile(path.join(place, "simulated.expected.jsonl"), lines.join(""));
}

/** The table of the README is made from the codec, like that of every family. */
async function fillTable({ folder }: Laying): Promise<void> {
  const { FRAME: frame } = await importFile(path.join(folder, "codec.ts"));
  const readme = path.join(folder, "README.md");
  const text = await readFile(readme, "utf8");
  await writeFile(readme, text.replace("\nFRAMES\n", hasTable(frame) ? framesSection(frame.table()) : ""));
}

const hasTable = (value: unknown): value is { table(): string } =>
  typeof value === "object" && value !== null && "table" in value && typeof value.table === "function";

const framesSection = (table: string): string =>
  `\n## Frames\n\nBytes are counted from 1. This table is generated from \`codec.ts\`; a test compares it.\n\n${table}\n`;

/** Its line in the two lists: the import in its place by the alphabet, the entry at the end. */
async function enlist({ id, root }: Laying): Promise<void> {
  const name = camel(id);
  await edit(path.join(root, "devices/index.ts"), `import { ${name} } from "./${id}/module.ts";`, (text) =>
    text.replace(/(export const DEVICES[^[]*\[[^\]]*\] = \[[^\]]*)\];/, `$1  ${name},\n];`),
  );
  await edit(
    path.join(root, "test/devices/profiles.ts"),
    `import { ${name}Profile } from "./profiles/${id}.ts";`,
    (text) => text.replace(/(export const PROFILES[\s\S]*?)\n\};/, `$1\n  "${id}": ${name}Profile,\n};`),
  );
}

async function edit(file: string, line: string, enter: (text: string) => string): Promise<void> {
  const text = await readFile(file, "utf8");
  const entered = enter(text);
  if (entered === text) throw invalidInput(`${file} has not the form of a list.`, `Add by hand: ${line}`);
  const lines = entered.split("\n");
  const pathOf = (one: string): string => / from "(\.\/[^"]*)";$/.exec(one)?.[1] ?? "";
  const after = lines.findIndex((one) => pathOf(one) > pathOf(line));
  const last = lines.findLastIndex((one) => pathOf(one) !== "");
  lines.splice(after < 0 ? last + 1 : after, 0, line);
  await writeFile(file, lines.join("\n"));
}

const nextSteps = ({ id, folder, outside }: Laying): readonly string[] =>
  outside
    ? [
        `It works as it stands: breathwatch devices, with "deviceModules: [ ${path.join(folder, "module.ts")} ]" in the configuration.`,
        "Draw the real frame in codec.ts first. CONTRIBUTING.md goes on from there.",
      ]
    : [
        `It works as it stands: npm test -- test/devices -t ${id}; "npm test -- test/devices/list.test.ts -u" puts it into devices/README.md.`,
        "Draw the real frame in codec.ts first. CONTRIBUTING.md goes on from there.",
      ];

import { readdir, readFile, stat } from "node:fs/promises";
import { arch, cpus, hostname, release, totalmem, uptime, userInfo } from "node:os";
import path from "node:path";
import { createRedactor, type Redactor, redactLogLine } from "../../ops/redact.ts";
import { runProgram } from "../../ops/update/run.ts";
import { checkCommand } from "../check.ts";
import { askHome, findControl, parseJson } from "../control.ts";
import type { Terminal } from "../terminal.ts";
import { ownVersion } from "../version.ts";
import { redactConfiguration } from "./configuration.ts";

/** A file of the support file. */
export interface BundlePart {
  readonly name: string;
  /** What it is, for the preview. */
  readonly about: string;
  readonly text: string;
}

export interface BundleSources {
  /** Absent: there is no configuration. */
  readonly configFile?: string;
  readonly dataDir: string;
  /** Texts that somebody wants to have taken out as well. */
  readonly hide: readonly string[];
}

const LOG_LINES = 500;
const JOURNAL_MS = 10_000;
const LOG_TAIL_BYTES = 512 * 1024;

/** Everything of a support file, with nothing personal left in it. */
export async function bundleParts(
  sources: BundleSources,
  terminal: Terminal,
): Promise<readonly BundlePart[]> {
  const { configFile, dataDir, hide } = sources;
  const written = configFile === undefined ? "" : await readFile(configFile, "utf8").catch(() => "");
  const configuration = redactConfiguration(written);
  const places = [dataDir, ...(configFile === undefined ? [] : [path.dirname(configFile)])];
  const own = [...hide, ...[hostname(), userInfo().username].filter((name) => !COMMON.has(name))];
  const redact = createRedactor([...own, ...configuration.secrets, ...places]);
  const parts: (BundlePart | undefined)[] = [
    { name: "about.txt", about: "version, Node, machine", text: await aboutText() },
    written === ""
      ? undefined
      : {
          name: "configuration.txt",
          about: "settings; texts are left out",
          text: createRedactor(own)(configuration.text),
        },
    { name: "check.txt", about: "what check says", text: redact(await checkText(configFile, terminal)) },
    ...(await runningParts(dataDir, redact, terminal)),
    {
      name: "data-folder.txt",
      about: "files of the data folder: sizes alone",
      text: await folderText(dataDir),
    },
    {
      name: "log.txt",
      about: `the last ${LOG_LINES} lines of the log`,
      text: await logText(redact, terminal),
    },
  ];
  return parts.filter((part) => part !== undefined);
}

/** Names that are no names: they stand in every text. */
const COMMON = new Set(["root", "localhost", "breathwatch", "pi", "debian", "raspberrypi"]);

async function aboutText(): Promise<string> {
  const [cpu] = cpus();
  return `${[
    `breathwatch ${await ownVersion()}`,
    `node ${process.versions.node}`,
    `${process.platform} ${release()} ${arch()}`,
    `${cpus().length} x ${cpu?.model ?? "unknown"}`,
    `memory ${Math.round(totalmem() / 1e6)} MB`,
    `machine up ${Math.round(uptime() / 3600)} h`,
  ].join("\n")}\n`;
}

/** What `check` prints, as lines. */
async function checkText(configFile: string | undefined, terminal: Terminal): Promise<string> {
  let text = "";
  const listening: Terminal = {
    ...terminal,
    print: async (more) => {
      text += more;
    },
    say: () => undefined,
  };
  await checkCommand.run(configFile === undefined ? [] : ["--config", configFile], listening);
  return text;
}

/** How the running program is; nothing where none runs. */
async function runningParts(
  dataDir: string,
  redact: Redactor,
  terminal: Terminal,
): Promise<readonly (BundlePart | undefined)[]> {
  const ask = async (route: string): Promise<{ readonly [name: string]: unknown } | undefined> => {
    try {
      const { status, text } = await askHome(await findControl([dataDir]), route, undefined, terminal);
      return status === 200 ? parseJson(text) : undefined;
    } catch {
      // Nothing runs, or it does not answer: then there is nothing to tell of it.
      return undefined;
    }
  };
  const [health, devices] = [await ask("/api/health"), await ask("/api/devices")];
  return [
    health && { name: "health.json", about: "how the program itself is", text: redact(pretty(health)) },
    devices && {
      name: "devices.json",
      about: "links and counters of each device, without serial numbers and values",
      text: redact(pretty(countersOf(devices["devices"]))),
    },
  ];
}

const pretty = (value: unknown): string => `${JSON.stringify(value, undefined, 1)}\n`;

const DEVICE_FIELDS = [
  "bed",
  "family",
  "link",
  "simulated",
  "quietMs",
  "counters",
  "latency",
  "recorded",
  "signals",
];

function countersOf(devices: unknown): unknown {
  if (!Array.isArray(devices)) return [];
  return devices.map((device: unknown) => {
    const fields: { readonly [name: string]: unknown } =
      typeof device === "object" && device !== null ? { ...device } : {};
    return Object.fromEntries(DEVICE_FIELDS.map((name) => [name, fields[name]]));
  });
}

async function folderText(dataDir: string): Promise<string> {
  const names = await readdir(dataDir).catch((): string[] => []);
  const lines = await Promise.all(
    names.toSorted().map(async (name) => {
      const found = await stat(path.join(dataDir, name)).catch(() => undefined);
      return found === undefined ? "" : `${name}${found.isDirectory() ? "/" : ""} ${found.size}\n`;
    }),
  );
  return lines.join("") || "there is none yet\n";
}

async function logText(redact: Redactor, { signal, environment }: Terminal): Promise<string> {
  const folder = environment["LOGS_DIRECTORY"]?.split(":")[0] ?? "/var/log/breathwatch";
  const file = path.join(folder, "breathwatch.log");
  const text = await readFile(file, "utf8").catch(() => undefined);
  const lines = text?.slice(-LOG_TAIL_BYTES).split("\n") ?? (await journalLines(signal));
  const kept = lines.filter((line) => line !== "").slice(-LOG_LINES);
  return kept.map((line) => `${redactLogLine(line, redact)}\n`).join("") || "there is none\n";
}

async function journalLines(signal: AbortSignal): Promise<readonly string[]> {
  const units = ["breathwatch", "breathwatch-edge", "breathwatch-hub"].flatMap((unit) => ["--unit", unit]);
  const args = [...units, "--output=cat", "--no-pager", `--lines=${LOG_LINES}`];
  const { output } = await runProgram("journalctl", args, { ms: JOURNAL_MS, signal });
  return output.split("\n").filter((line) => line.startsWith("{"));
}

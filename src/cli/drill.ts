import path from "node:path";
import { Fault } from "../domain/fault.ts";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../domain/time.ts";
import { machineZone } from "../ops/machine.ts";
import type { CheckStart } from "../server/contract/evening.ts";
import type { DrillRequest } from "../server/contract.ts";
import { command, needed, UsageError } from "./command.ts";
import { findConfiguration } from "./configuration.ts";
import { askHome, type Control, findControl, parseJson, refusalOf } from "./control.ts";
import type { Terminal } from "./terminal.ts";

/** Where the demo keeps what it writes. */
const DEMO_FOLDER = ".breathwatch-demo";

/** `breathwatch drill`: rings for real, on purpose. */
export const drillCommand = command({
  name: "drill",
  usage: "--bed B [--for 10m] | --evening | --loud [--sounder]   [--config FILE]",
  about:
    "Asks the running home on this machine to let the simulated devices of one bed ring for real for a while:\n" +
    "sounder, pushes and webhooks, every one of them marked DRILL. A drill also proves phones: whoever\n" +
    "acknowledges has heard.\n" +
    "--evening and --loud check phones without any bed: each is asked once, quietly, or rings as an alarm does. It\n" +
    "waits for the end, three minutes at most, and fails where a phone has not answered.",
  options: {
    bed: { type: "string", value: "B", help: "b1, b2..." },
    evening: { type: "boolean", help: "the evening check: one tap on each phone" },
    loud: { type: "boolean", help: "the loud drill: phones ring as an alarm does" },
    sounder: { type: "boolean", help: "with --loud: the sounder in the house rings too" },
    for: { type: "string", value: "TIME", help: "30s, 10m, 1h; default 10m" },
    config: { type: "string", value: "FILE", help: "the home's configuration, to find its data folder" },
    data: {
      type: "string",
      value: "FOLDER",
      help: "the home's data folder, where no configuration names it",
    },
  },
  examples: [
    "breathwatch drill --bed b1",
    "breathwatch drill --bed b1 --for 2m --config home.yaml",
    "breathwatch drill --evening",
  ],
  async run({ values }, terminal) {
    const { evening = false, loud = false, sounder = false } = values;
    if (evening || loud) {
      if (evening && loud) throw new UsageError("--evening and --loud are two drills: ask for one of them.");
      if (values.bed !== undefined)
        throw new UsageError("--evening and --loud are about phones, not about a bed.");
      return checkPhones(loud ? { kind: "loud", sounder } : { kind: "quiet" }, values, terminal);
    }
    const bed = needed(values.bed, "--bed B");
    if (!/^b[1-9]\d?$/.test(bed)) throw new UsageError(`--bed is "${bed}", but must be b1, b2...`);
    const forMs = durationOf(values.for ?? "10m");
    const control = await findControl(await dataFolders(values, terminal));
    const body: DrillRequest = { forMs };
    const { status, text } = await askHome(control, `/api/beds/${bed}/drill`, body, terminal);
    if (status !== 200) throw refusalOf(status, text);
    await terminal.print(`${JSON.stringify({ bed, forMs, accepted: true })}\n`);
    terminal.say(
      `Bed ${bed} may ring for ${values.for ?? "10m"}: what its simulated devices show reaches sounder, phones and ` +
        "webhooks, marked DRILL. Acknowledge on a phone to prove it.",
    );
    return 0;
  },
});

const LOOK_MS = SECOND_MS;

/** Begins a check of the home's phones, waits for its end, prints what came of each. */
async function checkPhones(
  request: CheckStart,
  values: Parameters<typeof dataFolders>[0],
  terminal: Terminal,
): Promise<number> {
  const control = await findControl(await dataFolders(values, terminal));
  const me = parseJson(await answered(control, "/api/me", undefined, terminal));
  const path = `/api/homes/${encodeURIComponent(String(me?.["home"]))}/evening`;
  const begun = await answered(control, path, request, terminal);
  const startedAt = checkIn(begun)?.["startedAt"];
  terminal.say(request.kind === "loud" ? "The phones ring." : "Each phone gets one message: tap on it once.");
  for (;;) {
    await aMoment(terminal);
    terminal.signal.throwIfAborted();
    const check = checkIn(await answered(control, path, undefined, terminal));
    if (check === undefined || check["startedAt"] !== startedAt) {
      throw new Fault("CONFLICT", "Another check has begun meanwhile, or the home was started again.");
    }
    if (check["end"] === undefined) continue;
    await terminal.print(`${JSON.stringify(check)}\n`);
    terminal.say(check["end"] === "done" ? "The check is done." : "Not every phone has answered.");
    return check["end"] === "done" ? 0 : 1;
  }
}

const checkIn = (text: string): { readonly [name: string]: unknown } | undefined => {
  const latest = parseJson(text)?.["latest"];
  return typeof latest === "object" && latest !== null ? { ...latest } : undefined;
};

async function answered(
  control: Control,
  route: string,
  body: object | undefined,
  terminal: Terminal,
): Promise<string> {
  const { status, text } = await askHome(control, route, body, terminal);
  if (status !== 200) throw refusalOf(status, text);
  return text;
}

/** Ends at once where somebody interrupts. */
const aMoment = ({ clock, signal }: Terminal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      cancel();
      signal.removeEventListener("abort", end);
      resolve();
    };
    const cancel = clock.after(LOOK_MS, end);
    signal.addEventListener("abort", end, { once: true });
  });

const UNITS: { readonly [unit: string]: number } = { s: SECOND_MS, m: MINUTE_MS, h: HOUR_MS };

/** `30s`, `10m`, `1h`, in milliseconds. */
function durationOf(text: string): number {
  const [, digits, unit] = /^(\d{1,4})(s|m|h)$/.exec(text) ?? [];
  const ms = Number(digits) * (UNITS[unit ?? ""] ?? Number.NaN);
  if (ms > 0) return ms;
  throw new UsageError(`--for is "${text}", but must be a time such as 30s, 10m or 1h.`);
}

/** Where a running home may have left its control file; where nothing is configured it may be the demo. */
async function dataFolders(
  values: { readonly config?: string | undefined; readonly data?: string | undefined },
  terminal: Terminal,
): Promise<readonly [string, ...string[]]> {
  if (values.data !== undefined) return [path.resolve(terminal.folder, values.data)];
  const found = await findConfiguration(values.config, terminal, { zone: machineZone() });
  return found.file === undefined
    ? [found.dataDir, path.resolve(terminal.folder, DEMO_FOLDER)]
    : [found.dataDir];
}

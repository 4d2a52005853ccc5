import path from "node:path";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../domain/time.ts";
import { machineZone } from "../ops/machine.ts";
import type { DrillRequest } from "../server/contract.ts";
import { command, needed, UsageError } from "./command.ts";
import { findConfiguration } from "./configuration.ts";
import { askHome, findControl, refusalOf } from "./control.ts";
import type { Terminal } from "./terminal.ts";

/** Where the demo keeps what it writes. */
const DEMO_FOLDER = ".breathwatch-demo";

/** `breathwatch drill`: rings for real, on purpose. */
export const drillCommand = command({
  name: "drill",
  usage: "--bed B [--for 10m] [--config FILE]",
  about:
    "Asks the running home on this machine to let the simulated devices of one bed ring for real for a while:\n" +
    "sounder, pushes and webhooks, every one of them marked DRILL. It is the only way in which a simulated\n" +
    "device reaches a person. A drill also proves phones: whoever acknowledges has heard.",
  options: {
    bed: { type: "string", value: "B", help: "b1, b2..." },
    for: { type: "string", value: "TIME", help: "30s, 10m, 1h; default 10m" },
    config: { type: "string", value: "FILE", help: "the home's configuration, to find its data folder" },
    data: {
      type: "string",
      value: "FOLDER",
      help: "the home's data folder, where no configuration names it",
    },
  },
  examples: ["breathwatch drill --bed b1", "breathwatch drill --bed b1 --for 2m --config home.yaml"],
  async run({ values }, terminal) {
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

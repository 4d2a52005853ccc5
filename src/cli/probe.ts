import { DEVICES } from "../../devices/index.ts";
import type { BytesModule, DeviceModule, Evidence } from "../driver/contract.ts";
import { machineZone } from "../ops/machine.ts";
import type { Clock } from "../port/clock.ts";
import type { Links } from "../port/link.ts";
import { createLinks } from "../transport/links.ts";
import { type Command, command, numberOf, UsageError } from "./command.ts";
import { familyNamed } from "./configuration.ts";
import { type Hearing, isClear, type Listening, listenTo, type Outcome, share } from "./probe/listen.ts";
import { understoodData, understoodText } from "./probe/report.ts";
import { isOnPorts, type Line, lineName, linesOf, serverLines } from "./probe/trials.ts";
import type { Terminal } from "./terminal.ts";

/** Live devices speak once a second or more often. */
const LISTEN_S = 4;

/** A probe command with links of its own. */
export const createProbeCommand = (linksOf: (clock: Clock) => Links & { stop(): void }): Command =>
  command({
    name: "probe",
    usage: "PORT [--device ID]... [--seconds N] [--ask] [--json]",
    about:
      "Finds out what hangs on a serial port, or behind a serial server (tcp:HOST:PORT): it listens with every line\n" +
      "setting that a family has, and lets each family look at what comes. It prints which frames were understood, how\n" +
      "many and with which options, and the lines for breathwatch.yaml.\n\n" +
      "It only listens. Families that must ask first are named, and tried with --ask, one after the other: one never\n" +
      "sends to an unknown medical device without being told to. Look at its maker first, and name the likely family\n" +
      "with --device. What is sent is what reading that family sends. Opening a port raises DTR and RTS.\n\n" +
      "Exit code 1 where nothing was understood.",
    options: {
      device: {
        type: "string",
        value: "ID",
        multiple: true,
        help: "only this family; repeatable. Default: all that are read from a port",
      },
      seconds: {
        type: "string",
        value: "N",
        help: `how long to listen with each setting, default ${LISTEN_S}; some devices speak every 10 s`,
      },
      ask: { type: "boolean", help: "send what the families that must ask would send" },
      json: { type: "boolean", help: "as JSON: { understood, heard, mustAsk }" },
    },
    positionals: { min: 1, max: 1, names: "PORT" },
    examples: [
      "breathwatch probe /dev/ttyUSB0",
      "breathwatch probe /dev/ttyUSB0 --device draeger-medibus --ask",
      "breathwatch probe tcp:192.168.1.20:4001 --seconds 12",
    ],
    async run({ values, positionals: [address = ""] }, terminal) {
      if (/^(?!tcp:|memory:|replay:)[a-z+]{2,}:/.test(address))
        throw new UsageError(
          `${address}: probe listens to serial ports and tcp: servers; "scan" finds others.`,
        );
      const modules = await modulesOf(values.device ?? [], terminal);
      const forMs = numberOf(values.seconds ?? String(LISTEN_S), "--seconds", 1, 600) * 1_000;
      const links = linksOf(terminal.clock);
      try {
        const { clock, signal } = terminal;
        const listening = { links, address, clock, zone: machineZone(), forMs, signal };
        const lines = address.startsWith("tcp:") ? serverLines(modules) : linesOf(modules);
        const result = await probe(lines, listening, values.ask === true, (words) => terminal.say(words));
        return await tell(result, { address, json: values.json === true }, terminal);
      } finally {
        links.stop();
      }
    },
  });

/** `breathwatch probe`: what hangs on a port. */
export const probeCommand = createProbeCommand((clock) => createLinks({ clock }));

async function modulesOf(ids: readonly string[], terminal: Terminal): Promise<readonly DeviceModule[]> {
  if (ids.length === 0) return DEVICES;
  const modules = await Promise.all(ids.map((id) => familyNamed(id, terminal)));
  const other = modules.find((module) => !isOnPorts(module));
  if (other !== undefined) throw new UsageError(`${other.id} (${other.link}) is not read from a port.`);
  return modules;
}

interface Probed {
  readonly hearings: readonly Hearing[];
  /** The families that were not heard and would have to be asked. */
  readonly mustAsk: readonly BytesModule[];
}

/** Listens with one setting after the other, until somebody is clearly understood; then asks, where that is allowed. */
async function probe(
  lines: readonly Line[],
  listening: Omit<Listening, "attempts" | "mayAsk">,
  mayAsk: boolean,
  say: (words: string) => void,
): Promise<Probed> {
  const hearings: Hearing[] = [];
  const isFound = (): boolean => hearings.some(({ outcomes }) => outcomes.some(isClear));
  // Once it was open, a port that is not there has only not come back yet.
  const attempts = (): number => (hearings.length === 0 ? 1 : 6);
  const isTcp = listening.address.startsWith("tcp:");
  for (const line of lines) {
    if (isFound()) break;
    say(`listening${isTcp ? "" : ` at ${lineName(line.serial)}`}: ${familiesIn(line)}`);
    hearings.push(await listenTo(line, { ...listening, attempts: attempts(), mayAsk: false }));
  }
  const silent = hearings.flatMap(({ line, outcomes }) =>
    outcomes
      .filter(({ wantedToAsk, frames }) => wantedToAsk && frames === 0)
      .map(({ trial }) => ({ serial: line.serial, trials: [trial] })),
  );
  const asking = silent.toSorted((a, b) => doubt(a) - doubt(b));
  const asked = new Set<BytesModule>();
  for (const line of mayAsk ? asking : []) {
    if (isFound()) break;
    const [trial] = line.trials;
    if (trial === undefined) continue;
    say(`asking${isTcp ? "" : ` at ${lineName(line.serial)}`} as ${trial.module.id} does`);
    hearings.push(await listenTo(line, { ...listening, attempts: attempts(), mayAsk: true }));
    asked.add(trial.module);
  }
  const mustAsk = new Set(asking.flatMap(({ trials }) => trials.map(({ module }) => module)));
  return { hearings, mustAsk: isFound() ? [] : [...mustAsk].filter((module) => !asked.has(module)) };
}

const familiesIn = ({ trials }: Line): string => trials.map(({ module }) => module.id).join(", ");

/** What is proven is asked first. */
const doubt = ({ trials: [trial] }: Line): number => (trial === undefined ? 0 : DOUBT[trial.module.evidence]);
const DOUBT: { readonly [evidence in Evidence]: number } = {
  real_bytes: 0,
  maker_document: 1,
  inferred: 2,
  unproven: 3,
};

async function tell(
  { hearings, mustAsk }: Probed,
  { address, json }: { readonly address: string; readonly json: boolean },
  terminal: Terminal,
): Promise<number> {
  const understood = hearings
    .flatMap((hearing) => hearing.outcomes.map((outcome) => ({ hearing, outcome })))
    .filter(({ outcome }) => outcome.frames > 0)
    .toSorted((a, b) => share(b.outcome) - share(a.outcome) || b.outcome.frames - a.outcome.frames);
  const clear = understood.filter(({ outcome }) => isClear(outcome));
  const shown = clear.length > 0 ? clear : understood;
  if (json) {
    const heard = hearings.map(({ line, bytes, head }) => ({
      line: lineName(line.serial),
      bytes,
      head: hexOf(head),
    }));
    const data = { understood: shown.map(understoodData), heard, mustAsk: mustAsk.map(({ id }) => id) };
    await terminal.print(`${JSON.stringify(data, undefined, 2)}\n`);
  } else await terminal.print(shown.map(understoodText).join("\n"));
  for (const line of wordsOf(
    hearings,
    shown.map(({ outcome }) => outcome),
    mustAsk,
    address,
  ))
    terminal.say(line);
  return clear.length > 0 ? 0 : 1;
}

function wordsOf(
  hearings: readonly Hearing[],
  shown: readonly Outcome[],
  mustAsk: readonly BytesModule[],
  address: string,
): readonly string[] {
  const isClearly = shown.some(isClear);
  const speaking = hearings.filter(({ bytes }) => bytes > 0);
  const lines: string[] = [];
  if (shown.length > 0 && !isClearly)
    lines.push("Nothing was understood for certain: the families above found frames among much else.");
  if (shown.length === 0 && speaking.length > 0) {
    lines.push("Something speaks, and no family understands it:");
    for (const { line, bytes, head } of speaking)
      lines.push(`  ${lineName(line.serial)}: ${bytes} bytes, the first ${hexOf(head)}`);
  }
  if (speaking.length === 0)
    lines.push(
      `Nothing came from ${address}. Is the device on, its data output switched on in its menu, the sensor on a finger? ` +
        "Is the cable the right one, straight or null-modem?",
    );
  if (mustAsk.length > 0)
    lines.push(
      `Not heard, and would have to be asked: ${mustAsk.map(({ id }) => id).join(", ")}. If it can be one of them: ` +
        `breathwatch probe ${address} --device ID --ask.`,
    );
  return lines;
}

const hexOf = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(" ");

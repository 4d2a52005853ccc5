import { DEVICES } from "../../devices/index.ts";
import { Fault } from "../domain/fault.ts";
import type { DeviceModule } from "../driver/contract.ts";
import { startBleHelper } from "../transport/ble-helper.ts";
import type { Heard, Radio } from "../transport/ble-messages.ts";
import { scanBle } from "../transport/ble-scan.ts";
import { type HidDevice, machineHid } from "../transport/hid.ts";
import { listSerial } from "../transport/serial-port.ts";
import { type Command, command, numberOf, UsageError } from "./command.ts";
import { EVIDENCE } from "./evidence.ts";
import { configLines, type Found, foundBle, foundHid, foundSerial, shownFamilies } from "./scan/found.ts";
import type { Terminal } from "./terminal.ts";

/** Where a scan looks. Each rejects with a Fault that says why it cannot. */
export interface Surroundings {
  serial(): Promise<readonly { readonly path: string; readonly description: string }[]>;
  hid(): Promise<readonly HidDevice[]>;
  ble(radio: Radio, forMs: number, terminal: Pick<Terminal, "clock" | "signal">): Promise<readonly Heard[]>;
}

const machine: Surroundings = {
  serial: listSerial,
  hid: () => machineHid.devices(),
  ble: (radio, forMs, { clock, signal }) =>
    scanBle({ clock, signal, radio, forMs, startHelper: startBleHelper }),
};

/** Rings advertise once in one or two seconds, and some packets get lost. */
const LISTEN_S = 10;

/** A scan command that looks around in these surroundings for devices of these families. */
export const createScanCommand = (
  surroundings: Surroundings,
  modules: readonly DeviceModule[] = DEVICES,
): Command =>
  command({
    name: "scan",
    usage: "[--seconds N] [--json] [--all]",
    about:
      "Looks for what this machine could read: serial ports, USB HID devices of a known family, and Bluetooth LE\n" +
      "devices that advertise now; with each, the families that recognise it, whether they can carry a night, how far\n" +
      "their decoding is proven, and the lines for breathwatch.yaml. Nothing is opened, connected or spoken to. What\n" +
      'hangs on a serial port is found by "breathwatch probe PORT".\n\n' +
      "A ring advertises only while it is worn and no phone's app holds it.",
    options: {
      seconds: { type: "string", value: "N", help: `how long to listen to Bluetooth, default ${LISTEN_S}` },
      adapter: { type: "string", value: "NAME", help: "Bluetooth adapter, as hci1; default: the first" },
      "own-adapter": {
        type: "string",
        value: "NAME",
        help: "an adapter that bluetoothd does not manage, hci1 or a serial one (see ble+hci in docs/links.md)",
      },
      all: { type: "boolean", help: "also unproven families, and devices that no family knows" },
      json: { type: "boolean", help: "as JSON: { found, problems }" },
    },
    examples: [
      "breathwatch scan",
      "breathwatch scan --seconds 30 --all",
      "breathwatch scan --json | jq .found",
    ],
    async run({ values }, terminal) {
      const seconds = numberOf(values.seconds ?? String(LISTEN_S), "--seconds", 1, 600);
      const radio = radioOf(values.adapter, values["own-adapter"]);
      terminal.say(`listening to Bluetooth for ${seconds} s; put a ring on now, and close its app`);
      const scan = await look({ ...surroundings, modules }, radio, seconds * 1_000, terminal);
      const all = values.all === true;
      await terminal.print(values.json === true ? asJson(scan, all) : asText(scan, all));
      for (const line of wordsOf(scan, all)) terminal.say(line);
      return 0;
    },
  });

/** `breathwatch scan`: what is there to read on this machine. */
export const scanCommand = createScanCommand(machine);

function radioOf(adapter: string | undefined, own: string | undefined): Radio {
  if (adapter !== undefined && own !== undefined)
    throw new UsageError("--adapter and --own-adapter exclude each other.");
  return own === undefined ? { kind: "bluez", adapter } : { kind: "hci", adapter: own };
}

interface Scan {
  readonly found: readonly Found[];
  /** Why something could not be looked at. */
  readonly problems: readonly { readonly kind: Found["kind"]; readonly fault: Fault }[];
}

async function look(
  surroundings: Surroundings & { readonly modules: readonly DeviceModule[] },
  radio: Radio,
  forMs: number,
  terminal: Terminal,
): Promise<Scan> {
  const problems: { kind: Found["kind"]; fault: Fault }[] = [];
  const attempt = async (
    kind: Found["kind"],
    seek: () => Promise<readonly Found[]>,
  ): Promise<readonly Found[]> => {
    try {
      return await seek();
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      problems.push({ kind, fault: error });
      return [];
    }
  };
  const scheme = radio.kind === "hci" ? "ble+hci" : "ble";
  const found = await Promise.all([
    attempt("serial", async () => foundSerial(await surroundings.serial())),
    attempt("hid", async () => foundHid(await surroundings.hid(), surroundings.modules)),
    attempt("ble", async () => {
      const heard = await surroundings.ble(radio, forMs, terminal);
      return foundBle(heard, surroundings.modules, { scheme, adapter: radio.adapter });
    }),
  ]);
  return { found: found.flat(), problems };
}

const isKnown = (found: Found, all: boolean): boolean =>
  found.kind === "serial" || all || shownFamilies(found, all).shown.length > 0;

function asText({ found }: Scan, all: boolean): string {
  return found
    .filter((each) => isKnown(each, all))
    .map((each) => `${headOf(each)}\n${familyText(each, all)}`)
    .join("\n");
}

const headOf = ({ kind, name, port, rssiDbm }: Found): string =>
  [WORDS[kind], name, port, ...(rssiDbm === undefined ? [] : [`${rssiDbm} dBm`])].join("  ");

const WORDS: { readonly [kind in Found["kind"]]: string } = {
  serial: "serial",
  hid: "USB HID",
  ble: "Bluetooth",
};

function familyText(found: Found, all: boolean): string {
  if (found.kind === "serial") return `  what hangs on it: breathwatch probe ${found.port}\n`;
  const { shown } = shownFamilies(found, all);
  if (shown.length === 0) return "  no family knows it\n";
  return shown.map((module) => familyParagraph(module, found.port)).join("");
}

/** What a family is worth and how it is configured, for people. */
function familyParagraph(module: DeviceModule, port: string): string {
  const { id, vendor, model, evidence, facts } = module;
  return (
    `  ${id}: ${vendor} ${model}\n` +
    `    as the sensor of a night: ${facts.night.suited}; ${facts.night.reason}\n` +
    `    evidence: ${EVIDENCE[evidence]}\n` +
    configLines(module, port)
      .map((line) => `      ${line}\n`)
      .join("")
  );
}

function asJson({ found, problems }: Scan, all: boolean): string {
  const known = found.filter((each) => isKnown(each, all));
  const result = {
    found: known.map((each) => {
      const { kind, port, name, rssiDbm } = each;
      const families = shownFamilies(each, all).shown.map((module) => {
        const { id, vendor, model, evidence, facts } = module;
        const config = configLines(module, port).join("\n");
        return { family: id, vendor, model, evidence, night: facts.night, config };
      });
      return { kind, port, name, ...(rssiDbm === undefined ? {} : { rssiDbm }), families };
    }),
    problems: problems.map(({ kind, fault }) => ({
      kind,
      code: fault.code,
      message: fault.message,
      fix: fault.fix,
    })),
  };
  return `${JSON.stringify(result, undefined, 2)}\n`;
}

/** What could not be looked at, what is hidden, and what to do where nothing was found. */
function wordsOf({ found, problems }: Scan, all: boolean): readonly string[] {
  const lines = problems.map(
    ({ kind, fault }) => `${WORDS[kind]}: ${fault.message}${fault.fix === undefined ? "" : ` ${fault.fix}`}`,
  );
  const failed = (kind: Found["kind"]): boolean => problems.some((each) => each.kind === kind);
  const of = (kind: Found["kind"]): readonly Found[] => found.filter((each) => each.kind === kind);
  if (of("serial").length === 0 && !failed("serial"))
    lines.push("serial: no port. Plug the adapter in; on a virtual machine it has to be passed through.");
  if (of("hid").length === 0 && !failed("hid")) lines.push("USB HID: no device of a known family.");
  if (!failed("ble")) lines.push(...bluetoothWords(of("ble"), all));
  return lines;
}

function bluetoothWords(heard: readonly Found[], all: boolean): readonly string[] {
  const lines: string[] = [];
  const recognised = heard.filter((each) => shownFamilies(each, all).shown.length > 0);
  const unproven = heard.filter((each) => shownFamilies(each, false).shown.length < each.families.length);
  const strangers = heard.filter(({ families }) => families.length === 0);
  if (heard.length === 0)
    lines.push(
      "Bluetooth: nothing at all was heard. Is the antenna in, and is anything within reach switched on?",
    );
  if (recognised.length === 0)
    lines.push(
      "Bluetooth: no sensor of a known family was heard. Is the ring worn, or the finger in? Is it charged? Is its app " +
        "closed on every phone, or that phone's Bluetooth off? It speaks to one at a time and is not heard meanwhile. " +
        "Then try again, nearer, with --seconds 30.",
    );
  if (!all && unproven.length > 0)
    lines.push(`Bluetooth: ${unproven.length} could be read by an unproven family; --all shows it.`);
  if (!all && strangers.length > 0)
    lines.push(`Bluetooth: ${strangers.length} devices that no family knows; --all lists them.`);
  return lines;
}

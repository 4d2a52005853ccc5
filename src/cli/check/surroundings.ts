import { userInfo } from "node:os";
import { createBusConnector } from "../../bus/client.ts";
import type { HomeConfig } from "../../config/config.ts";
import type { Finding } from "../../config/read.ts";
import { keyTrouble } from "../../ops/key-file.ts";
import {
  clockKeeper,
  type DiskKind,
  diskKind,
  membershipsOf,
  secretFileFacts,
  UNIT_PROPERTIES,
  type UnitFacts,
  unitFactsOf,
  userExists,
} from "../../ops/machine-facts.ts";
import { runProgram } from "../../ops/update/run.ts";
import type { Terminal } from "../terminal.ts";
import { faulty, ok, warning } from "./finding.ts";

/** The user that the package makes and its units use. */
const SERVICE_USER = "breathwatch";
const UNITS = ["breathwatch", "breathwatch-edge", "breathwatch-hub"];
const SYSTEMCTL_MS = 5_000;
const LOGIN_MS = 5_000;

/** What the machine is to Breathwatch: its disk, its clock, its groups, its service manager, its broker. */
export async function surroundingsFindings(
  config: HomeConfig | undefined,
  folder: { readonly path: string; readonly keyFile: string },
  terminal: Terminal,
): Promise<readonly Finding[]> {
  return [
    ...diskFindings(folder.path, await diskKind(folder.path)),
    ...(await keyFindings(folder)),
    ...keeperFindings(),
    ...(config === undefined ? [] : await groupFindings(config)),
    ...(await serviceFindings(terminal)),
  ];
}

const DISKS: { readonly [kind in DiskKind]?: readonly [what: string, fix: string] } = {
  sd_card: [
    "it lies on an SD card, which wears out by being written, mostly without a warning",
    "Use an SSD, or a card that is made for recorders, and keep copies of the nights elsewhere (docs/operating.md, Backup).",
  ],
  usb: [
    "it lies on a USB stick or disk: when that is pulled out, nothing is kept any more",
    "Fix the plug in its place, or use a disk inside the machine.",
  ],
  memory: [
    "it lies in memory: every night, every setting and every open alarm is lost when the machine restarts",
    "Set dataDir to a folder on a disk.",
  ],
  network: [
    "it lies on another machine: databases there are damaged by a broken connection",
    "Set dataDir to a folder on a disk of this machine.",
  ],
};

function diskFindings(folder: string, kind: DiskKind): readonly Finding[] {
  const [what, fix] = DISKS[kind] ?? [];
  const where = `data folder ${folder}, disk`;
  if (what !== undefined && fix !== undefined) return [warning(where, what, fix)];
  return kind === "unknown" ? [] : [ok(where, kind)];
}

async function keyFindings(folder: {
  readonly path: string;
  readonly keyFile: string;
}): Promise<readonly Finding[]> {
  const where = `key file ${folder.keyFile}`;
  const trouble = await keyTrouble(folder.keyFile, folder.path);
  if (trouble !== undefined) return [faulty(where, trouble)];
  const facts = await secretFileFacts(folder.keyFile, folder.path);
  if (facts === undefined) return [];
  if (facts.open) {
    const fix = `chmod 600 ${folder.keyFile}`;
    return [
      warning(where, "others on this machine may read it, and with it everything that is encrypted", fix),
    ];
  }
  return [
    ok(
      where,
      facts.besideData
        ? "its owner's alone; on the same disk as what it encrypts, so a stolen disk can be read"
        : "its owner's alone, on another disk than what it encrypts",
    ),
  ];
}

function keeperFindings(): readonly Finding[] {
  const keeper = clockKeeper();
  if (keeper !== undefined) return [ok("time service", keeper)];
  return [
    warning(
      "time service",
      "nothing on this machine seems to keep its clock right",
      "apt-get install chrony, or add a battery-backed clock; in a container the host's counts.",
    ),
  ];
}

/** The groups that the configured devices ask for, of the user that Breathwatch runs as. */
async function groupFindings(config: HomeConfig): Promise<readonly Finding[]> {
  const self = userInfo().username;
  const user = self === "root" && (await userExists(SERVICE_USER)) ? SERVICE_USER : self;
  if (user === "root") {
    const fix = "Make a user of its own (docs/operating.md), or install the package, which does so.";
    return [warning("user", "root: a fault in Breathwatch would be a fault of the whole machine", fix)];
  }
  const ports = config.beds.flatMap(({ devices }) => devices.map(({ port }) => port));
  const wanted = [
    ...(ports.some((port) => port.startsWith("/dev/")) ? ["dialout"] : []),
    ...(config.audio.enabled ? ["audio"] : []),
    ...(ports.some((port) => port.startsWith("ble:")) ? ["bluetooth"] : []),
  ];
  return (await membershipsOf(user, wanted)).flatMap(({ group, exists, member }) => {
    if (!exists) return [];
    if (member) return [ok(`group ${group}`, `${user} is in it`)];
    const fix = `usermod -aG ${group} ${user}, then sign in again or restart the service.`;
    return [warning(`group ${group}`, `${user} is not in it, and what it opens stays shut`, fix)];
  });
}

/** Whether the watch comes back by itself: after a power cut, a crash, a hang. Nothing where there is no systemd. */
async function serviceFindings({ signal }: Terminal): Promise<readonly Finding[]> {
  const units: UnitFacts[] = [];
  for (const name of UNITS) {
    const args = ["show", `${name}.service`, `--property=${UNIT_PROPERTIES.join(",")}`];
    const { output, failed } = await runProgram("systemctl", args, { ms: SYSTEMCTL_MS, signal });
    if (failed !== undefined) return [];
    const facts = unitFactsOf(name, output);
    if (facts !== undefined) units.push(facts);
  }
  return serviceFindingsOf(units);
}

/** What is to be said of the units that are there. */
export function serviceFindingsOf(units: readonly UnitFacts[]): readonly Finding[] {
  if (units.length === 0) {
    const fix = "Install the package, or a unit after docs/operating.md.";
    return [warning("service", "nothing starts Breathwatch again after a power cut", fix)];
  }
  const chosen = units.find(({ enabled }) => enabled) ?? units.find(({ active }) => active);
  if (chosen === undefined) {
    const names = units.map(({ name }) => name).join(", ");
    const fix = "systemctl enable --now breathwatch (or breathwatch-edge, breathwatch-hub).";
    return [warning("service", `none of ${names} starts with the machine`, fix)];
  }
  const { name, enabled, watchdogMs, restarts } = chosen;
  const where = `service ${name}`;
  const findings: Finding[] = [];
  if (!enabled) findings.push(warning(where, "does not start with the machine", `systemctl enable ${name}`));
  if (!restarts)
    findings.push(warning(where, "is not started again when it ends", "Write Restart=always into its unit."));
  if (watchdogMs === 0)
    findings.push(warning(where, "nobody notices when it hangs", "Write WatchdogSec=30 into its unit."));
  if (findings.length > 0) return findings;
  return [ok(where, `starts with the machine; a hang is noticed within ${watchdogMs / 1_000} s`)];
}

/** Whether an outside broker lets this program in; nothing for the embedded one. Connects for a moment. */
export async function brokerLogin({ bus }: HomeConfig, terminal: Terminal): Promise<readonly Finding[]> {
  const { url, username, password } = bus;
  if (url === undefined || !URL.canParse(url)) return [];
  const { clock, random } = terminal;
  const connection = createBusConnector({ clock, random, log: { note: () => undefined } }).connect({
    url,
    clientId: `check-${Buffer.from(random.bytes(6)).toString("hex")}`,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
  });
  const done = Promise.withResolvers<boolean>();
  const cancel = clock.after(LOGIN_MS, () => done.resolve(connection.connected));
  const stop = connection.onConnected((connected) => {
    if (connected) done.resolve(true);
  });
  try {
    const isIn = connection.connected || (await done.promise);
    const name = username === undefined ? "anybody" : "our user";
    if (isIn) return [ok("broker, sign-in", `lets ${name} in`)];
    return [
      warning(
        "broker, sign-in",
        `does not let ${name} in within ${LOGIN_MS / 1_000} s`,
        "Check bus.username and bus.password, and for mqtts: the certificate of the broker.",
        "BUS_UNREACHABLE",
      ),
    ];
  } finally {
    cancel();
    stop();
    await connection.close();
  }
}

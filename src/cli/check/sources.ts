import { access, constants } from "node:fs/promises";
import { userInfo } from "node:os";
import type { BedConfig, DeviceConfig, HomeConfig } from "../../config/config.ts";
import { nearest } from "../../config/nearest.ts";
import type { Finding } from "../../config/read.ts";
import { shownAddress } from "../../domain/address.ts";
import { Fault, messageOf } from "../../domain/fault.ts";
import { type Attached, attach } from "../../driver/attach.ts";
import type { DeviceModule } from "../../driver/contract.ts";
import type { Families } from "../../driver/families.ts";
import { fillOptions } from "../../driver/options.ts";
import { groupFacts } from "../../ops/machine.ts";
import type { Links } from "../../port/link.ts";
import type { Terminal } from "../terminal.ts";
import { faulty, ok, warning } from "./finding.ts";

/** What the findings about ports need. */
export interface SourcesContext {
  readonly links: Links;
  readonly terminal: Terminal;
  readonly families: Families;
  /** A home runs already and has its ports open. */
  readonly heldBy: number | undefined;
}

/** Whether each configured port is there and can be opened by this user; each real port is opened for a moment. */
export async function sourceFindings(
  config: HomeConfig,
  context: SourcesContext,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const bed of config.beds) {
    for (const device of bed.devices) findings.push(...(await deviceFindings(bed, device, context)));
  }
  return findings;
}

const SIMULATED = "SIMULATED, marked so everywhere; it pages nobody outside a drill";
const SIMULATED_FIX = "For a real night name the port of a real device.";
const OPEN_MS = 10_000;
/** A radio device is looked for, connected and asked for its services. */
const RADIO_OPEN_MS = 45_000;

async function deviceFindings(
  bed: BedConfig,
  { family, port, options }: DeviceConfig,
  context: SourcesContext,
): Promise<readonly Finding[]> {
  const where = `bed ${bed.id}, ${family}, ${shownAddress(port)}`;
  const device = context.families.find(family);
  // The configuration's own findings have named it already.
  if (device === undefined) return [];
  const outside = context.families.isOutside(family)
    ? [
        warning(
          `${where}, family`,
          OUTSIDE,
          "Only its author knows what it is worth: compare it with the device itself.",
        ),
      ]
    : [];
  return [...outside, ...(await portFindings(device, where, { port, options }, context))];
}

const OUTSIDE = "the family comes from outside the project and is unproven";

async function portFindings(
  device: DeviceModule,
  where: string,
  { port, options }: Pick<DeviceConfig, "port" | "options">,
  context: SourcesContext,
): Promise<readonly Finding[]> {
  if (port.startsWith("memory:")) return [warning(where, SIMULATED, SIMULATED_FIX)];
  const deadline = new AbortController();
  const openMs = device.link === "gatt" ? RADIO_OPEN_MS : OPEN_MS;
  const cancel = context.terminal.clock.after(openMs, () => deadline.abort());
  try {
    const signal = AbortSignal.any([deadline.signal, context.terminal.signal]);
    const opened = await attach({
      module: device,
      options: fillOptions(device.options, options),
      links: context.links,
      address: port,
      signal,
    });
    await opened.close();
    return openedFindings(where, port, opened);
  } catch (error) {
    context.terminal.signal.throwIfAborted();
    return [await refusedFinding(where, port, error, context)];
  } finally {
    cancel();
  }
}

function openedFindings(where: string, port: string, { simulated, resolved }: Attached): readonly Finding[] {
  if (simulated) return [warning(where, SIMULATED, SIMULATED_FIX)];
  if (resolved === shownAddress(port) || port.startsWith("/dev/serial/")) return [ok(where, "can be opened")];
  return [
    ok(where, "can be opened"),
    warning(where, "this name belongs to whatever is plugged in first", `Write port: ${resolved}`),
  ];
}

async function refusedFinding(
  where: string,
  port: string,
  thrown: unknown,
  { links, heldBy }: SourcesContext,
): Promise<Finding> {
  const fault =
    thrown instanceof Fault
      ? thrown
      : new Fault("LINK_REFUSED", `The port ${port} cannot be opened: ${messageOf(thrown)}.`);
  if (fault.code === "LINK_NOT_FOUND")
    return { ...faulty(where, fault), fix: await whereElse(port, fault, links) };
  const mayOpen = await access(port, constants.R_OK | constants.W_OK).then(
    () => true,
    () => false,
  );
  if (mayOpen && heldBy !== undefined) return ok(where, `in use while process ${heldBy} runs`);
  const fix = mayOpen ? undefined : await groupAdvice(port);
  return fix === undefined ? faulty(where, fault) : { ...faulty(where, fault), fix };
}

/** The ports that are there instead. */
async function whereElse(port: string, fault: Fault, links: Links): Promise<string> {
  if (/^[a-z+]{2,}:/.test(port)) return fault.fix ?? "Check the address (docs/links.md).";
  if (!port.startsWith("/dev/"))
    return "Start the simulator or replay that makes this name, or name a real port.";
  const there = (await links.list()).map((each) => each.path);
  if (there.length === 0) return "Plug the adapter in: this machine has no serial port now.";
  const guess = port.startsWith("/dev/serial/") ? nearest(port, there) : undefined;
  const shown = `This machine has ${there.slice(0, 8).join(", ")}.`;
  return guess === undefined
    ? `Plug the adapter in, or name another port. ${shown}`
    : `Did you mean ${guess}? ${shown}`;
}

async function groupAdvice(port: string): Promise<string | undefined> {
  const facts = await groupFacts(port);
  if (facts === undefined || facts.member) return undefined;
  const user = userInfo().username;
  return facts.listed
    ? `${user} is in the group ${facts.group} only since this sign-in began: sign in again, or restart the service.`
    : `Add the user to the group: sudo usermod -aG ${facts.group} ${user}; then sign in again, or restart the service.`;
}

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { type Conditional, requires, skipping } from "./require.ts";

/** Tests in network namespaces of their own, which takes root and a kernel that makes them. */
export function namespacing(): Conditional {
  const asked = requires("iproute2", "nftables", "mosquitto", "mosquitto-clients");
  if (asked.missing !== undefined) return asked;
  const name = `bwprobe${process.pid}`;
  if (spawnSync("ip", ["netns", "add", name]).status !== 0) {
    return without("making a network namespace takes root");
  }
  try {
    const tried = [
      ["ip", "-n", name, "link", "add", "name", "near", "type", "veth", "peer", "name", "far"],
      ["ip", "netns", "exec", name, "nft", "add", "table", "inet", "probe"],
    ].map(([command = "", ...args]) => spawnSync(command, args).status);
    return tried.every((status) => status === 0) ? asked : without("no veth or nft in this kernel");
  } finally {
    spawnSync("ip", ["netns", "delete", name]);
  }
}

/** Where the nightly night was asked for, not to play it is a failure. */
function without(reason: string): Conditional {
  if (process.env["BREATHWATCH_CUTS"] !== undefined) throw new Error(reason);
  return skipping(reason);
}

/** How a link is broken: both ways or one, wholly or in part. */
export type Cut = "down" | "silent" | "deaf" | "mute" | "lossy" | "slow";

/** What a packet filter in the middle does to what comes in from the link, and to what goes out to it. */
const FILTERS: { readonly [cut in Cut]: readonly [inward: string, outward: string] } = {
  down: ["", ""],
  silent: ["drop", "drop"],
  deaf: ["drop", ""],
  mute: ["", "drop"],
  lossy: ["numgen random mod 100 < 40 drop", "numgen random mod 100 < 40 drop"],
  slow: ["limit rate over 12 kbytes/second burst 6 kbytes drop", ""],
};

/**
 * Two machines, each with a cable to a third one in the middle: `box` - `middle` - `hub`. Nothing in them reaches
 * anything else, nor is reached by it. `remove` ends every process started in them and takes them away.
 */
export interface Machines {
  /** Address of the middle, as the machine at that end of the cable sees it. */
  readonly middleFor: { readonly box: string; readonly hub: string };
  spawn(machine: "box" | "middle" | "hub", command: string, args: readonly string[]): ChildProcess;
  /** Runs to its end; what it said on stdout. */
  run(machine: "box" | "middle" | "hub", command: string, args: readonly string[]): string;
  cut(link: "box" | "hub", how: Cut): void;
  heal(link: "box" | "hub"): void;
  remove(): Promise<void>;
}

/** Throws, and leaves nothing behind, where it cannot be had. */
export function createMachines(): Machines {
  const tag = `bw${process.pid}${Math.random().toString(36).slice(2, 6)}`;
  const nameOf = (machine: string): string => `${tag}${machine}`;
  const children: ChildProcess[] = [];
  const call = (command: string, args: readonly string[], input?: string): string => {
    const { status, stdout, stderr } = spawnSync(command, args, { encoding: "utf8", input });
    if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${stderr}`);
    return stdout;
  };
  const ip = (line: string): void => void call("ip", line.split(" "));
  const nft = (text: string): void =>
    void call("ip", ["netns", "exec", nameOf("middle"), "nft", "-f", "-"], text);
  const made: string[] = [];

  const remove = async (): Promise<void> => {
    for (const child of children.splice(0)) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGKILL");
      await ended;
    }
    for (const machine of made.splice(0)) spawnSync("ip", ["netns", "delete", nameOf(machine)]);
  };

  try {
    for (const machine of ["middle", "box", "hub"]) {
      ip(`netns add ${nameOf(machine)}`);
      made.push(machine);
      ip(`-n ${nameOf(machine)} link set lo up`);
    }
    for (const [index, machine] of ["box", "hub"].entries()) {
      const [middle, end] = [nameOf("middle"), nameOf(machine)];
      ip(`-n ${middle} link add name ${machine} type veth peer name middle netns ${end}`);
      ip(`-n ${middle} addr add 10.99.${index}.1/24 dev ${machine}`);
      ip(`-n ${end} addr add 10.99.${index}.2/24 dev middle`);
      ip(`-n ${middle} link set ${machine} up`);
      ip(`-n ${end} link set middle up`);
    }
    nft(`table inet cuts {
      ${["box", "hub"].map((link) => `chain from_${link} {}\nchain to_${link} {}`).join("\n")}
      chain in { type filter hook input priority 0; iifname "box" jump from_box; iifname "hub" jump from_hub; }
      chain out { type filter hook output priority 0; oifname "box" jump to_box; oifname "hub" jump to_hub; }
    }`);
  } catch (error) {
    for (const machine of made.splice(0)) spawnSync("ip", ["netns", "delete", nameOf(machine)]);
    throw error;
  }
  return {
    middleFor: { box: "10.99.0.1", hub: "10.99.1.1" },
    spawn(machine, command, args) {
      const inside = ["netns", "exec", nameOf(machine), command, ...args];
      // Mosquitto complains of being root at every start; what the test's own programs say there is a fault.
      const errors = command === process.execPath ? "inherit" : "ignore";
      const child = spawn("ip", inside, { stdio: ["pipe", "pipe", errors] });
      children.push(child);
      return child;
    },
    run: (machine, command, args) => call("ip", ["netns", "exec", nameOf(machine), command, ...args]),
    cut(link, how) {
      if (how === "down") return ip(`-n ${nameOf("middle")} link set ${link} down`);
      const [inward, outward] = FILTERS[how];
      const rules = [
        ...(inward === "" ? [] : [`add rule inet cuts from_${link} ${inward}`]),
        ...(outward === "" ? [] : [`add rule inet cuts to_${link} ${outward}`]),
      ];
      nft(`${rules.join("\n")}\n`);
    },
    heal(link) {
      ip(`-n ${nameOf("middle")} link set ${link} up`);
      nft(`flush chain inet cuts from_${link}\nflush chain inet cuts to_${link}\n`);
    },
    remove,
  };
}

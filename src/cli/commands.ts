import type { Command } from "./command.ts";

/** A line of the list of commands; the command itself is loaded only when it is asked for. */
export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

/** Every command, in the order of the help text. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "start",
    summary: "the configured home, or the demo where none was ever set up (npm start)",
    load: async () => (await import("./run.ts")).startCommand,
  },
  {
    name: "home",
    summary: "watches the beds of a configuration",
    load: async () => (await import("./run.ts")).homeCommand,
  },
  {
    name: "edge",
    summary: "the bedside alone; everything is kept at the hub that it was paired with",
    load: async () => (await import("./run.ts")).edgeCommand,
  },
  {
    name: "hub",
    summary: "the server side of many homes",
    load: async () => (await import("./run.ts")).hubCommand,
  },
  {
    name: "pair",
    summary: "makes this box the box of a home on a hub",
    load: async () => (await import("./pair.ts")).pairCommand,
  },
  {
    name: "demo",
    summary: "a simulated bed, marked everywhere",
    load: async () => (await import("./run.ts")).demoCommand,
  },
  {
    name: "check",
    summary: "reads configuration and machine; one line a finding, with the fix",
    load: async () => (await import("./check.ts")).checkCommand,
  },
  {
    name: "update",
    summary: "a signed release, put in place by day, taken back where it does not become ready",
    load: async () => (await import("./update.ts")).updateCommand,
  },
  {
    name: "bundle",
    summary: "a support file without anything personal, shown before it is written",
    load: async () => (await import("./bundle.ts")).bundleCommand,
  },
  {
    name: "devices",
    summary: "the device families that are built in",
    load: async () => (await import("./devices.ts")).devicesCommand,
  },
  {
    name: "scan",
    summary: "what is there to read: serial ports, USB and Bluetooth devices, with their families",
    load: async () => (await import("./scan.ts")).scanCommand,
  },
  {
    name: "probe",
    summary: "finds out what hangs on a serial port or serial server",
    load: async () => (await import("./probe.ts")).probeCommand,
  },
  {
    name: "decode",
    summary: "bytes of a device to observations",
    load: async () => (await import("./decode.ts")).decodeCommand,
  },
  {
    name: "import",
    summary: "a memory card, a file or a device's memory into the store",
    load: async () => (await import("./import.ts")).importCommand,
  },
  {
    name: "record",
    summary: "what a device sends, with its timing, into a file",
    load: async () => (await import("./record.ts")).recordCommand,
  },
  {
    name: "replay",
    summary: "plays a recording as a device, with its timing",
    load: async () => (await import("./replay.ts")).replayCommand,
  },
  {
    name: "simulate",
    summary: "plays a virtual patient, or given values, as devices",
    load: async () => (await import("./simulate.ts")).simulateCommand,
  },
  {
    name: "listen",
    summary: "teaches the alarm listener a machine's alarm, and shows what it hears",
    load: async () => (await import("./listen.ts")).listenCommand,
  },
  {
    name: "judge",
    summary: "the alarm engine over a samples file",
    load: async () => (await import("./judge.ts")).judgeCommand,
  },
  {
    name: "trends",
    summary: "the metrics of a night from a samples file",
    load: async () => (await import("./trends.ts")).trendsCommand,
  },
  {
    name: "store",
    summary: "numbers from one store to another, a backup of the data folder, and back",
    load: async () => (await import("./store.ts")).storeCommand,
  },
  {
    name: "mosquitto",
    summary: "writes what a Mosquitto beside a hub of many homes needs",
    load: async () => (await import("./mosquitto.ts")).mosquittoCommand,
  },
  {
    name: "audit",
    summary: "checks the chain of what was done and decided at a bed, or hands it out",
    load: async () => (await import("./audit.ts")).auditCommand,
  },
  {
    name: "research",
    summary: "what was given to research, shown first, then written without who it is",
    load: async () => (await import("./research.ts")).researchCommand,
  },
  {
    name: "return",
    summary: "everything that is the family's in open formats, before a box goes back",
    load: async () => (await import("./return.ts")).returnCommand,
  },
  {
    name: "wipe",
    summary: "erases the data folder, verified; the box starts as from the factory",
    load: async () => (await import("./wipe.ts")).wipeCommand,
  },
  {
    name: "forget",
    summary: "deletes a home with everybody in it from a stopped hub",
    load: async () => (await import("./forget.ts")).forgetCommand,
  },
  {
    name: "owner-code",
    summary: "makes a new owner code for a stopped box or hub",
    load: async () => (await import("./owner-code.ts")).ownerCodeCommand,
  },
  {
    name: "drill",
    summary: "rings for real, on purpose, from a simulated bed",
    load: async () => (await import("./drill.ts")).drillCommand,
  },
  {
    name: "bench",
    summary: "measures the path from a device's bytes to the bus and to a phone",
    load: async () => (await import("./bench.ts")).benchCommand,
  },
  {
    name: "fuzz",
    summary: "floods every decoder with noise",
    load: async () => (await import("./fuzz.ts")).fuzzCommand,
  },
  {
    name: "nights",
    summary: "rehearses scenarios with many seeds on virtual time",
    load: async () => (await import("./nights.ts")).nightsCommand,
  },
  {
    name: "limits",
    summary: "what a limits file comes to, with what it makes wider",
    load: async () => (await import("./limits.ts")).limitsCommand,
  },
  {
    name: "preset",
    summary: "a clinic's limits as a signed code that fits one QR",
    load: async () => (await import("./preset.ts")).presetCommand,
  },
  {
    name: "kit",
    summary: "prints what to buy: complete sets, look-alikes, what each ventilator can tell",
    load: async () => (await import("./kit.ts")).kitCommand,
  },
];

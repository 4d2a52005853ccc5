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
    name: "check",
    summary: "reads configuration and machine; one line a finding, with the fix",
    load: async () => (await import("./check.ts")).checkCommand,
  },
  {
    name: "devices",
    summary: "the device families that are built in",
    load: async () => (await import("./devices.ts")).devicesCommand,
  },
  {
    name: "decode",
    summary: "bytes of a device to observations",
    load: async () => (await import("./decode.ts")).decodeCommand,
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
    name: "drill",
    summary: "rings for real, on purpose, from a simulated bed",
    load: async () => (await import("./drill.ts")).drillCommand,
  },
];

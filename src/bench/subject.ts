import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { stringify } from "yaml";
import type { BenchBroker } from "./broker.ts";
import { startNodeRed } from "./node-red.ts";
import type { Program, Programs } from "./programs.ts";

/** A program under test: reads an oximeter from a serial port and publishes one message a second. */
export interface Subject {
  readonly name: SubjectName;
  start(given: {
    readonly programs: Programs;
    /** Empty, of this run alone. */
    readonly folder: string;
    readonly port: string;
    readonly broker: BenchBroker;
    readonly webPort: number;
  }): Promise<Program>;
}

export type SubjectName = "breathwatch" | "bare" | "node-red";

/** Topic of the peers; ours are the product's. */
const PEER_TOPIC = "bench/observation";
export const BENCH_FILTERS = [
  PEER_TOPIC,
  "breathwatch/1/+/+/+/observation/+",
  "breathwatch/1/+/+/+/alarm/event",
];

/** Sources run as they are; the built package has them as JavaScript. */
const besides = (name: string): string =>
  path.join(import.meta.dirname, `${name}${path.extname(import.meta.filename)}`);

const CLI = besides("../cli");

/** The whole product: `breathwatch home` with one bed. */
export const breathwatch: Subject = {
  name: "breathwatch",
  async start({ programs, folder, port, broker, webPort }) {
    const config = homeConfig({
      folder,
      webPort,
      bus: busOf(broker),
      beds: [{ devices: [{ family: "nonin-serial", port, options: { format: "2" } }] }],
    });
    return startHome(programs, folder, config);
  },
};

/** serialport and mqtt with the same framing, in a few lines (bare.ts). */
export const bare: Subject = {
  name: "bare",
  start: async ({ programs, port, broker }) =>
    programs.start(process.execPath, [besides("bare"), port, urlOf(broker), PEER_TOPIC]),
};

/** Node-RED from a folder where it was installed. */
export const nodeRed = (place: string): Subject => ({
  name: "node-red",
  start: ({ programs, port, broker, webPort }) =>
    startNodeRed({ programs, place, editorPort: webPort, port, broker, topic: PEER_TOPIC }),
});

const urlOf = ({ port, username, password }: BenchBroker): string =>
  username === "" ? `mqtt://127.0.0.1:${port}` : `mqtt://${username}:${password}@127.0.0.1:${port}`;

/** The outside broker as the product's configuration names it. */
export function busOf({ port, username, password }: BenchBroker): object {
  return { url: `mqtt://127.0.0.1:${port}`, ...(username === "" ? {} : { username, password }) };
}

interface HomeWiring {
  readonly folder: string;
  readonly webPort: number;
  readonly bus: object;
  readonly beds: readonly { readonly devices: readonly object[] }[];
  readonly channels?: object;
}

/** A configuration file of the product: loopback only, without the house sounder. */
export function homeConfig({ folder, webPort, bus, beds, channels }: HomeWiring): string {
  return stringify({
    zone: "Etc/UTC",
    dataDir: path.join(folder, "data"),
    beds: beds.map((bed, index) => ({ id: `b${index + 1}`, ...bed })),
    web: { host: "127.0.0.1", port: webPort },
    bus,
    audio: { enabled: false },
    ...(channels === undefined ? {} : { channels }),
  });
}

/** Runs `breathwatch home` on a configuration, as a process of its own. */
export async function startHome(
  programs: Programs,
  folder: string,
  config: string,
  environment: { readonly [name: string]: string } = {},
): Promise<Program> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, "breathwatch.yaml");
  await writeFile(file, config);
  return programs.start(process.execPath, [CLI, "home", "--config", file], { cwd: folder, environment });
}

/** The packet timer in an observation of any of them; undefined for other messages. */
export function counterOf(payload: Buffer): number | undefined {
  const message: unknown = JSON.parse(payload.toString());
  if (typeof message !== "object" || message === null || !("counter" in message)) return undefined;
  return typeof message.counter === "number" ? message.counter : undefined;
}

import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { connectAsync } from "mqtt";
import { createBrokerStarter } from "../bus/broker.ts";
import { SECOND_MS } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import { freePort, type Programs } from "./programs.ts";

/** The broker that every program under test publishes to, outside all of them. */
export interface BenchBroker {
  readonly kind: "mosquitto" | "aedes";
  readonly port: number;
  readonly username: string;
  readonly password: string;
  close(): Promise<void>;
}

const MOSQUITTO = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"];
const USER = "bench";

/** Starts mosquitto where it is installed, else our embedded broker in this process. */
export async function startBroker(options: {
  readonly programs: Programs;
  readonly clock: Clock;
  readonly folder: string;
}): Promise<BenchBroker> {
  const { programs, clock, folder } = options;
  const found = MOSQUITTO.find((file) => existsSync(file));
  if (found === undefined) {
    const password = "bench-on-loopback";
    const broker = createBrokerStarter({ log: SILENT });
    const { url, close } = await broker.start({ host: "127.0.0.1", port: 0, username: USER, password });
    return { kind: "aedes", port: Number(new URL(url).port), username: USER, password, close };
  }
  const port = await freePort();
  const file = path.join(folder, "mosquitto.conf");
  const lines = [
    `listener ${port} 127.0.0.1`,
    "allow_anonymous true",
    "persistence false",
    // Without it small answers wait for the acknowledgement of the packet before.
    "set_tcp_nodelay true",
    "max_inflight_messages 0",
    "max_queued_messages 0",
    ...(process.getuid?.() === 0 ? ["user root"] : []),
  ];
  await writeFile(file, `${lines.join("\n")}\n`);
  const program = programs.start(found, ["-c", file, "-v"]);
  await program.saying(/mosquitto version .* running/, 10 * SECOND_MS);
  await clock.sleep(50);
  return { kind: "mosquitto", port, username: "", password: "", close: () => program.stop() };
}

const SILENT: Log = { note: () => undefined };

/** A message and the moment at which it reached this process. */
export type Hearing = (topic: string, payload: Buffer, at: number) => void;

/** A subscriber that puts the time on every message as it comes in. */
export interface Ear {
  /** From now on it calls back; the returned function stops that. */
  hear(listener: Hearing): () => void;
  close(): Promise<void>;
}

/** Subscribes at QoS 0: delivery waits for nothing. */
export async function openEar(broker: BenchBroker, filters: string[], clock: Clock): Promise<Ear> {
  const { port, username, password } = broker;
  const client = await connectAsync(`mqtt://127.0.0.1:${port}`, {
    reconnectPeriod: 0,
    ...(username === "" ? {} : { username, password }),
  });
  const listeners = new Set<Hearing>();
  client.on("message", (topic, payload) => {
    const at = clock.mono();
    for (const listener of listeners) listener(topic, payload, at);
  });
  await client.subscribeAsync(filters, { qos: 0 });
  return {
    hear(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => client.endAsync(true),
  };
}

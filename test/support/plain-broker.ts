import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import path from "node:path";
import mqtt from "mqtt";
import { onTestFinished } from "vitest";
import { until } from "./home.ts";

/** A Mosquitto as somebody has it in the house: on this machine alone, no rules. Ends with the test. */
export interface PlainBroker {
  readonly url: string;
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Everything that is said on a topic from now on, with its retain flag. */
  hear(topic: string): Promise<readonly string[]>;
}

/** Needs `requires("mosquitto")`. */
export async function startPlainBroker(folder: string): Promise<PlainBroker> {
  const port = await freePort();
  const config = path.join(folder, "mosquitto.conf");
  writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\n`);
  const url = `mqtt://127.0.0.1:${port}`;
  let child: ChildProcess | undefined;
  const answers = async (): Promise<void> => {
    for (let tries = 0; ; tries++) {
      try {
        const client = await mqtt.connectAsync(url, { reconnectPeriod: 0, connectTimeout: 1_000 });
        return await client.endAsync(true);
      } catch (error) {
        if (tries > 100) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };
  const broker: PlainBroker = {
    url,
    async kill() {
      const running = child;
      if (running === undefined) return;
      running.kill("SIGKILL");
      await until(() => running.exitCode !== null || running.signalCode !== null, 5_000);
    },
    async start() {
      child = spawn("/usr/sbin/mosquitto", ["-c", config], { stdio: "ignore" });
      await answers();
    },
    async hear(topic) {
      const heard: string[] = [];
      const client = await mqtt.connectAsync(url, { reconnectPeriod: 50 });
      onTestFinished(() => client.endAsync(true));
      client.on("error", () => undefined);
      client.on("message", (_topic, payload, { retain }) => heard.push(`${payload.toString()} ${retain}`));
      await client.subscribeAsync(topic, { qos: 1 });
      return heard;
    },
  };
  onTestFinished(() => broker.kill());
  await broker.start();
  return broker;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

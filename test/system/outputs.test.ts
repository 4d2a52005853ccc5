// Lamps and shakers: GPIO lines through a stand-in for libgpiod's gpioset (no chip is at hand in a test), and plugs on a
// real Mosquitto.
import { spawn } from "node:child_process";
import { describe, expect, test } from "vitest";
import { createBusConnector } from "../../src/bus/client.ts";
import { createMqttSwitch } from "../../src/notify/outputs/mqtt-switch.ts";
import { createOutput } from "../../src/notify/outputs/output.ts";
import { createClock } from "../../src/ops/clock.ts";
import { createGpio } from "../../src/ops/gpio.ts";
import { createRandom } from "../../src/ops/random.ts";
import { given, held, standIn } from "../support/gpioset.ts";
import { temporaryFolder, until } from "../support/home.ts";
import { startPlainBroker } from "../support/plain-broker.ts";
import { requires } from "../support/require.ts";

const clock = createClock();
const log = { note: () => undefined };

describe("a GPIO line", () => {
  test.each([
    ["v1.6.3", ["--mode=signal gpiochip0 17=1", "--mode=signal gpiochip0 17=0"]],
    ["v2.2.1", ["--chip gpiochip0 17=1", "--chip gpiochip0 17=0"]],
  ])("is held by one program at a time, in the words of its version: %s", async (version, words) => {
    const { environment, folder } = standIn(version);
    const line = createGpio({ clock, environment })({ chip: "gpiochip0", line: 17, activeLow: false });
    await line.set(true);
    expect(held(folder)).toBe(1);
    await line.set(false);
    expect(given(folder)).toEqual(words);
    expect(held(folder)).toBe(1);
    await line.close();
    await until(() => held(folder) === 0, 2_000);
  });

  test("takes orders one after the other, and none of their programs is left behind", async () => {
    const { environment, folder } = standIn("v2.2.1");
    const line = createGpio({ clock, environment })({ chip: "gpiochip0", line: 17, activeLow: false });
    await Promise.all([line.set(true), line.set(false), line.set(true), line.set(false), line.close()]);
    expect(given(folder).map((words) => words.at(-1))).toEqual(["1", "0", "1", "0"]);
    await until(() => held(folder) === 0, 2_000);
  });

  test("that is on at a low level is asked for so", async () => {
    const { environment, folder } = standIn("v2.2.1");
    const line = createGpio({ clock, environment })({ chip: "gpiochip1", line: 4, activeLow: true });
    await line.set(true);
    await line.close();
    expect(given(folder)).toEqual(["--active-low --chip gpiochip1 4=1"]);
  });

  test("that is not there says why, as does a machine without the program", async () => {
    const { environment } = standIn("v1.6.3");
    const nowhere = createGpio({ clock, environment })({ chip: "gpiochip9", line: 1, activeLow: false });
    await expect(nowhere.set(true)).rejects.toThrow(/cannot find GPIO chip/);
    const bare = createGpio({ clock, environment: { PATH: temporaryFolder() } });
    await expect(bare({ chip: "gpiochip0", line: 1, activeLow: false }).set(true)).rejects.toThrow(
      /not installed \(package gpiod\)/,
    );
  });

  test("is let go when this program is killed: no shaker goes on for ever", async () => {
    const { environment, folder } = standIn("v1.6.3");
    const from = (file: string): string => JSON.stringify(new URL(`../../src/${file}`, import.meta.url).href);
    const script = `
      import { createGpio } from ${from("ops/gpio.ts")};
      import { createClock } from ${from("ops/clock.ts")};
      const line = createGpio({ clock: createClock(), environment: process.env });
      await line({ chip: "gpiochip0", line: 17, activeLow: false }).set(true);
      setInterval(() => undefined, 1000);
    `;
    const program = spawn(process.execPath, ["--input-type=module", "-e", script], {
      env: { ...process.env, ...environment },
      stdio: "ignore",
    });
    await until(() => held(folder) === 1, 10_000);
    program.kill("SIGKILL");
    await until(() => held(folder) === 0, 3_000);
  });
});

requires("mosquitto").test(
  "a plug on a real broker follows the alarm, and gets the newest order when the broker was away",
  async () => {
    const broker = await startPlainBroker(temporaryFolder());
    const heard = await broker.hear("cmnd/lamp/POWER");
    const bus = createBusConnector({ clock, random: createRandom(), log }).connect({
      ...{ url: broker.url, clientId: "output-test" },
    });
    const target = createMqttSwitch(bus, { topic: "cmnd/lamp/POWER", on: "ON", off: "OFF" });
    const output = createOutput({ target, pattern: "steady", clock, log, onReadiness: () => undefined });
    output.start();
    await until(() => heard.length === 1, 10_000);
    expect(output.readiness.ok).toBe(true);
    output.follow(true);
    await until(() => heard.length === 2, 5_000);
    output.follow(false);
    await until(() => heard.length === 3, 5_000);
    expect(heard).toEqual(["OFF false", "ON false", "OFF false"]);

    await broker.kill();
    await until(() => !bus.connected, 10_000);
    output.follow(true);
    await until(() => !output.readiness.ok, 10_000);
    await broker.start();
    // The listener comes back by itself, and may come after the first order: it is said again.
    await until(() => output.readiness.ok, 20_000);
    await until(() => heard.at(-1) === "ON false", 40_000);
    await output.stop();
    await until(() => heard.at(-1) === "OFF false", 5_000);
    expect(heard.slice(3).filter((order) => order.startsWith("OFF"))).toHaveLength(1);
  },
  90_000,
);

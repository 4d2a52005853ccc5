// A button answers without a screen: a FIFO carries the bytes of an input device through the real program, into a real
// siren that ends, a lamp on a real broker, and a shaker on a stand-in for a GPIO line.
import { spawnSync } from "node:child_process";
import { closeSync, openSync, writeSync } from "node:fs";
import path from "node:path";
import { expect, onTestFinished } from "vitest";
import { given, standIn } from "../support/gpioset.ts";
import {
  ask,
  signIn,
  startHome,
  temporaryFolder,
  until,
  watchBeds,
  writeHomeConfig,
} from "../support/home.ts";
import { createRoomSpeakers } from "../support/home-sound.ts";
import { keyEvent, keyPress } from "../support/key-events.ts";
import { startPlainBroker } from "../support/plain-broker.ts";
import { requires } from "../support/require.ts";

const { test } = requires("alsa-utils", "mosquitto");

/** A FIFO in place of an input device: whoever writes to it is simulated. */
function fakeInput(folder: string, name: string): { readonly file: string; say(bytes: Uint8Array): void } {
  const file = path.join(folder, name);
  spawnSync("mkfifo", [file]);
  const opened = openSync(file, "r+");
  onTestFinished(() => closeSync(opened));
  return { file, say: (bytes) => void writeSync(opened, bytes) };
}

test("from a held, bouncing key to silence: one answer by name, to every alarm of the box", async () => {
  const folder = temporaryFolder();
  const outputs = createRoomSpeakers(folder, ["bedroom", "bedside"]);
  const [call, button] = [fakeInput(folder, "call"), fakeInput(folder, "button")];
  const bed = (id: string, port: string) => ({ id, devices: [{ family: "call-switch-key", port }] });
  const other = fakeInput(folder, "other");
  const broker = await startPlainBroker(folder);
  const lamp = await broker.hear("zigbee2mqtt/lamp/set");
  const gpio = standIn("v2.2.1");
  const config = writeHomeConfig(folder, {
    beds: [bed("b1", `input:${call.file}`), bed("b2", `input:${other.file}`)],
    audio: { enabled: true },
    sounder: {
      rooms: [
        { name: "Bedroom", for: "caregiver", device: "bedroom" },
        { name: "Bedside", for: "patient", device: "bedside" },
      ],
      outputs: [
        { kind: "gpio", name: "Shaker", line: 17 },
        { kind: "mqtt", name: "Lamp", url: broker.url, topic: "zigbee2mqtt/lamp/set", on: '{"state":"ON"}' },
      ],
    },
    keys: [{ port: `evdev:${button.file}`, key: 28, means: "going", person: "Mei", label: "Hall button" }],
  });
  const home = await startHome(["home", "--config", config], {
    ...{
      folder,
      dataDir: path.join(folder, "data"),
      environment: { ...outputs.environment, PATH: `${gpio.environment.PATH}:${process.env["PATH"]}` },
    },
  });
  onTestFinished(async () => void (await home.stop()));
  await signIn(home, "Mei");
  const pages = await watchBeds(home);
  const ready = await pages.until(({ readiness }) => readiness.house?.every(({ ok }) => ok) ?? false, 20_000);
  expect(ready.readiness.house?.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
    "caregiver Bedroom",
    "patient Bedside",
    "output Shaker",
    "output Lamp",
    "key Hall button",
  ]);
  for (const id of ["b1", "b2"]) await ask(home, "POST", `/api/beds/${id}/drill`, { forMs: 600_000 });
  call.say(keyPress(57));
  other.say(keyPress(57));
  for (const id of ["b1", "b2"])
    await pages.until(
      ({ alarms }) => alarms.open.some(({ condition }) => condition === "PATIENT_CALL"),
      10_000,
      id,
    );
  await until(() => outputs.players(home.line.pid) === 1, 10_000);
  await until(() => lamp.at(-1) === '{"state":"ON"} false', 5_000);
  // A second on, a second off.
  const blink = "--chip gpiochip0 17=1,--chip gpiochip0 17=0";
  await until(() => given(gpio.folder).join().includes(blink), 10_000);

  button.say(keyPress(30));
  button.say(
    Buffer.concat([keyEvent(28, 1), keyEvent(28, 0), keyEvent(28, 1), keyEvent(28, 2), keyEvent(28, 2)]),
  );
  for (const id of ["b1", "b2"]) {
    const { alarms } = await pages.until(
      (one) => one.alarms.open.every(({ acknowledgement }) => acknowledgement !== undefined),
      10_000,
      id,
    );
    expect(alarms.open[0]?.acknowledgement).toMatchObject({ by: { name: "Mei" }, place: "going" });
  }
  await until(() => outputs.players(home.line.pid) === 0, 2_000);
  await until(() => lamp.at(-1) === "OFF false", 5_000);
  await until(() => given(gpio.folder).at(-1) === "--chip gpiochip0 17=0", 5_000);
  expect(outputs.heard("bedroom").some((sound) => sound.some((value) => Math.abs(value) > 5_000))).toBe(true);
  // A drill is quiet for the patient.
  expect(outputs.heard("bedside").every((sound) => sound.every((value) => value === 0))).toBe(true);
  const { words } = await home.stop();
  expect(words.match(/key\.pressed/g)).toHaveLength(1);
});

// What is particular to ChoiceMMed; what every family owes is in conformance.test.ts.
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { ANSWER, PASSWORD, VALUES } from "../../devices/choicemmed-oximeter/codec.ts";
import { choiceMMedOximeter } from "../../devices/choicemmed-oximeter/module.ts";
import { absent } from "../../src/domain/sample.ts";
import { settle } from "../../src/rehearsal/clock.ts";
import { parseHexFrames, toHex } from "../../src/wire/transcript.ts";
import { createBench, type Heard } from "../support/conformance.ts";
import { hearPackets, hexBytes, samplesIn } from "../support/packets.ts";
import { recordings } from "../support/require.ts";

const hear = (...packets: readonly (string | Uint8Array)[]): Promise<Heard> =>
  hearPackets(choiceMMedOximeter, "cd04", packets);

describe("a real iChoice", () => {
  const { test, path: file } = recordings("oximeters/choicemmed_ichoice.hex");

  test("accepts the password and says 97 % and 77; the host's password is the one recorded", async () => {
    const [accepted, values, password] = parseHexFrames(readFileSync(file, "utf8"));
    if (accepted === undefined || values === undefined || password === undefined)
      throw new Error("a frame is missing");
    const heard = await hear(accepted, values);
    expect(samplesIn(heard)).toEqual([{ spo2: 97, pulse_rate: 77 }]);
    expect(heard.frames).toHaveLength(2);
    expect(heard.rejects).toEqual([]);
    expect(PASSWORD.encode({})).toEqual(password);
  });
});

test("the password is written to cd20 as soon as the link is open, and the answer is no saturation of 177", async () => {
  const bench = await createBench(choiceMMedOximeter);
  const written: string[] = [];
  const listen = async (): Promise<void> => {
    for await (const { channel, bytes } of bench.cable.packets.chunks)
      written.push(`${channel} ${toHex(bytes)}`);
  };
  listen().catch(() => undefined);
  await settle();
  expect(written).toEqual(["cd20 AA 55 04 B1 00 00 B5"]);
  await bench.send({ channel: "cd04", bytes: hexBytes("55 AA 03 B1 00 B4") });
  await settle();
  expect(bench.heard.readings).toEqual([]);
  await bench.abort();
});

test("the channels are switched on in the order that the clip wants", () => {
  expect(choiceMMedOximeter.gatt.notify).toEqual(["cd01", "cd02", "cd03", "cd04"]);
});

test("a pulse of 128 and more is a number, not a negative one", async () => {
  expect(samplesIn(await hear("55 AA 03 5F 80 E2", "55 AA 03 5F FF 61"))).toEqual([
    { spo2: 95, pulse_rate: 128 },
    { spo2: 95, pulse_rate: 255 },
  ]);
});

test("zeros are no value; SpO2 alone gone after 69 % is under the range", async () => {
  const heard = await hear(
    "55 AA 03 00 00 03",
    "55 AA 03 45 96 DE",
    "55 AA 03 00 96 99",
    "55 AA 03 65 00 68",
  );
  expect(samplesIn(heard)).toEqual([
    { spo2: absent("not_measured"), pulse_rate: absent("not_measured") },
    { spo2: 69, pulse_rate: 150 },
    { spo2: absent("under_range"), pulse_rate: 150 },
    { spo2: absent("invalid"), pulse_rate: absent("not_measured") },
  ]);
});

test("a frame cut at any byte is put together, and a wrong sum costs only its own frame", async () => {
  const whole = "55 AA 03 61 4D B1".split(" ");
  for (let cut = 1; cut < whole.length; cut++) {
    const heard = await hear(whole.slice(0, cut).join(" "), whole.slice(cut).join(" "));
    expect(samplesIn(heard)).toEqual([{ spo2: 97, pulse_rate: 77 }]);
  }
  const heard = await hear("55 AA 03 61 4D B2 55 AA 03 60 4D B0");
  expect(samplesIn(heard)).toEqual([{ spo2: 96, pulse_rate: 77 }]);
  expect(heard.rejects).toEqual(["the checksum does not fit"]);
});

test("README shows the declared frames", () => {
  const folder = path.join(import.meta.dirname, "../../devices/choicemmed-oximeter");
  const readme = readFileSync(path.join(folder, "README.md"), "utf8");
  for (const format of [PASSWORD, ANSWER, VALUES]) expect(readme).toContain(format.table());
});

import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { INPUT_EVENT } from "../../devices/call-switch/codec.ts";
import { callSwitchKey, callSwitchWire } from "../../devices/call-switch/module.ts";
import { parseTranscript } from "../../src/wire/transcript.ts";
import { feedStream } from "../support/conformance.ts";

const fixtures = path.join(import.meta.dirname, "../../devices/call-switch/fixtures");

const callsAt = async (module: typeof callSwitchKey | typeof callSwitchWire, file: string) => {
  const { chunks, options } = parseTranscript(readFileSync(path.join(fixtures, file), "utf8"));
  const heard = await feedStream(module, options, chunks);
  return heard.readings.map(({ atMs }) => atMs);
};

test("a bouncing press is one call, a later one another, and holding on is none", async () => {
  expect(await callsAt(callSwitchWire, "two-presses.transcript")).toEqual([1500, 3500]);
});

test("a key calls when it is pressed, not while it is held, and a mouse does not", async () => {
  expect(await callsAt(callSwitchKey, "space-bar.transcript")).toEqual([1000]);
});

test("a switch that opens calls when its wire breaks", async () => {
  const inputs = (atMs: number, bits: number) => ({
    offsetMs: atMs,
    channel: "inputs",
    bytes: Uint8Array.of(bits),
  });
  const heard = await feedStream(callSwitchWire, { pressed: "open" }, [
    inputs(0, 1),
    inputs(1000, 1),
    inputs(2000, 0),
  ]);
  expect(heard.readings).toEqual([{ atMs: 2000, reading: { body: { kind: "status", codes: ["call"] } } }]);
});

test("a key calls again when its events come out of step", async () => {
  const press = Buffer.concat([
    INPUT_EVENT.encode({ seconds: 1_768_514_400, micros: 250_000, type: 1, code: 57, value: 1 }),
    INPUT_EVENT.encode({ seconds: 1_768_514_400, micros: 250_000, type: 0, code: 0, value: 0 }),
    INPUT_EVENT.encode({ seconds: 1_768_514_400, micros: 400_000, type: 1, code: 57, value: 0 }),
    INPUT_EVENT.encode({ seconds: 1_768_514_400, micros: 400_000, type: 0, code: 0, value: 0 }),
  ]);
  for (let lost = 1; lost < press.length; lost++) {
    const heard = await feedStream(callSwitchKey, {}, [
      { offsetMs: 0, bytes: press.subarray(lost) },
      { offsetMs: 3000, bytes: press },
    ]);
    expect(
      heard.readings.map(({ atMs }) => atMs),
      `${lost} bytes lost`,
    ).toContain(3000);
  }
});

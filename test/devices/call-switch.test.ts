import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { INPUT_EVENT } from "../../devices/call-switch/codec.ts";
import { callSwitchKey, callSwitchWire } from "../../devices/call-switch/module.ts";
import type { DeviceReading } from "../../src/driver/contract.ts";
import { parseTranscript } from "../../src/wire/transcript.ts";
import { feedStream } from "../support/conformance.ts";

const fixtures = path.join(import.meta.dirname, "../../devices/call-switch/fixtures");

const callsAt = async (module: typeof callSwitchKey | typeof callSwitchWire, file: string) => {
  const { chunks, options } = parseTranscript(readFileSync(path.join(fixtures, file), "utf8"));
  const heard = await feedStream(module, options, chunks);
  return heard.readings.filter(({ reading }) => isCall(reading)).map(({ atMs }) => atMs);
};

const isCall = ({ body }: DeviceReading): boolean => body.kind === "status" && body.codes.includes("call");

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
  expect(heard.readings.filter(({ reading }) => isCall(reading))).toEqual([
    { atMs: 2000, reading: { body: { kind: "status", codes: ["call"] } } },
  ]);
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
      heard.readings.filter(({ reading }) => isCall(reading)).map(({ atMs }) => atMs),
      `${lost} bytes lost`,
    ).toContain(3000);
  }
});

test("a switch that rests says every twenty seconds that it is there, and falls silent with its port", async () => {
  const inputs = (second: number) => ({
    offsetMs: second * 1000,
    channel: "inputs",
    bytes: Uint8Array.of(0),
  });
  const wire = await feedStream(callSwitchWire, {}, [...Array(50).keys()].map(inputs));
  expect(wire.readings.map(({ atMs }) => atMs)).toEqual([0, 20_000, 40_000]);
  expect(wire.readings.every(({ reading }) => !isCall(reading))).toBe(true);
});

test("a key says so while nobody presses it", async () => {
  const press = INPUT_EVENT.encode({ seconds: 1_768_514_400, micros: 0, type: 1, code: 57, value: 1 });
  const release = INPUT_EVENT.encode({ seconds: 1_768_514_400, micros: 0, type: 0, code: 0, value: 0 });
  const heard = await feedStream(callSwitchKey, {}, [
    { offsetMs: 0, bytes: release },
    { offsetMs: 65_000, bytes: Buffer.concat([press, release]) },
  ]);
  const told = heard.readings.map(({ atMs, reading }) => `${atMs} ${isCall(reading) ? "call" : "ready"}`);
  expect(told).toEqual(["0 ready", "20000 ready", "40000 ready", "60000 ready", "65000 call"]);
});

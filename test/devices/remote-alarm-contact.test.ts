import { describe, expect, test } from "vitest";
import { contactState } from "../../devices/remote-alarm-contact/codec.ts";
import { remoteAlarmContact } from "../../devices/remote-alarm-contact/module.ts";
import type { Sample } from "../../src/domain/sample.ts";
import type { TimedBytes } from "../../src/transport/replay.ts";
import { MODEM_INPUTS } from "../../src/wire/modem-lines.ts";
import { createBench, feed } from "../support/conformance.ts";

const NC = 0b0010;
const NO = 0b0001;

/** Lines as they stand from each moment on (ms), told when they change and every second, as the port does. */
function* lines(
  changes: readonly (readonly [atMs: number, inputs: number])[],
  endMs: number,
): Iterable<TimedBytes> {
  let toldMs = Number.NEGATIVE_INFINITY;
  let told: number | undefined;
  for (let atMs = 0; atMs <= endMs; atMs += 50) {
    const now = changes.findLast(([from]) => from <= atMs)?.[1] ?? 0;
    if (now === told && atMs - toldMs < 1000) continue;
    told = now;
    toldMs = atMs;
    yield { offsetMs: atMs, channel: "inputs", bytes: Uint8Array.of(now) };
  }
}

/** When which value was told, each change once. */
async function play(wiring: string, changes: readonly (readonly [number, number])[], endMs: number) {
  const bench = await createBench(remoteAlarmContact, { wiring });
  // The self-test of the start is answered: the lines fall when the feed is taken away.
  const answered: (readonly [number, number])[] = [[0, changes[0]?.[1] ?? 0], [2050, 0], ...changes.slice(1)];
  await feed(
    bench,
    lines([...answered.slice(0, 2), [2100, changes[0]?.[1] ?? 0], ...answered.slice(2)], endMs),
  );
  await bench.abort();
  const told: (readonly [number, Sample])[] = [];
  for (const { atMs, reading } of bench.heard.readings) {
    if (reading.body.kind !== "samples") continue;
    const sample = reading.body.samples.remote_alarm;
    if (sample !== undefined && sample !== told.at(-1)?.[1]) told.push([atMs, sample]);
  }
  const codes = bench.heard.readings.flatMap(({ reading }) =>
    reading.body.kind === "status" ? reading.body.codes : [],
  );
  return { told, codes };
}

describe("the truth table", () => {
  const inputs = (bits: number) => MODEM_INPUTS.decode(Uint8Array.of(bits), 0);
  const both = { normallyClosed: "dsr", normallyOpen: "cts" } as const;

  test.each([
    [NC, "well"],
    [NO, "alarm"],
    [0, "broken"],
    [NC | NO, "miswired"],
  ] as const)("both pairs: %d is %s", (bits, state) => {
    expect(contactState(both, inputs(bits))).toBe(state);
  });

  test("one pair alone cannot tell a pulled cable: closed pairs err towards the alarm, open ones towards silence", () => {
    expect(contactState({ ...both, normallyOpen: undefined }, inputs(0))).toBe("alarm");
    expect(contactState({ ...both, normallyClosed: undefined }, inputs(0))).toBe("well");
  });
});

describe("the contact over time", () => {
  test("an alarm is told half a second after it began, and stays for ten seconds after its end", async () => {
    const { told } = await play(
      "both",
      [
        [0, NC],
        [5000, NO],
        [8000, NC],
      ],
      25_000,
    );
    expect(told.map(([, sample]) => sample)).toEqual([0, 1, 0]);
    expect(told[1]?.[0]).toBeGreaterThanOrEqual(5500);
    expect(told[1]?.[0]).toBeLessThanOrEqual(6050);
    expect(told[2]?.[0]).toBeGreaterThanOrEqual(18_000);
    expect(told[2]?.[0]).toBeLessThanOrEqual(19_100);
  });

  test("a spike is no alarm, a contact that chatters with the beeper is one", async () => {
    const spike = await play(
      "both",
      [
        [0, NC],
        [5000, NO],
        [5100, NC],
      ],
      12_000,
    );
    expect(spike.told.map(([, sample]) => sample)).toEqual([0]);
    const beeper: (readonly [number, number])[] = [[0, NC]];
    for (let atMs = 5000; atMs < 9000; atMs += 400) beeper.push([atMs, NO], [atMs + 200, NC]);
    const chatter = await play("both", beeper, 12_000);
    expect(chatter.told.map(([, sample]) => sample)).toEqual([0, 1]);
    expect(chatter.told[1]?.[0]).toBeLessThan(6500);
  });

  test("a cable that is pulled out is not connected; both pairs closed is a wiring fault", async () => {
    const { told } = await play(
      "both",
      [
        [0, NC],
        [5000, 0],
        [9000, NC | NO],
        [12_000, NC],
      ],
      15_000,
    );
    expect(told.map(([, sample]) => sample)).toEqual([
      0,
      { absent: "not_connected" },
      { absent: "invalid" },
      0,
    ]);
  });

  test("lines that stay up without their feed are stuck: nothing they say is a measurement", async () => {
    const bench = await createBench(remoteAlarmContact, { wiring: "nc" });
    await feed(bench, lines([[0, NC]], 8_000));
    await bench.abort();
    const bodies = bench.heard.readings.map(({ reading }) => reading.body);
    expect(bodies).toContainEqual({ kind: "status", codes: ["self_test_failed"] });
    expect(bodies.at(-1)).toEqual({ kind: "samples", samples: { remote_alarm: { absent: "invalid" } } });
  });

  test("the self-test waits for the end of an alarm", async () => {
    const { told, codes } = await play(
      "both",
      [
        [0, NC],
        [590_000, NO],
        [640_000, NC],
      ],
      650_300,
    );
    expect(told.map(([, sample]) => sample)).toEqual([0, 1, 0]);
    expect(codes).toEqual([]);
  });
});

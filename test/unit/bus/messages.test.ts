import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  PAYLOAD_CHARS_MAX,
  readAlarm,
  readAlarmEvent,
  readCommand,
  readCommandResult,
  readEcho,
  readHealth,
  readSettings,
  readState,
  readStored,
  write,
} from "../../../src/bus/messages.ts";
import {
  acceptTime,
  decodeObservation,
  encodeObservation,
  restamp,
  withAfter,
} from "../../../src/bus/observation.ts";
import type { AlarmFold, Occurrence } from "../../../src/domain/alarm.ts";
import { type Observation, type ObservationBody, QUALITY_FLAGS } from "../../../src/domain/observation.ts";
import { ABSENCES, absent, measured, type Sample } from "../../../src/domain/sample.ts";
import { SIGNAL_IDS, SIGNALS, type SignalId } from "../../../src/domain/signal.ts";
import { mono, wall } from "../../../src/domain/time.ts";

const at = wall(1_800_000_000_000);

const observation = (body: ObservationBody, more: Partial<Observation> = {}): Observation => ({
  device: "oximeterxx",
  bed: "b1",
  epoch: "epochaaaaa",
  seq: 7,
  at,
  mono: mono(5_000),
  simulated: false,
  timeliness: "live",
  body,
  ...more,
});

const through = (sent: Observation) => decodeObservation(sent.bed, sent.device, encodeObservation(sent));

/** What a reader has of an observation: everything but monotonic time. */
const asReceived = (sent: Observation) => {
  const { mono: _, unsynced, ...rest } = sent;
  return { ...rest, unsynced: unsynced === true };
};

const sampleOf = (signal: SignalId): fc.Arbitrary<Sample> =>
  fc.oneof(
    fc
      .double({ min: SIGNALS[signal].min, max: SIGNALS[signal].max, noNaN: true })
      .map((value) => measured(signal, value)),
    fc.constantFrom(...ABSENCES).map(absent),
  );

const samples = fc
  .subarray([...SIGNAL_IDS])
  .chain((ids) => fc.record(Object.fromEntries(ids.map((id) => [id, sampleOf(id)]))));

describe("an observation on the wire", () => {
  test("of numbers arrives as it was, in every combination of signals and reasons", () => {
    fc.assert(
      fc.property(
        samples,
        fc.subarray([...QUALITY_FLAGS]),
        fc.boolean(),
        fc.boolean(),
        fc.nat(),
        (values, flags, simulated, unsynced, seq) => {
          const sent = observation(
            { kind: "samples", samples: values, ...(flags.length > 0 ? { flags } : {}), counter: 3 },
            { simulated, seq, deviceAt: wall(at - 40), ...(unsynced ? { unsynced } : {}) },
          );
          expect(through(sent)).toEqual({
            ok: true,
            observation: asReceived(sent),
            identity: { epoch: "epochaaaaa", seq, after: seq - 1 },
          });
        },
      ),
    );
  });

  test.each<ObservationBody>([
    { kind: "wave", rateHz: 50, channels: { flow: [0.1, -2.25, 30], airway_pressure: [5, 5.01, 12] } },
    { kind: "settings", settings: { ipap: 18, mode: "ST" } },
    { kind: "ownAlarm", alarms: [{ code: "A1", text: "Low tidal volume", priority: "high", active: true }] },
    { kind: "identity", serial: "123", model: "840" },
    { kind: "status", codes: ["battery_low"] },
  ])("of kind $kind arrives as it was", (body) => {
    const sent = observation(body);
    expect(through(sent)).toMatchObject({ ok: true, observation: asReceived(sent) });
  });

  test("of a breath is placed by the wall clock", () => {
    const values = {
      number: 12,
      inspTimeS: 1.2,
      expTimeS: 2.1,
      tidalVolumeInspMl: 480,
      tidalVolumeExpMl: 470,
      rateMin: 18.2,
      pressurePeakCmH2o: 18.4,
      pressureMeanCmH2o: 9.9,
      peepCmH2o: 5.1,
    };
    const sent = observation({ kind: "breath", breath: { ...values, start: mono(1_700), end: mono(5_000) } });
    expect(through(sent)).toMatchObject({
      observation: { body: { kind: "breath", breath: { ...values, startAt: at - 3_300, endAt: at } } },
    });
    expect(encodeObservation(sent)).not.toContain("mono");
  });

  test("carries the reason in the place of the number", () => {
    const payload = encodeObservation(
      observation({ kind: "samples", samples: { spo2: absent("sensor_off") } }),
    );
    expect(JSON.parse(payload)).toMatchObject({ v: 1, samples: { spo2: { absent: "sensor_off" } } });
  });

  test("says which number before it is still held", () => {
    const sent = observation({ kind: "status", codes: [] });
    const payload = withAfter(encodeObservation(sent), 3);
    expect(decodeObservation("b1", "oximeterxx", payload)).toMatchObject({ identity: { seq: 7, after: 3 } });
  });

  test("is read although a newer sender added fields, signals and reasons", () => {
    const payload = JSON.stringify({
      ...(JSON.parse(encodeObservation(observation({ kind: "samples", samples: { spo2: 97 } }))) as object),
      v: 9,
      mood: "good",
      samples: { spo2: 97, aura: 5, pulse_rate: { absent: "moonlight", since: 4 }, resp_rate: 1e6 },
      flags: ["artifact", "glitter"],
    });
    expect(decodeObservation("b1", "oximeterxx", payload)).toMatchObject({
      ok: true,
      observation: {
        body: {
          samples: { spo2: 97, pulse_rate: { absent: "invalid" }, resp_rate: { absent: "invalid" } },
          flags: ["artifact"],
        },
      },
    });
  });

  test("that cannot be read still tells which one it is, when it can", () => {
    const identity = { v: 1, epoch: "epochaaaaa", seq: 4 };
    expect(decodeObservation("b1", "x", JSON.stringify({ ...identity, kind: "dream" }))).toEqual({
      ok: false,
      reason: 'kind "dream" is not known',
      identity: { epoch: "epochaaaaa", seq: 4, after: 3 },
    });
    expect(
      decodeObservation("b1", "x", JSON.stringify({ ...identity, kind: "samples", at: "noon" })),
    ).toMatchObject({
      ok: false,
      identity: { seq: 4 },
    });
    expect(decodeObservation("b1", "x", "{")).not.toHaveProperty("identity");
    expect(decodeObservation("b1", "x", JSON.stringify({ kind: "samples" }))).not.toHaveProperty("identity");
  });

  test("never throws, whatever arrives, and takes nothing longer than the bound", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.jsonValue().map((value) => JSON.stringify(value)),
        ),
        (payload) => {
          expect(decodeObservation("b1", "x", payload).ok).toBe(false);
        },
      ),
    );
    expect(decodeObservation("b1", "x", `"${"x".repeat(PAYLOAD_CHARS_MAX)}"`)).toMatchObject({
      reason: expect.stringContaining("longer than") as string,
    });
  });

  test("made before the clock was right gets its true time from the monotonic clock", () => {
    const sent = observation(
      { kind: "status", codes: [] },
      { at: wall(12_345), mono: mono(2_345), unsynced: true },
    );
    const trueOffset = 1_800_000_000_000;
    const received = decodeObservation("b1", "x", restamp(encodeObservation(sent), trueOffset));
    expect(received).toMatchObject({ observation: { at: trueOffset + 2_345, unsynced: false } });
    const accepted = decodeObservation("b1", "x", acceptTime(encodeObservation(sent)));
    expect(accepted).toMatchObject({ observation: { at: 12_345, unsynced: false } });
    const synced = encodeObservation(observation({ kind: "status", codes: [] }));
    expect(restamp(synced, 1)).toBe(synced);
    expect(acceptTime(synced)).toBe(synced);
  });
});

const anna = { id: "p1", name: "Anna" };

const occurrence: Occurrence = {
  id: "b1-abcdefghij-3",
  bed: "b1",
  condition: "SPO2_LOW",
  subject: "oximeterxx",
  priority: "high",
  state: "unknown",
  raisedAt: at,
  unknownSince: wall(at + 5),
  values: { spo2: 79, device: "oximeter" },
  acknowledgement: { by: { id: "p1", name: "陳" }, at, until: wall(at + 9), place: "bedside" },
  conditions: ["SPO2_LOW", "SPO2_WARN"],
  card: "b1-abcdefghij-2",
  recurrent: { count: 7, since: at },
  quiet: { why: "care", until: at, by: anna, act: "mask" },
  accepted: anna,
  simulated: true,
  drill: false,
  notDurable: true,
};

const fold: AlarmFold = {
  bed: "b1",
  revision: 4,
  at,
  watch: { on: true, reason: "person", since: at, by: { id: "p1", name: "Anna" } },
  open: [occurrence],
  unknown: [{ condition: "VENT_PRESSURE_LOW", why: "IPAP is not known" }],
  drillUntil: at,
  cards: [
    {
      id: occurrence.id,
      cause: "mask_off",
      priority: "high",
      members: [occurrence.id],
      evidence: [{ name: "leak", value: 68, trend: "up" }],
    },
  ],
  past: [{ occurrence, endedAt: at, seconds: 12.5, missed: true }],
  pauses: [{ condition: "SPO2_WARN", priority: "medium", until: at, by: anna }],
  care: { act: "suction", since: at, until: at, by: anna },
  carePlan: { turn: 120, cough_assist: 1_440 },
  limits: { version: 2, by: anna, at, reason: "agreed", expiresAt: at, off: ["SPO2_WARN"] },
};

describe("every other message", () => {
  test("arrives as it was", () => {
    expect(readAlarm(write(fold))).toEqual({ ok: true, message: { v: 1, ...fold } });
    const event = {
      kind: "ended",
      at,
      member: { condition: "SPO2_LOW", priority: "high", values: { spo2: 79 } },
      occurrence,
      reason: "recovered",
      over: true,
      by: { id: "p1", name: "Anna" },
    } as const;
    const sent = { epoch: "e", seq: 1, event };
    expect(readAlarmEvent(write(sent))).toEqual({ ok: true, message: { v: 1, ...sent } });
    const state = { epoch: "e", online: true, at, simulated: false, settingsHash: "abc" };
    expect(readState(write(state))).toEqual({ ok: true, message: { v: 1, ...state } });
    const stored = { marks: [{ epoch: "e", seq: 5 }] };
    expect(readStored(write(stored))).toEqual({ ok: true, message: { v: 1, ...stored } });
    const settings = {
      version: 3,
      author: "Anna",
      at,
      hash: "abc",
      body: { limits: { SPO2_LOW: { limit: 88 } } },
    };
    expect(readSettings(write(settings))).toEqual({ ok: true, message: { v: 1, ...settings } });
    const result = { id: "c1", outcome: "refused", reason: "expired", at } as const;
    expect(readCommandResult(write(result))).toEqual({ ok: true, message: { v: 1, ...result } });
    const health = { epoch: "e", nonce: "n", at, clockTrusted: true, spoolHeld: 0, spoolDropped: 2 };
    expect(readHealth(write(health))).toEqual({ ok: true, message: { v: 1, ...health } });
    const echo = { nonce: "n", session: "s" };
    expect(readEcho(write(echo))).toEqual({ ok: true, message: { v: 1, ...echo } });
  });

  test("of an older edge is still an alarm: what it does not say is filled in, each alarm with a card of its own", () => {
    const { cards: _c, past: _p, pauses: _q, limits: _l, care: _a, carePlan: _p2, ...older } = fold;
    expect(readAlarm(JSON.stringify({ v: 1, ...older }))).toEqual({
      ok: true,
      message: {
        v: 1,
        ...older,
        cards: [{ id: occurrence.id, priority: "high", members: [occurrence.id], evidence: [] }],
        past: [],
        pauses: [],
        limits: { version: 0, off: [] },
      },
    });
  });

  test.each<Record<string, unknown>>([
    { kind: "acknowledge", occurrence: occurrence.id, place: "watching" },
    { kind: "pause", condition: "SPO2_WARN", priority: "medium", forMs: 600_000 },
    { kind: "care", act: "suction" },
    { kind: "leave", reason: "visit", until: at },
    { kind: "finish", reason: "death" },
    { kind: "care_plan", plan: { turn: 120 } },
  ])("asks an engine from afar: $kind", (body) => {
    const about = { id: "c", person: anna, issuedAt: at, expiresAt: at, edgeEpoch: "e" };
    expect(readCommand(JSON.stringify({ v: 1, command: { ...about, body } })).ok).toBe(true);
  });

  test("is refused with the place and the rule when it does not fit", () => {
    const broken = write({ ...fold, open: [{ ...occurrence, priority: "urgent" as "high" }] });
    expect(readAlarm(broken)).toEqual({
      ok: false,
      reason: "/open/0/priority must be equal to one of the allowed values",
    });
    expect(readStored('{"v":1,"marks":[{"epoch":"e","seq":-1}]}').ok).toBe(false);
    expect(readState("[]").ok).toBe(false);
  });

  test("of the self-monitor cannot be forged as a command", () => {
    const body = { kind: "self_fault", condition: "DB_WRITE_FAIL", active: false, detail: "" };
    const command = {
      id: "c",
      person: { id: "p", name: "" },
      issuedAt: at,
      expiresAt: at,
      edgeEpoch: "e",
      body,
    };
    expect(readCommand(JSON.stringify({ v: 1, mac: "", command })).ok).toBe(false);
  });
});

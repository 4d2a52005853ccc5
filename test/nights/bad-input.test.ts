// What must not delay, lose or double anything, on virtual time through the whole home.
import { afterEach, describe, expect, test } from "vitest";
import { rehearsalConfig, startRehearsedHome } from "../../src/cli/nights.ts";
import type { AlarmEvent } from "../../src/domain/alarm.ts";
import { wall } from "../../src/domain/time.ts";
import type { Random } from "../../src/port/random.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import type { RehearsalWorld } from "../../src/rehearse.ts";
import { observationsOf, occurredIn, openIn, startDrilledHome } from "../support/home-rehearsed.ts";

type Run = Awaited<ReturnType<typeof startDrilledHome>>;

const running: { stop(): Promise<void> }[] = [];
afterEach(async () => {
  for (const run of running.splice(0)) await run.stop();
});

const SEED = 11;
const TIMEOUT = { timeout: 300_000 };

/** A drill in which the mask comes off after 10 s, with something else going wrong at 30 s; ends after `seconds`. */
async function maskOff(seconds: number, goWrong: (run: Run) => unknown = () => undefined): Promise<Run> {
  const run = await startDrilledHome(SEED);
  running.push(run);
  await run.world.clock.advance(10_000);
  run.patient.apply("mask_off");
  await run.world.clock.advance(20_000);
  goWrong(run);
  await run.world.clock.advance((seconds - 30) * 1_000);
  return run;
}

/** What happened and when; ids and marks aside. */
const timeline = ({ events, world }: Run, isTold: (event: AlarmEvent) => boolean = () => true): string[] =>
  events
    .filter(isTold)
    .map(({ kind, at, occurrence }) => `${at - world.clock.wall()} ${kind} ${occurrence.condition}`);

const isOfTheBed = ({ occurrence }: AlarmEvent): boolean => occurrence.condition !== "DB_WRITE_FAIL";

/** Stored values of a signal by their time; times as often as they are stored. */
async function stored({ world }: { readonly world: RehearsalWorld }): Promise<readonly number[]> {
  const now = world.clock.wall();
  const range = { bed: "b1", from: wall(now - 3_600_000), to: now, signal: "spo2" } as const;
  return (await world.timeseries.range(range)).map(({ at }) => at);
}

/** Seconds without a stored value between the first and the last one. */
const gapsIn = (times: readonly number[]): readonly number[] =>
  times.slice(1).flatMap((at, i) => (at - (times[i] ?? at) > 1_500 ? [at] : []));

describe("a store that stands still for 10 s in an alarm", () => {
  test("delays no alarm, no sound and no call by a millisecond, and loses nothing", TIMEOUT, async () => {
    const well = await maskOff(80);
    const stalled = await maskOff(80, ({ world }) => {
      const { write } = world.timeseries;
      const held: (() => void)[] = [];
      Object.assign(world.timeseries, {
        write: (batch: Parameters<typeof write>[0]) =>
          new Promise<number | undefined>((resolve, reject) => {
            held.push(() => {
              write(batch).then(resolve, reject);
            });
          }),
      });
      world.clock.after(10_000, () => {
        Object.assign(world.timeseries, { write });
        for (const go of held) go();
      });
    });
    expect(occurredIn(stalled, "VENT_DISCONNECT")).toHaveLength(1);
    // The store stands still from 50 s to 40 s before the end.
    const raisedAt = occurredIn(stalled, "VENT_DISCONNECT")[0]?.raisedAt ?? 0;
    expect(raisedAt - stalled.world.clock.wall()).toBeGreaterThan(-50_000);
    expect(raisedAt - stalled.world.clock.wall()).toBeLessThan(-40_000);
    expect(timeline(stalled)).toEqual(timeline(well));
    expect(stalled.world.audio.starts).toEqual(well.world.audio.starts);
    expect(stalled.world.audio.starts.length).toBeGreaterThan(0);
    const calls = (run: Run): number[] => run.world.http.requests.map(({ atMs }) => atMs);
    expect(calls(stalled)).toEqual(calls(well));
    expect(calls(stalled).length).toBeGreaterThan(0);
    // The last seconds are on their way in both.
    const settled = async (run: Run): Promise<readonly number[]> =>
      (await stored(run)).filter((at) => at < run.world.clock.wall() - 3_000);
    expect(await settled(stalled)).toEqual(await settled(well));
    expect((await settled(stalled)).length).toBeGreaterThan(70);
  });
});

describe("a disk that does not write", () => {
  const troubles: readonly {
    readonly name: string;
    readonly begin: (world: RehearsalWorld) => void;
    readonly end: (world: RehearsalWorld) => void;
  }[] = [
    { name: "full", begin: ({ disk }) => disk.setFull(true), end: ({ disk }) => disk.setFull(false) },
    {
      name: "mounted read-only",
      begin: ({ disk }) => disk.setReadOnly(true),
      end: ({ disk }) => disk.setReadOnly(false),
    },
    { name: "stalled", begin: ({ disk }) => disk.stall(), end: ({ disk }) => disk.resume() },
  ];

  for (const { name, begin, end } of troubles) {
    test(
      `(${name}) holds no alarm back; it is marked, and the disk is an alarm of its own`,
      TIMEOUT,
      async () => {
        const well = await maskOff(50);
        const brokenAtMs = 30_000;
        const run = await maskOff(50, ({ world }) => begin(world));
        const { clock } = run.world;
        expect(timeline(run, isOfTheBed)).toEqual(timeline(well));
        expect(openIn(run, "VENT_DISCONNECT")).toMatchObject({ notDurable: true });
        expect(openIn(well, "VENT_DISCONNECT")).not.toHaveProperty("notDurable");
        expect(run.world.audio.starts[0]).toBe(well.world.audio.starts[0]);
        // A call waits half a second for the disk, no longer.
        const [first = Number.NaN] = run.world.http.requests.map(({ atMs }) => atMs);
        expect(first - (well.world.http.requests[0]?.atMs ?? 0)).toBeLessThanOrEqual(500);

        const [fault] = occurredIn(run, "DB_WRITE_FAIL");
        const faultAtMs = (fault?.raisedAt ?? 0) - (clock.wall() - clock.mono());
        expect(faultAtMs).toBeGreaterThanOrEqual(brokenAtMs + 10_000);
        expect(faultAtMs).toBeLessThan(brokenAtMs + 17_000);
        expect(run.home.edge.live.states()[0]?.readiness.durable).toBe(false);

        end(run.world);
        await clock.advance(30_000);
        expect(openIn(run, "DB_WRITE_FAIL")).toBeUndefined();
        expect(openIn(run, "VENT_DISCONNECT")).not.toHaveProperty("notDurable");
        expect(openIn(run, "VENT_DISCONNECT")).toBeDefined();
        expect(run.home.edge.live.states()[0]?.readiness.durable).toBe(true);
        expect(gapsIn(await stored(run))).toEqual([]);
      },
    );
  }

  test(
    "lets nobody be told that a call was taken before it is written down, for half a second",
    TIMEOUT,
    async () => {
      const run = await startDrilledHome(SEED);
      running.push(run);
      const { clock, disk } = run.world;
      await clock.advance(5_000);
      const call = (id: string) => {
        const answered: unknown[] = [];
        const command = { kind: "call", id, call: { how: "touch", kind: "come" } } as const;
        void run.home.edge.obey("b1", command).then((outcome) => answered.push(outcome));
        return answered;
      };
      const open = () => occurredIn(run, "PATIENT_CALL").length;

      const well = call("call-well");
      expect(open()).toBe(1);
      await clock.advance(10);
      expect(well).toEqual([{ accepted: true }]);

      await clock.advance(5_000);
      disk.stall();
      const late = call("call-late");
      expect(open()).toBe(2);
      await clock.advance(400);
      expect(late).toEqual([]);
      disk.resume();
      await clock.advance(10);
      expect(late).toEqual([{ accepted: true }]);

      await clock.advance(5_000);
      disk.stall();
      const unwritten = call("call-unwritten");
      await clock.advance(600);
      expect(unwritten).toEqual([{ accepted: true }]);
      expect(openIn(run, "PATIENT_CALL")).toBeDefined();
      disk.resume();
      await clock.advance(5_000);
    },
  );

  test("for two seconds now and then wakes nobody for that", TIMEOUT, async () => {
    const run = await startRehearsedHome(SEED, rehearsalConfig("B"));
    running.push(run);
    for (let pause = 0; pause < 5; pause++) {
      await run.world.clock.advance(13_000);
      run.world.disk.stall();
      await run.world.clock.advance(2_000);
      run.world.disk.resume();
    }
    await run.world.clock.advance(15_000);
    expect(run.events).toEqual([]);
    expect(gapsIn(await stored(run))).toEqual([]);
  });
});

describe("a broker that is away for ten minutes", () => {
  test("loses no observation, doubles none, and keeps no alarm from anybody", TIMEOUT, async () => {
    const run = await startDrilledHome(SEED);
    running.push(run);
    const { clock, broker } = run.world;
    const place = { host: "127.0.0.1", port: 0, username: "", password: "" };
    await clock.advance(20_000);
    await (await broker.start(place)).close();
    await clock.advance(10_000);
    const before = (await stored(run)).length;
    run.patient.apply("mask_off");
    await clock.advance(45_000);
    expect(openIn(run, "VENT_DISCONNECT")).toBeDefined();
    expect(run.world.http.requests.length).toBeGreaterThan(0);
    run.patient.apply("mask_on");
    await clock.advance(545_000);
    expect((await stored(run)).length).toBe(before);
    await broker.start(place);
    await clock.advance(60_000);
    const times = await stored(run);
    expect(gapsIn(times)).toEqual([]);
    expect(new Set(times).size).toBe(times.length);
    expect(times.length).toBeGreaterThan(670);
    expect(run.home.hub.status()).toMatchObject({ rejected: 0, turnedAway: 0, waiting: expect.any(Number) });
    const range = { bed: "b1", from: wall(0), to: clock.wall() } as const;
    const kept = await run.world.timeseries.events(range);
    expect(kept.map(({ kind, at }) => `${kind} ${at}`)).toEqual(
      run.events.map(({ kind, at }) => `${kind} ${at}`),
    );
  });
});

/** Damage of every kind on a cable: a piece in ten each is garbage, cut, doubled, swapped with the next or flipped. */
function damage(random: Random): (bytes: Uint8Array) => Uint8Array {
  let late: Uint8Array = new Uint8Array();
  return (bytes) => {
    const pieces = [late, bytes];
    late = new Uint8Array();
    const kind = Math.floor(random.uniform() * 50);
    if (kind < 5) pieces.push(random.bytes(Math.floor(random.uniform() * 40)));
    else if (kind < 10) pieces[1] = bytes.subarray(0, Math.floor(random.uniform() * bytes.length));
    else if (kind < 15) pieces.push(bytes);
    else if (kind < 20) {
      pieces.pop();
      late = bytes;
    } else if (kind < 25 && bytes.length > 0) {
      const flipped = bytes.slice();
      const at = Math.floor(random.uniform() * bytes.length);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << Math.floor(random.uniform() * 8));
      pieces[1] = flipped;
    }
    return Buffer.concat(pieces.toReversed());
  };
}

describe("cables that lie", () => {
  test(
    "garbage, cut, doubled, reordered and flipped bytes for three minutes end nothing",
    TIMEOUT,
    async () => {
      const run = await startRehearsedHome(SEED, rehearsalConfig("B"));
      running.push(run);
      const { clock, memory, log } = run.world;
      await clock.advance(20_000);
      const before = run.home.edge.devices();
      memory.cable("oximeter").tamper(damage(createSeededRandom(5)));
      memory.cable("ventilator").tamper(damage(createSeededRandom(6)));
      await clock.advance(180_000);
      const during = run.home.edge.devices();
      for (const [i, device] of during.entries()) {
        const { counters, family } = device;
        const earlier = before[i]?.counters ?? counters;
        const framesASecond = earlier.frames / 20;
        expect(counters.rejects, family).toBeGreaterThan(20);
        expect(counters.frames - earlier.frames, family).toBeGreaterThan(0.3 * 180 * framesASecond);
        expect(counters.observations - earlier.observations, family).toBeGreaterThan(100);
      }
      expect(occurredIn(run, "RULE_ERROR")).toEqual([]);
      expect(log.notes.filter(({ level }) => level === "error")).toEqual([]);

      memory.cable("oximeter").tamper(undefined);
      memory.cable("ventilator").tamper(undefined);
      await clock.advance(120_000);
      expect(run.home.edge.live.fold("b1")?.open).toEqual([]);
      const after = run.home.edge.devices();
      for (const [i, { counters, link, ageMs }] of after.entries()) {
        expect(link).toBe("open");
        expect(ageMs).toBeLessThan(8_000);
        expect(counters.rejects - (during[i]?.counters.rejects ?? 0)).toBeLessThan(5);
      }
    },
  );

  test("that are pulled fifty times are read again soon, each time", TIMEOUT, async () => {
    const run = await startRehearsedHome(SEED, rehearsalConfig("B"));
    running.push(run);
    const { clock, memory, log } = run.world;
    await clock.advance(10_000);
    const frames = (): number[] => run.home.edge.devices().map(({ counters }) => counters.frames);
    for (let pull = 0; pull < 50; pull++) {
      for (const name of ["oximeter", "ventilator"]) memory.cable(name).unplug();
      await clock.advance(100 + (pull % 7) * 130);
      const before = frames();
      for (const name of ["oximeter", "ventilator"]) memory.cable(name).plugIn();
      // The simulated finger sensor speaks in bursts of 200 ms, and a packet is believed when the next one begins.
      await clock.advance(1_300);
      for (const [i, count] of frames().entries()) {
        expect(count, `pull ${pull} of ${run.home.edge.devices()[i]?.family}`).toBeGreaterThan(
          before[i] ?? 0,
        );
      }
    }
    expect(run.home.edge.devices().map(({ counters }) => counters.reopens)).toEqual([50, 50]);
    expect(log.notes.filter(({ level }) => level === "error")).toEqual([]);
    const heard = observationsOf(run);
    await clock.advance(10_000);
    expect(observationsOf(run)).toBeGreaterThan(heard + 10);
  });
});

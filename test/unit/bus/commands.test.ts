import { describe, expect, test } from "vitest";
import { createCommander } from "../../../src/bus/commander.ts";
import { type CommandAnswer, createCommandDesk } from "../../../src/bus/commands.ts";
import { createMemoryBus } from "../../../src/bus/memory.ts";
import { write } from "../../../src/bus/messages.ts";
import { type Command, signCommand } from "../../../src/bus/signing.ts";
import { bedTopic, type Place } from "../../../src/bus/topics.ts";
import type { AlarmCommand } from "../../../src/domain/alarm.ts";
import { Fault } from "../../../src/domain/fault.ts";
import { MINUTE_MS, SECOND_MS, wall } from "../../../src/domain/time.ts";
import { createVirtualClock, settle } from "../../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { silentLog as log } from "../../support/silent-log.ts";

const place: Place = { home: "abcdefghij", bed: "b1" };
const key = new Uint8Array(32).fill(9);
const anna = { id: "p1", name: "Anna" };

const acknowledge = (id = "tap1"): Extract<AlarmCommand, { readonly kind: "acknowledge" }> => ({
  kind: "acknowledge",
  id,
  occurrence: "b1-journalxxx-3",
  by: anna,
  place: "going",
});
const pause = (id = "pause1"): AlarmCommand => ({
  ...{ kind: "pause", id, condition: "VENT_LEAK_WARN", priority: "low" },
  ...{ forMs: MINUTE_MS, by: anna },
});

/** A hub with a commander, a broker, and as many runs of an edge as a test begins. */
async function houseAndHub() {
  const clock = createVirtualClock(wall(1_800_000_000_000), true);
  const memory = createMemoryBus(clock);
  const done: AlarmCommand[] = [];
  let answer: () => CommandAnswer = () => ({ accepted: true });
  let epoch: string | undefined;
  const hubBus = memory.connector.connect({ url: "memory://", clientId: "hub" });
  const commander = createCommander({
    ...{ bus: hubBus, clock, random: createSeededRandom(3), log },
    pairingKeyOf: (home) => (home === place.home ? key : undefined),
    epochOf: () => epoch,
  });
  commander.start();
  const startEdge = async (run: string, pairingKey = key) => {
    const bus = memory.connector.connect({ url: "memory://", clientId: `edge-${run}` });
    const desk = createCommandDesk({
      ...{ bus, clock, log, ...place, pairingKey, edgeEpoch: run },
      async act(command) {
        done.push(command);
        return answer();
      },
      look: (body) =>
        body.kind === "raw" && body.device === "oximeterxx"
          ? { accepted: true }
          : { accepted: false, code: "NOT_FOUND" },
    });
    desk.start();
    await settle();
    return {
      bus,
      /** The hub has read the run's state. */
      seen(): void {
        epoch = run;
        commander.edgeChanged(place);
      },
      async stop(): Promise<void> {
        desk.stop();
        await bus.close();
      },
    };
  };
  await settle();
  return {
    ...{ clock, memory, hubBus, commander, startEdge, done },
    answerWith(next: () => CommandAnswer): void {
      answer = next;
    },
  };
}

/** What becomes of a promise, without waiting for it. */
function fateOf<T>(promise: Promise<T>): { value?: T; error?: unknown } {
  const fate: { value?: T; error?: unknown } = {};
  promise.then(
    (value) => {
      fate.value = value;
    },
    (error: unknown) => {
      fate.error = error;
    },
  );
  return fate;
}

describe("a command from the hub's pages", () => {
  test("reaches the engine before any time has passed, word for word, and its answer comes back", async () => {
    const h = await houseAndHub();
    (await h.startEdge("run1")).seen();
    const fate = fateOf(h.commander.send(place, acknowledge()));
    await settle();
    expect(h.done).toEqual([acknowledge()]);
    expect(fate).toEqual({ value: { accepted: true } });
    expect(h.commander.waiting).toBe(0);
  });

  test.each<AlarmCommand>([
    pause(),
    { kind: "call", id: "c", call: { how: "touch", kind: "breathing" } },
    { kind: "all_right", id: "r", occurrence: "b1-journalxxx-3", by: anna },
    { kind: "baselines", id: "n", baselines: { leak: { median: 12, nights: 5 } } },
    { kind: "limits", id: "l", version: 4, limits: { SPO2_LOW: { limit: 86 } }, reason: "cold", by: anna },
    { kind: "care_plan", id: "p", plan: { suction: 60 }, by: anna },
  ])("of the kind $kind arrives as it was", async (command) => {
    const h = await houseAndHub();
    (await h.startEdge("run1")).seen();
    await h.commander.send(place, command);
    expect(h.done).toEqual([command]);
  });

  test("that the engine refuses is answered with the engine's reason", async () => {
    const h = await houseAndHub();
    (await h.startEdge("run1")).seen();
    h.answerWith(() => ({ accepted: false, reason: "This alarm is over.", code: "CONFLICT" }));
    expect(await h.commander.send(place, acknowledge())).toEqual({
      accepted: false,
      reason: "This alarm is over.",
      code: "CONFLICT",
    });
  });

  test("is done once although its answer was lost, and the first answer is the one that comes", async () => {
    const h = await houseAndHub();
    (await h.startEdge("run1")).seen();
    let lost = 0;
    h.memory.setFate((topic) => (topic.endsWith("command/result") && lost++ < 2 ? "lose" : "deliver"));
    const fate = fateOf(h.commander.send(place, acknowledge()));
    await settle();
    h.answerWith(() => ({ accepted: false, reason: "over" }));
    await h.clock.advance(5 * SECOND_MS);
    expect(fate).toEqual({ value: { accepted: true } });
    expect(h.done).toHaveLength(1);
  });

  test("survives a connection that breaks on the way", async () => {
    const h = await houseAndHub();
    (await h.startEdge("run1")).seen();
    h.memory.disconnectAll();
    const fate = fateOf(h.commander.send(place, acknowledge()));
    await h.clock.advance(3 * SECOND_MS);
    expect(fate).toEqual({ value: { accepted: true } });
    expect(h.done).toHaveLength(1);
  });

  test("is signed anew for a run that began between the state and the command", async () => {
    const h = await houseAndHub();
    const first = await h.startEdge("run1");
    first.seen();
    await first.stop();
    const second = await h.startEdge("run2");
    const fate = fateOf(h.commander.send(place, acknowledge()));
    await h.clock.advance(SECOND_MS);
    expect(fate).toEqual({});
    second.seen();
    await settle();
    expect(fate).toEqual({ value: { accepted: true } });
    expect(h.done).toEqual([{ ...acknowledge(), agoMs: SECOND_MS }]);
  });

  test("with the wrong pairing key is not taken, and says so", async () => {
    const h = await houseAndHub();
    (await h.startEdge("run1", new Uint8Array(32).fill(1))).seen();
    expect(await h.commander.send(place, acknowledge())).toMatchObject({
      accepted: false,
      code: "NOT_ALLOWED",
      reason: expect.stringContaining("wrong_signature"),
    });
    expect(h.done).toEqual([]);
  });

  test("to a home without a box is refused at once", async () => {
    const h = await houseAndHub();
    await expect(h.commander.send({ ...place, home: "bcdefghijk" }, pause())).rejects.toMatchObject({
      code: "CONFLICT",
    });
  });

  test("cannot say in the box's name what is wrong with the box", async () => {
    const h = await houseAndHub();
    const fault: AlarmCommand = {
      ...{ kind: "self_fault", id: "x", condition: "STORAGE_FULL" },
      ...{ active: false, detail: "" },
    };
    await expect(h.commander.send(place, fault)).rejects.toMatchObject({ code: "COMMAND_INVALID" });
  });
});

describe("a box that cannot be reached", () => {
  test("is said to be silent after ten seconds, and an answer to an alarm reaches it all the same", async () => {
    const h = await houseAndHub();
    const fate = fateOf(h.commander.send(place, acknowledge()));
    await h.clock.advance(9_900);
    expect(fate).toEqual({});
    await h.clock.advance(200);
    expect(fate.error).toMatchObject({ code: "EDGE_SILENT" });
    await h.clock.advance(3 * MINUTE_MS);
    (await h.startEdge("run1")).seen();
    await settle();
    // With how long ago it was given, by one clock alone.
    expect(h.done).toEqual([{ ...acknowledge(), agoMs: 3 * MINUTE_MS + 10_100 }]);
    expect(h.commander.waiting).toBe(0);
  });

  test("is told how long ago an answer was given that had been held up before, whatever its own clock says", async () => {
    const h = await houseAndHub();
    const seen: AlarmCommand = { kind: "with_patient", id: "w", occurrence: "b1-journalxxx-3", by: anna };
    const both = [h.commander.send(place, { ...acknowledge(), agoMs: 5_000 }), h.commander.send(place, seen)];
    await h.clock.advance(4 * SECOND_MS);
    h.clock.stepWall(-20 * SECOND_MS);
    (await h.startEdge("run1")).seen();
    await Promise.all(both);
    expect(h.done).toEqual([
      { ...acknowledge(), agoMs: 9_000 },
      { ...seen, agoMs: 4_000 },
    ]);
  });

  test("never does later what a person was told has failed", async () => {
    const h = await houseAndHub();
    const fate = fateOf(h.commander.send(place, pause()));
    await h.clock.advance(11 * SECOND_MS);
    expect(fate.error).toMatchObject({ code: "EDGE_SILENT" });
    (await h.startEdge("run1")).seen();
    await h.clock.advance(MINUTE_MS);
    expect(h.done).toEqual([]);
  });

  test("for longer than five minutes is not told any more", async () => {
    const h = await houseAndHub();
    const fate = fateOf(h.commander.send(place, acknowledge()));
    await h.clock.advance(5 * MINUTE_MS + 1);
    expect(fate.error).toBeInstanceOf(Fault);
    expect(h.commander.waiting).toBe(0);
    (await h.startEdge("run1")).seen();
    await h.clock.advance(MINUTE_MS);
    expect(h.done).toEqual([]);
  });

  test("does not make one home's commands take the place of others'", async () => {
    const h = await houseAndHub();
    const many = Array.from({ length: 101 }, (_, n) => fateOf(h.commander.send(place, pause(`p${n}`))));
    await settle();
    expect(many.at(-1)?.error).toMatchObject({ code: "RATE_LIMITED" });
    expect(many.at(-2)).toEqual({});
  });
});

describe("the desk at the bed", () => {
  const command = (more: Partial<Command> = {}): Command => ({
    ...{ id: "c1", person: anna, issuedAt: wall(1_800_000_000_000), edgeEpoch: "run1" },
    expiresAt: wall(1_800_000_000_000 + MINUTE_MS),
    body: { kind: "end_watch" },
    ...more,
  });

  test.each([
    ["unsigned", write({ command: command() })],
    ["signed with a guessed key", write(signCommand(new Uint8Array(32), place, command()))],
    ["made for another bed", write(signCommand(key, { ...place, bed: "b2" }, command()))],
    ["made for a run that is over", write(signCommand(key, place, command({ edgeEpoch: "run0" })))],
    ["expired", write(signCommand(key, place, command({ expiresAt: wall(1_799_999_999_999) })))],
    ["no JSON", "{"],
    ["nested beyond reason", "[".repeat(100_000)],
    ["longer than anything may be", " ".repeat(300_000)],
  ])("does nothing for what is %s", async (_, payload) => {
    const h = await houseAndHub();
    await h.startEdge("run1");
    await h.hubBus.publish(bedTopic(place.home, place.bed, "command"), payload, { retain: false });
    await settle();
    expect(h.done).toEqual([]);
  });

  test("does what was recorded and played again only once", async () => {
    const h = await houseAndHub();
    await h.startEdge("run1");
    const payload = write(signCommand(key, place, command()));
    for (let n = 0; n < 3; n++) {
      await h.hubBus.publish(bedTopic(place.home, place.bed, "command"), payload, { retain: false });
    }
    await settle();
    expect(h.done).toHaveLength(1);
  });

  test("says that it failed when the engine throws, and goes on", async () => {
    const h = await houseAndHub();
    (await h.startEdge("run1")).seen();
    h.answerWith(() => {
      throw new Fault("NOT_FOUND", "There is no bed b1 here.");
    });
    expect(await h.commander.send(place, pause())).toMatchObject({ accepted: false, code: "NOT_FOUND" });
    h.answerWith(() => ({ accepted: true }));
    expect(await h.commander.send(place, pause("pause2"))).toEqual({ accepted: true });
  });

  test("passes the ask for a device's frames on", async () => {
    const h = await houseAndHub();
    (await h.startEdge("run1")).seen();
    const ask = (device: string) => h.commander.look(place, { kind: "raw", device, forMs: MINUTE_MS }, anna);
    expect(await ask("oximeterxx")).toEqual({ accepted: true });
    expect(await ask("elsewherex")).toMatchObject({ accepted: false, code: "NOT_FOUND" });
    expect(h.done).toEqual([]);
  });
});

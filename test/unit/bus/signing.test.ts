import { describe, expect, test } from "vitest";
import { readCommand, write } from "../../../src/bus/messages.ts";
import { type Command, createCommandGuard, signCommand } from "../../../src/bus/signing.ts";
import { MINUTE_MS, wall } from "../../../src/domain/time.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";

const key = new Uint8Array(32).fill(7);
const place = { home: "abcdefghij", bed: "b1" };
const now = wall(1_800_000_000_000);

const command = (more: Partial<Command> = {}): Command => ({
  id: "c1",
  person: { id: "p1", name: "Anna" },
  issuedAt: now,
  expiresAt: wall(now + MINUTE_MS),
  edgeEpoch: "epochaaaaa",
  body: { kind: "acknowledge", occurrence: "b1-journal-3", place: "going" },
  ...more,
});

function setUp(trusted = true) {
  const clock = createVirtualClock(now, trusted);
  const guard = createCommandGuard({ pairingKey: key, ...place, edgeEpoch: "epochaaaaa", clock });
  /** Over the wire, as the edge gets it. */
  const judge = (message: ReturnType<typeof signCommand>) => {
    const read = readCommand(write(message));
    if (!read.ok) throw new Error(read.reason);
    return guard.judge(read.message);
  };
  return { clock, guard, judge };
}

describe("a signed command", () => {
  test("is obeyed once", () => {
    const { judge } = setUp();
    const signed = signCommand(key, place, command());
    expect(judge(signed)).toEqual({ ok: true, command: command() });
    expect(judge(signed)).toEqual({ ok: false, id: "c1", reason: "repeated" });
    expect(judge(signCommand(key, place, command({ id: "c2" })))).toMatchObject({ ok: true });
  });

  test("may carry its fields in any order", () => {
    const { judge } = setUp();
    const turned = Object.fromEntries(Object.entries(command()).toReversed()) as Command;
    expect(judge({ ...signCommand(key, place, command()), command: turned })).toMatchObject({ ok: true });
  });

  test.each([
    ["no signature", { command: command() }, "unsigned"],
    ["an empty signature", { mac: "", command: command() }, "wrong_signature"],
    ["another key's signature", signCommand(new Uint8Array(32), place, command()), "wrong_signature"],
    [
      "the signature for another bed",
      signCommand(key, { ...place, bed: "b2" }, command()),
      "wrong_signature",
    ],
    [
      "the signature for another home",
      signCommand(key, { ...place, home: "bcdefghijk" }, command()),
      "wrong_signature",
    ],
    [
      "a changed body",
      { ...signCommand(key, place, command()), command: command({ body: { kind: "end_watch" } }) },
      "wrong_signature",
    ],
    ["another run of the edge", signCommand(key, place, command({ edgeEpoch: "epochbbbbb" })), "foreign"],
    [
      "a validity of an hour",
      signCommand(key, place, command({ expiresAt: wall(now + 60 * MINUTE_MS) })),
      "valid_for_too_long",
    ],
    [
      "an issue in the future",
      signCommand(
        key,
        place,
        command({ issuedAt: wall(now + MINUTE_MS), expiresAt: wall(now + 2 * MINUTE_MS) }),
      ),
      "issued_in_the_future",
    ],
  ])("with %s is refused", (_, message, reason) => {
    expect(setUp().judge(message)).toEqual({ ok: false, id: "c1", reason });
  });

  test("is refused when it comes after its time", async () => {
    const { clock, judge } = setUp();
    await clock.advance(MINUTE_MS + 1);
    expect(judge(signCommand(key, place, command()))).toMatchObject({ reason: "expired" });
  });

  test("works on an edge whose clock is wrong and known to be, still only once", () => {
    const { clock, judge } = setUp(false);
    clock.stepWall(-30 * 365 * 24 * 60 * MINUTE_MS);
    const signed = signCommand(key, place, command());
    expect(judge(signed)).toMatchObject({ ok: true });
    expect(judge(signed)).toMatchObject({ reason: "repeated" });
  });

  test("is not obeyed when so many were that a repeat could not be told", async () => {
    const { clock, judge } = setUp();
    for (let n = 0; n < 4_096; n++) judge(signCommand(key, place, command({ id: `c${n}` })));
    expect(judge(signCommand(key, place, command({ id: "more" })))).toMatchObject({ reason: "too_many" });
    await clock.advance(MINUTE_MS + 1);
    const later = command({ id: "later", issuedAt: clock.wall(), expiresAt: wall(clock.wall() + MINUTE_MS) });
    expect(judge(signCommand(key, place, later))).toMatchObject({ ok: true });
  });
});

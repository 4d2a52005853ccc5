// A box and its hub tell each other of people and phones, in estates and settings, each with a clock of its own.
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { checkSettings, type SettingsBody } from "../../src/bus/settings.ts";
import { estateOf, takeEstate } from "../../src/config/estate.ts";
import { setUpAfter } from "../../src/domain/removals.ts";
import { type Wall, wall } from "../../src/domain/time.ts";
import { applySettings } from "../../src/edge-settings.ts";
import { createHubHomes } from "../../src/hub-homes.ts";
import type { State } from "../../src/port/state.ts";
import { createVirtualClock } from "../../src/rehearsal/clock.ts";
import { createMemoryStores, type Stores } from "../../src/store/state/state.ts";

const HOME = "homeaaaaaa";
const NOW = wall(Date.UTC(2026, 10, 22, 12));
const PEOPLE = ["ana", "ben"] as const;
const PHONES = ["ana 1", "ana 2", "ben 1"] as const;

interface Pair {
  readonly box: State;
  readonly hub: State;
  /** Box to hub. */
  leave(): Promise<void>;
  /** Hub to box. */
  tell(at?: Wall): Promise<void>;
  close(): Promise<unknown>;
}

function pair(): Pair {
  const [atBox, atHub]: [Stores, Stores] = [createMemoryStores(), createMemoryStores()];
  const homes = createHubHomes({
    states: { ...atHub.homes, of: () => atHub.state },
    clock: createVirtualClock(NOW),
    log: { note: () => undefined },
  });
  return {
    box: atBox.state,
    hub: atHub.state,
    async leave() {
      await homes.adopt(HOME, JSON.stringify(await estateOf(atBox.state, ["b1"])));
    },
    async tell(at = NOW) {
      const [people, targets, removed] = await Promise.all([
        atHub.state.people(),
        atHub.state.targets(),
        atHub.state.removals(),
      ]);
      const body: SettingsBody = JSON.parse(JSON.stringify({ people, targets, removed }));
      expect(checkSettings(body)).toMatchObject({ ok: true });
      await applySettings(atBox.state, body, at);
    },
    close: () => Promise.all([atBox.close(), atHub.close()]),
  };
}

async function setUpPerson(state: State, id: string, now: Wall): Promise<void> {
  const here = (await state.people()).find((one) => one.id === id);
  const addedAt = setUpAfter(now, here?.addedAt);
  await state.putPerson({ id, name: id, role: "caregiver", language: "en", addedAt });
}

async function setUpPhone(state: State, id: string, now: Wall): Promise<void> {
  const person = id.slice(0, 3);
  if (!(await state.people()).some((one) => one.id === person)) return;
  const here = (await state.targets()).find((one) => one.id === id);
  await state.putTarget({
    ...{ id, person, channel: "web-push", label: id, addedAt: setUpAfter(now, here?.addedAt) },
    settings: { endpoint: `https://push.example.org/${id.replace(" ", "")}` },
  });
}

const idsOf = async (state: State): Promise<readonly string[]> =>
  [...(await state.people()), ...(await state.targets())].map(({ id }) => id).toSorted();

function opened(): Pair {
  const made = pair();
  onTestFinished(async () => void (await made.close()));
  return made;
}

test("what was removed at the box while the hub was away stays removed on both when it is back", async () => {
  const { box, hub, leave, tell } = opened();
  await setUpPerson(box, "ana", NOW);
  await setUpPhone(box, "ana 1", NOW);
  await leave();
  await tell();
  await box.removePerson("ana", wall(NOW + 1_000));
  // The broker still retains what the hub knew.
  await tell();
  expect(await idsOf(box)).toEqual([]);
  await leave();
  expect(await idsOf(hub)).toEqual([]);
  await tell();
  expect(await idsOf(box)).toEqual([]);
});

test("what was removed at the hub goes at the box, though the box set it up itself and nothing else was ever told", async () => {
  const { box, hub, leave, tell } = opened();
  await setUpPerson(box, "ana", NOW);
  await setUpPhone(box, "ana 1", NOW);
  await leave();
  await hub.removeTarget("ana 1", wall(1));
  await tell();
  expect(await idsOf(box)).toEqual(["ana"]);
  await leave();
  expect(await idsOf(hub)).toEqual(["ana"]);
});

test("a phone that is set up again later is alive on both, with clocks that are years behind or ahead", async () => {
  for (const [removedAt, again] of [
    [wall(Date.UTC(2099, 0, 1)), NOW],
    [NOW, wall(5)],
  ] as const) {
    const { box, hub, leave, tell } = opened();
    await setUpPerson(hub, "ana", NOW);
    await setUpPhone(hub, "ana 1", NOW);
    await tell();
    await box.removeTarget("ana 1", removedAt);
    await leave();
    expect(await idsOf(hub)).toEqual(["ana"]);
    await setUpPhone(hub, "ana 1", again);
    await tell();
    await leave();
    expect([await idsOf(box), await idsOf(hub)]).toEqual([
      ["ana", "ana 1"],
      ["ana", "ana 1"],
    ]);
  }
});

test("a set-up that whoever removed the phone had not seen yet stays", async () => {
  const { box, hub, leave, tell } = opened();
  await setUpPerson(hub, "ana", NOW);
  await setUpPhone(hub, "ana 1", NOW);
  await tell();
  await setUpPhone(hub, "ana 1", wall(NOW + 1_000));
  await box.removeTarget("ana 1", wall(NOW + 9_000));
  await leave();
  await tell();
  expect([await idsOf(box), await idsOf(hub)]).toEqual([
    ["ana", "ana 1"],
    ["ana", "ana 1"],
  ]);
});

test("what an earlier version of the hub had removed stays removed, once; a box without removals changes nothing", async () => {
  const { box, hub, leave } = opened();
  await setUpPerson(box, "ana", NOW);
  await setUpPhone(box, "ana 1", NOW);
  await setUpPhone(box, "ana 2", NOW);
  await hub.setValue("from_box", JSON.stringify(["ana", ["ana 1", NOW]]));
  await hub.putPerson({ id: "ana", name: "Ana", role: "caregiver", language: "en" });
  await leave();
  expect(await idsOf(hub)).toEqual(["ana", "ana 2"]);
  expect(await hub.value("from_box")).toBe("[]");
  await setUpPhone(box, "ana 1", wall(NOW + 1));
  await leave();
  expect(await idsOf(hub)).toEqual(["ana", "ana 1", "ana 2"]);
});

test("the next box of a home takes over what was removed as well", async () => {
  const { box } = opened();
  const next = opened().box;
  await setUpPerson(box, "ana", NOW);
  await setUpPhone(box, "ana 1", NOW);
  await box.removeTarget("ana 1", wall(NOW + 5));
  await takeEstate(next, JSON.parse(JSON.stringify(await estateOf(box, ["b1"]))));
  expect(await idsOf(next)).toEqual(["ana"]);
  expect(await next.removals()).toEqual([{ kind: "target", id: "ana 1", upTo: NOW, at: NOW + 5 }]);
});

const step = fc.record({
  side: fc.constantFrom("box" as const, "hub" as const),
  act: fc.constantFrom(
    ...([...PEOPLE, ...PHONES] as const).flatMap((id) => [`set up ${id}`, `remove ${id}`]),
    ...["leave", "tell", "leave", "tell"],
  ),
  /** Years of error, either way. */
  clock: fc.integer({ min: 0, max: 2 * NOW }).map(wall),
});

test("whatever is set up and removed where, in whatever order, by whatever clocks: both sides come to say the same", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 24 }), async (steps) => {
      const both = pair();
      const isPerson = (id: string): boolean => !id.includes(" ");
      for (const { side, act, clock } of steps) {
        const state = both[side];
        if (act === "leave") await both.leave();
        else if (act === "tell") await both.tell(clock);
        else if (act.startsWith("set up ")) {
          const id = act.slice(7);
          await (isPerson(id) ? setUpPerson(state, id, clock) : setUpPhone(state, id, clock));
          const isThere = isPerson(id) || (await idsOf(state)).includes(id.slice(0, 3));
          // Set up last, where anybody sees it: it is there.
          expect((await idsOf(state)).includes(id)).toBe(isThere);
        } else {
          const id = act.slice(7);
          await (isPerson(id) ? state.removePerson(id, clock) : state.removeTarget(id, clock));
          expect(await idsOf(state)).not.toContain(id);
        }
      }
      for (let n = 0; n < 2; n += 1) {
        await both.leave();
        await both.tell();
      }
      const [here, there] = [await idsOf(both.box), await idsOf(both.hub)];
      const settled = { here, there, buried: [await both.box.removals(), await both.hub.removals()] };
      await both.leave();
      await both.tell();
      const after = { here: await idsOf(both.box), there: await idsOf(both.hub) };
      await both.close();
      expect(here).toEqual(there);
      expect(settled.buried[0]).toEqual(settled.buried[1]);
      expect(after).toEqual({ here, there });
    }),
    { numRuns: 60 },
  );
});

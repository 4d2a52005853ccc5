import { expect, onTestFinished, test } from "vitest";
import { estateOf, takeEstate } from "../../../src/config/estate.ts";
import { takeGrant } from "../../../src/config/pairing.ts";
import type { DutyBook } from "../../../src/domain/duty.ts";
import type { LimitsVersion } from "../../../src/domain/limits.ts";
import { wall } from "../../../src/domain/time.ts";
import { applySettings } from "../../../src/edge-settings.ts";
import type { PairingGrant } from "../../../src/port/registry.ts";
import { createMemoryStores } from "../../../src/store/state/state.ts";

const NOW = wall(Date.UTC(2026, 10, 22, 12));
const ana = { id: "ana", name: "Ana", role: "caregiver", language: "en" } as const;
const lin = { id: "lin", name: "Lin", role: "owner", language: "en" } as const;
const phone = {
  ...{ id: "phone", person: "ana", channel: "web-push", label: "Phone", addedAt: NOW },
  settings: { endpoint: "https://push.example/1" },
};
const limits = (version: number, file: LimitsVersion["file"] = {}): LimitsVersion => ({
  ...{ bed: "b1", version, at: NOW, reason: "", previous: version - 1, by: ana, role: "owner" },
  ...{ origin: { kind: "person" }, file, temporary: [], afterwards: {} },
});
const grantOf = (key: string): PairingGrant => ({
  ...{ home: "abcdefghij", box: "bbbbbbbbbb", hub: "https://hub.example", hubTime: NOW },
  broker: { url: "mqtts://hub.example", username: "u", password: "p" },
  pairingKey: key.repeat(43),
});

function openState() {
  const stores = createMemoryStores();
  onTestFinished(() => stores.close());
  return stores.state;
}

test("what a hub takes away goes, what was made here stays", async () => {
  const state = openState();
  await state.putPerson(lin);
  await applySettings(state, { people: [ana], targets: [phone] }, NOW);
  await applySettings(state, { people: [lin], targets: [] }, NOW);
  expect(await state.targets()).toEqual([]);
  expect((await state.people()).map(({ id }) => id)).toEqual(["lin"]);
});

test("a phone that is set up again on the box's page stays as it is there, whatever the hub knew before", async () => {
  const state = openState();
  await applySettings(state, { people: [ana, lin], targets: [phone] }, NOW);
  const anew = {
    ...{ ...phone, addedAt: wall(NOW + 60_000), signIn: "of this box" },
    settings: { endpoint: "https://push.example/1", p256dh: "new", auth: "new" },
  };
  await state.putTarget(anew);
  const own = { ...phone, id: "own", label: "Set up here" };
  await state.putTarget(own);
  // The hub brings its old copy once more, then takes it away, which somebody wanted before.
  await applySettings(state, { people: [ana, lin], targets: [phone] }, NOW);
  expect(await state.targets()).toEqual([anew, own]);
  await applySettings(state, { people: [ana, lin], targets: [] }, NOW);
  expect(await state.targets()).toEqual([anew, own]);
  // What the hub has heard of since, and takes away, goes; its sign-in here was kept until then.
  const { signIn: _, ...told } = anew;
  await applySettings(state, { people: [ana, lin], targets: [told] }, NOW);
  expect(await state.targets()).toEqual([anew, own]);
  await applySettings(state, { people: [ana, lin], targets: [] }, NOW);
  expect(await state.targets()).toEqual([own]);
});

test("a hub that knows of nobody takes nobody's phone away", async () => {
  const state = openState();
  await applySettings(state, { people: [ana], targets: [phone] }, NOW);
  await applySettings(state, {}, NOW);
  await applySettings(state, { people: [], targets: [] }, NOW);
  expect((await state.targets()).map(({ id }) => id)).toEqual(["phone"]);
});

test("another hub, which knows its owner alone, leaves the phones that the one before had sent", async () => {
  const state = openState();
  await takeGrant(state, grantOf("a"));
  await applySettings(state, { people: [ana], targets: [phone] }, NOW);
  await takeGrant(state, grantOf("b"));
  await applySettings(state, { people: [lin], targets: [] }, NOW);
  expect((await state.targets()).map(({ id }) => id)).toEqual(["phone"]);
});

test("limits that only bear the same number are refused, not taken for the same", async () => {
  const state = openState();
  await state.addLimits(limits(1), 0);
  await applySettings(state, { limits: { b1: limits(1) } }, NOW);
  await expect(
    applySettings(state, { limits: { b1: limits(1, { SPO2_LOW: { on: false } }) } }, NOW),
  ).rejects.toMatchObject({
    code: "CONFLICT",
  });
});

test("who is on call is what the hub says last, whatever this box had", async () => {
  const state = openState();
  const book = (version: number, person: string): DutyBook => ({
    ...{ bed: "b1", version, at: NOW, by: ana, change: "rota", handovers: [] },
    rota: [{ person, weekday: 1, from: 1_260, to: 540 }],
  });
  await state.putDuty(book(1, "lin"), 0);
  await applySettings(state, { duty: { b1: book(7, "ana") } }, NOW);
  expect(await state.duty("b1")).toEqual(book(7, "ana"));
  // A hub that was put back from a backup counts from there.
  await applySettings(state, { duty: { b1: book(3, "lin") } }, NOW);
  expect(await state.duty("b1")).toEqual(book(3, "lin"));
  await applySettings(state, { people: [ana], targets: [] }, NOW);
  expect(await state.duty("b1")).toEqual(book(3, "lin"));
});

test("who is on call goes along to another box, and to the hub of a home that had none", async () => {
  const [state, other] = [openState(), openState()];
  const book: DutyBook = {
    ...{ bed: "b1", version: 2, at: NOW, by: ana, change: "rota", handovers: [] },
    rota: [{ person: "ana", weekday: 1, from: 1_260, to: 540 }],
  };
  await state.putDuty(book, 0);
  await takeEstate(other, JSON.parse(JSON.stringify(await estateOf(state, ["b1"]))));
  expect(await other.duty("b1")).toEqual(book);
});

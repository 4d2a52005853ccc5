import { expect, onTestFinished, test } from "vitest";
import { estateHash, estateOf, takeEstate } from "../../../src/config/estate.ts";
import type { LimitsVersion } from "../../../src/domain/limits.ts";
import { wall } from "../../../src/domain/time.ts";
import type { State } from "../../../src/port/state.ts";
import { createMemoryStores } from "../../../src/store/state/state.ts";

const NOW = wall(Date.UTC(2026, 10, 22, 12));

function openState(): State {
  const stores = createMemoryStores();
  onTestFinished(() => stores.close());
  return stores.state;
}

const limitsOf = (version: number): LimitsVersion => ({
  ...{ bed: "b1", version, at: wall(NOW + version), reason: `because ${version}`, previous: version - 1 },
  ...{ by: { id: "mother", name: "Mother" }, role: "owner", origin: { kind: "person" } },
  ...{ file: {}, temporary: [], afterwards: {} },
});

async function lived(): Promise<State> {
  const state = openState();
  await state.setValue("home_id", '"ownhomeown"');
  await state.setValue("ack_key", '"the key of answers"');
  await state.setValue("device b1 /dev/serial/by-id/x", '"deviceaaaa"');
  await state.setValue("edge_key", '"the seed of this box"');
  await state.setValue("broker_password", '"of this box"');
  await state.setValue("settings b1", '"as the hub sent them"');
  await state.putPerson({ id: "mother", name: "Mother", role: "owner", language: "zh-Hans" });
  await state.putTarget({
    ...{ id: "phoneaaaaa", person: "mother", channel: "web-push", label: "Phone", addedAt: NOW },
    settings: { endpoint: "https://push.example/1" },
  });
  await state.trustClinic({
    key: "k1",
    name: "Clinic",
    trustedAt: NOW,
    by: { id: "mother", name: "Mother" },
  });
  for (const version of [1, 2, 3]) await state.addLimits(limitsOf(version), version - 1);
  return state;
}

test("a spare box takes over what makes phones go on ringing, and nothing that is the old box's own", async () => {
  const old = await lived();
  const estate = await estateOf(old, ["b1"]);
  const spare = openState();
  await spare.setValue("edge_key", '"the seed of the spare"');
  await spare.setValue("ack_key", '"made at its first start"');
  await takeEstate(spare, JSON.parse(JSON.stringify(estate)));
  expect(await spare.value("ack_key")).toBe('"the key of answers"');
  expect(await spare.value("device b1 /dev/serial/by-id/x")).toBe('"deviceaaaa"');
  expect(await spare.value("edge_key")).toBe('"the seed of the spare"');
  expect(await spare.value("broker_password")).toBeUndefined();
  expect(await spare.value("settings b1")).toBeUndefined();
  expect(await spare.people()).toEqual(await old.people());
  expect(await spare.targets()).toEqual(await old.targets());
  expect(await spare.trustedClinics()).toEqual(await old.trustedClinics());
  expect(await spare.limits("b1", 10)).toEqual(await old.limits("b1", 10));
  expect(await spare.limits("b1", 10)).toHaveLength(3);
});

test("taking it over twice, as after a power cut, is the same as once", async () => {
  const estate = await estateOf(await lived(), ["b1"]);
  const spare = openState();
  await spare.putPerson({ id: "local", name: "Command line", role: "technician", language: "en" });
  const [first] = estate.people;
  if (first === undefined) throw new Error("nobody");
  await spare.putPerson(first);
  await takeEstate(spare, estate);
  await takeEstate(spare, estate);
  expect(await spare.limits("b1", 10)).toHaveLength(3);
});

test("a box with a life of its own takes nothing over, and nothing of it changes", async () => {
  const estate = await estateOf(await lived(), ["b1"]);
  const used = openState();
  await used.putPerson({ id: "father", name: "Father", role: "owner", language: "en" });
  await used.setValue("ack_key", '"its own"');
  await expect(takeEstate(used, estate)).rejects.toMatchObject({ code: "CONFLICT" });
  expect(await used.value("ack_key")).toBe('"its own"');
  expect(await used.people()).toHaveLength(1);
});

test.each([
  ["nothing", undefined],
  ["a list", []],
  ["people who are none", { people: [{ id: 1 }] }],
  ["a language that nobody speaks", { people: [{ id: "a", name: "A", role: "owner", language: "tlh" }] }],
  ["far too many limits", { limits: Array.from({ length: 3_000 }, (_, n) => limitsOf(n + 1)) }],
])("what is no estate is refused: %s", async (_, change) => {
  const estate = await estateOf(openState(), ["b1"]);
  const given = Array.isArray(change) || change === undefined ? change : { ...estate, ...change };
  await expect(takeEstate(openState(), given)).rejects.toMatchObject({ code: "INPUT_INVALID" });
});

test("limits that nobody could read back are refused before anything is written", async () => {
  const estate = await estateOf(await lived(), ["b1"]);
  const spare = openState();
  const bent = { ...estate, limits: [{ bed: "b1", version: 1, at: 1 }] };
  await expect(takeEstate(spare, bent)).rejects.toMatchObject({ code: "STATE_FAILED" });
  expect(await spare.limits("b1", 10)).toEqual([]);
  expect(await spare.people()).toEqual([]);
});

test("the same estate has the same hash, another one another", async () => {
  const state = await lived();
  const before = estateHash(await estateOf(state, ["b1"]));
  await state.setValue("broker_password", '"another"');
  expect(estateHash(await estateOf(state, ["b1"]))).toBe(before);
  await state.addLimits(limitsOf(4), 3);
  expect(estateHash(await estateOf(state, ["b1"]))).not.toBe(before);
});

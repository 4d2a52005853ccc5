import { expect, onTestFinished, test } from "vitest";
import { estateOf } from "../../src/config/estate.ts";
import { accessName } from "../../src/domain/channel-access.ts";
import { wall } from "../../src/domain/time.ts";
import { createHubHomes } from "../../src/hub-homes.ts";
import { CHANNEL_MODULES } from "../../src/notify/modules.ts";
import type { ChannelModule } from "../../src/port/channel.ts";
import { createVirtualClock } from "../../src/rehearsal/clock.ts";
import { createMemoryStores } from "../../src/store/state/state.ts";
import { outsideBell } from "../support/outside-channel.ts";

const HOME = "homeaaaaaa";

test.each([
  ["https://ntfy.example.com", true],
  ["http://ntfy.example.com", false],
  ["https://192.168.1.20", false],
  ["https://ntfy.local", false],
  ["https://[fd00::1]", false],
  ["not an address", false],
])("a hub takes %s of a home as a provider's server: %s", async (server, isTaken) => {
  const stores = createMemoryStores();
  onTestFinished(() => stores.close());
  const homes = createHubHomes({
    states: { ...stores.homes, of: () => stores.state },
    clock: createVirtualClock(wall(Date.UTC(2026, 10, 22))),
    log: { note: () => undefined },
  });
  const access = { server, token: "tk_0123456789" };
  await stores.state.setValue(accessName("ntfy"), JSON.stringify(access));
  await homes.refresh(HOME);
  expect(homes.accessOf(HOME, "ntfy")).toEqual(isTaken ? access : undefined);
  expect(homes.accessOf(HOME, "pushover")).toBeUndefined();
});

test("a phone that is set up again at the box is known anew at the hub, also where it was taken away before", async () => {
  const [hub, box] = [createMemoryStores(), createMemoryStores()];
  onTestFinished(async () => void (await Promise.all([hub.close(), box.close()])));
  const homes = createHubHomes({
    states: { ...hub.homes, of: () => hub.state },
    clock: createVirtualClock(wall(Date.UTC(2026, 10, 22))),
    log: { note: () => undefined },
  });
  const leave = async (): Promise<readonly object[]> => {
    await homes.adopt(HOME, JSON.stringify(await estateOf(box.state, ["b1"])));
    return (await hub.state.targets()).map(({ id, addedAt, settings, signIn }) => ({
      ...{ id, addedAt, key: settings["p256dh"], signIn },
    }));
  };
  await box.state.putPerson({ id: "ana", name: "Ana", role: "caregiver", language: "en" });
  const setUp = (addedAt: number, p256dh: string): Promise<void> =>
    box.state.putTarget({
      ...{ id: "phone", person: "ana", channel: "web-push", label: "Phone", addedAt: wall(addedAt) },
      ...{ settings: { endpoint: "https://push.example.org/1", p256dh }, signIn: "of the box" },
    });
  await setUp(1_000, "first");
  expect(await leave()).toEqual([{ id: "phone", addedAt: 1_000, key: "first", signIn: undefined }]);
  await setUp(2_000, "second");
  expect(await leave()).toEqual([{ id: "phone", addedAt: 2_000, key: "second", signIn: undefined }]);
  // Taken away here: the box's old word does not bring it back, a new one does.
  await hub.state.removeTarget("phone", wall(2_500));
  expect(await leave()).toEqual([]);
  await setUp(3_000, "third");
  expect(await leave()).toEqual([{ id: "phone", addedAt: 3_000, key: "third", signIn: undefined }]);
});

test("a phone over a way that the hub does not have is left out and said so; with the way it is taken", async () => {
  const [hub, box] = [createMemoryStores(), createMemoryStores()];
  onTestFinished(async () => void (await Promise.all([hub.close(), box.close()])));
  await box.state.putPerson({ id: "ana", name: "Ana", role: "caregiver", language: "en" });
  await box.state.putTarget({
    ...{ id: "door", person: "ana", channel: "door-bell", label: "Door", addedAt: wall(1_000) },
    settings: { door: "7" },
  });
  const notes: object[] = [];
  const leave = async (channels: readonly ChannelModule[]) => {
    const homes = createHubHomes({
      states: { ...hub.homes, of: () => hub.state },
      clock: createVirtualClock(wall(Date.UTC(2026, 10, 22))),
      log: { note: (event, data) => void notes.push({ event, ...data }) },
      channels,
    });
    await homes.adopt(HOME, JSON.stringify(await estateOf(box.state, ["b1"])));
    return homes.targetsOf(HOME).map(({ id }) => id);
  };
  expect(await leave(CHANNEL_MODULES)).toEqual([]);
  expect(notes).toEqual([{ event: "home.phone_left_out", home: HOME, channel: "door-bell" }]);
  expect(await leave([...CHANNEL_MODULES, outsideBell("door-bell").module])).toEqual(["door"]);
});

test("somebody of several homes is told the push key of each whose phones they may set up", async () => {
  const stores = createMemoryStores();
  onTestFinished(() => stores.close());
  const homes = createHubHomes({
    states: stores.homes,
    clock: createVirtualClock(wall(Date.UTC(2026, 10, 22))),
    log: { note: () => undefined },
  });
  const names = ["homeaaaaaa", "homebbbbbb", "homecccccc", "homedddddd"];
  for (const home of names.slice(0, 3)) {
    await stores.homes.of(home).setValue("ack_key", '"key"');
    await stores.homes.of(home).setValue("vapid_keys", JSON.stringify(`public-${home} private`));
    await homes.refresh(home);
  }
  const as = (...roles: readonly ("owner" | "caregiver" | "therapist")[]) =>
    homes.pushKeysOf({ homes: names.map((home, n) => ({ home, role: roles[n] ?? "caregiver" })) });
  expect(as("owner", "caregiver", "therapist", "owner")).toEqual([
    { home: "homeaaaaaa", pushKey: "public-homeaaaaaa" },
    { home: "homebbbbbb", pushKey: "public-homebbbbbb" },
  ]);
  expect(homes.pushKeysOf(undefined)).toEqual([]);
});

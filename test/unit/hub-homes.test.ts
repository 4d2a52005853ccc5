import { expect, onTestFinished, test } from "vitest";
import { accessName } from "../../src/domain/channel-access.ts";
import { wall } from "../../src/domain/time.ts";
import { createHubHomes } from "../../src/hub-homes.ts";
import { createVirtualClock } from "../../src/rehearsal/clock.ts";
import { createMemoryStores } from "../../src/store/state/state.ts";

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

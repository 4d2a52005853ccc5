import { expect, test } from "vitest";
import { rehearsalConfig, startRehearsedHome } from "../../src/cli/nights.ts";

test("the first serial number that a device tells is bound to its place at the bed, and remembered", async () => {
  const config = rehearsalConfig("B");
  const beds = config.beds.map((bed) => ({
    ...bed,
    devices: [{ family: "viatom-ring", port: "memory:ring", label: "Ring", options: {} }],
  }));
  const run = await startRehearsedHome(5, { ...config, beds });
  await run.world.clock.advance(60_000);
  const [view] = run.home.edge.devices();
  expect(view?.serial?.bound).toMatch(/\w/);
  expect(view?.serial?.found).toBe(view?.serial?.bound);
  expect(await run.world.state.value(`serial ${view?.device}`)).toBe(JSON.stringify(view?.serial?.bound));
  await run.stop();
});

import { writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { findConfiguration } from "../../../src/cli/configuration.ts";
import { wall } from "../../../src/domain/time.ts";
import { composeHome } from "../../../src/home.ts";
import { settle } from "../../../src/rehearsal/clock.ts";
import { createRehearsalWorld } from "../../../src/rehearse.ts";
import { createTestTerminal, run } from "../../support/terminal.ts";

const FAMILIES = ["viatom-ring", "contec-eb-hid", "remote-alarm-contact"];

/** Transcripts of families that speak in packets or reports. */
async function recordings(): Promise<string> {
  const { folder } = createTestTerminal();
  const argv = ["simulate", "--scenario", "mask-off", "--devices", FAMILIES.join(","), "--to", "files"];
  expect((await run([...argv, "--folder", "out"], { folder })).code).toBe(0);
  return folder;
}

describe("a recording of a device that has no port", () => {
  test("cannot be played on one, and says how it is played", async () => {
    const folder = await recordings();
    for (const family of FAMILIES) {
      for (const to of ["pty", "tcp:0", "home"]) {
        const ran = await run(["replay", `out/${family}.transcript`, "--to", to], { folder });
        expect(ran.code).toBe(2);
        expect(ran.words).toMatch(/no port carries.*port: replay:FILE/);
      }
    }
  });

  test("is played by the home that has it as its port, marked as simulated", async () => {
    const folder = await recordings();
    const terminal = createTestTerminal({ folder });
    const devices = FAMILIES.map((family) => {
      const file = path.join(folder, "out", `${family}.transcript`);
      return `      - { family: ${family}, port: "replay:${file}" }\n`;
    });
    writeFileSync(
      path.join(folder, "breathwatch.yaml"),
      `zone: UTC\nbeds:\n  - id: b1\n    devices:\n${devices.join("")}`,
    );
    const { config, families } = await findConfiguration(undefined, terminal, { zone: "UTC" });
    if (config === undefined) throw new Error("no configuration");
    const world = createRehearsalWorld({ seed: 1, startsAt: wall(Date.UTC(2026, 0, 15, 22)) });
    const home = await composeHome(world, config, { pagesFolder: "/nonexistent", families });
    // Files are read in real time, what is in them in virtual time.
    for (let i = 0; i < 2_000 && home.edge.devices().some(({ link }) => link !== "open"); i++) await settle();
    await world.clock.advance(20_000);
    const sources = home.edge.live.states()[0]?.sources ?? [];
    expect(sources.map(({ family }) => family)).toEqual(FAMILIES);
    for (const source of sources) {
      expect(source).toMatchObject({ link: "open", simulated: true });
      expect(source.ageMs, source.family).toBeLessThan(3_000);
    }
    expect(home.edge.live.states()[0]?.signals.spo2?.sample).toBeTypeOf("number");
    const stopping = home.stop();
    await world.clock.advance(5_000);
    await stopping;
    await world.close();
  });
});

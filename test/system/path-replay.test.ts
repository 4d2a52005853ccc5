// A real ventilator's recording, played onto a pseudo-terminal at the port's own pace, into a running home.
import path from "node:path";
import { expect } from "vitest";
import { startCommandLine } from "../support/command-line.ts";
import { ask, listenToBus, startHome, temporaryFolder, until, writeHomeConfig } from "../support/home.ts";
import { recordings, requires } from "../support/require.ts";

const FAMILY = "puritan-bennett-840-waveform";
const recorded = recordings("pb840-ventmap");
const needed = requires("socat");
const { describe, test } = recorded.missing === undefined ? needed : recorded;

/** 319 breaths of patient 0149. */
const LOG = path.join(recorded.path, "0149_2016-02-17-08-38-13_1.csv_test.gz");

describe("a recording of a Puritan Bennett 840 on a port", () => {
  test("becomes numbers on the bus, marked as simulated", { timeout: 180_000 }, async () => {
    const folder = temporaryFolder();
    const argv = ["replay", LOG, "--device", FAMILY, "--to", "pty", "--folder", folder];
    const replaying = startCommandLine(argv, { folder });
    const port = await replaying.line(0);
    const config = writeHomeConfig(folder, {
      beds: [{ id: "b1", devices: [{ family: FAMILY, port, label: "Ventilator" }] }],
    });
    const home = await startHome(["home", "--config", config], {
      folder,
      dataDir: path.join(folder, "data"),
    });
    const messages = await listenToBus(home);
    const observations = (): readonly { readonly [name: string]: unknown }[] =>
      messages.filter(({ topic }) => topic.includes("/b1/observation/")).map(({ body }) => body);
    const isMeasured = (signal: string): boolean =>
      observations().some((body) => new RegExp(`"${signal}":[\\d.]+`).test(JSON.stringify(body)));
    for (const signal of ["pressure_peak", "tidal_volume_exp", "resp_rate", "pressure_exp"]) {
      await until(() => isMeasured(signal), 60_000);
    }
    const startedAt = performance.now();
    const framesBefore = await framesOf(home);
    await until(() => performance.now() - startedAt > 5_000, 10_000);
    const perSecond = ((await framesOf(home)) - framesBefore) / ((performance.now() - startedAt) / 1_000);
    // 50 samples a second; starts and ends of breaths take no time.
    expect(perSecond).toBeGreaterThan(40);
    expect(perSecond).toBeLessThan(60);
    expect(observations().filter((body) => body["simulated"] !== true)).toEqual([]);
    const { devices } = (await ask(home, "GET", "/api/devices")).body as {
      readonly devices: readonly { readonly simulated: boolean; readonly link: string }[];
    };
    expect(devices).toEqual([expect.objectContaining({ simulated: true, link: "open" })]);

    replaying.kill("SIGTERM");
    expect((await replaying.ended).words).toMatch(/played \d+\.\d s of the recording, \d+ bytes\n/);
    expect((await home.stop()).code).toBe(0);
  });
});

async function framesOf(home: Parameters<typeof ask>[0]): Promise<number> {
  const { devices } = (await ask(home, "GET", "/api/devices")).body as {
    readonly devices: readonly { readonly counters: { readonly frames: number } }[];
  };
  return devices[0]?.counters.frames ?? 0;
}

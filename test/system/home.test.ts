// Starting, stopping and refusing to start: a home as its own process.
import { existsSync, renameSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { runCommand, startCommandLine } from "../support/command-line.ts";
import {
  ask,
  descendantsOf,
  listenToBus,
  signIn,
  startHome,
  temporaryFolder,
  until,
  watchBeds,
  writeHomeConfig,
} from "../support/home.ts";
import { builtPages } from "../support/pages-browser.ts";

const NOTHING_THERE = [{ family: "nonin-serial", port: "/dev/breathwatch-nothing-there", label: "Finger" }];

describe("a folder with nothing in it", () => {
  test("runs the demo, marked everywhere, until it is told to end; nothing stays", {
    timeout: 240_000,
  }, async () => {
    await builtPages();
    const folder = temporaryFolder();
    const dataDir = path.join(folder, ".breathwatch-demo");
    const startedAt = performance.now();
    const argv = ["start", "--port", "0", "--scenario", "mask-off"];
    const home = await startHome(argv, { folder, dataDir });
    const live = await watchBeds(home);
    const first = await live.until(({ signals }) => typeof signals.spo2?.sample === "number", 60_000);
    expect(performance.now() - startedAt).toBeLessThan(60_000);
    expect(first).toMatchObject({ simulated: true, label: "Demo" });
    expect(home.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#code=\w+/);
    await home.line.said(/DEMO: a simulated bed/);

    const page = await fetch(home.control.url);
    expect(page.status).toBe(200);
    expect(await page.text()).toMatch(/<html/);
    expect((await ask(home, "GET", "/api/me")).body).toMatchObject({ demo: true });
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(dataDir, "control.json")).mode & 0o777).toBe(0o600);
    const bus = await listenToBus(home);

    const second = await runCommand(argv, { folder });
    expect(second).toMatchObject({ code: 1, data: "" });
    expect(second.words).toMatch(
      new RegExp(`is in use by process ${home.line.pid}.*Stop process ${home.line.pid}.*DATA_DIR_LOCKED`),
    );

    const rung = await live.until(
      ({ alarms }) => alarms.open.some(({ condition }) => condition === "VENT_DISCONNECT"),
      120_000,
    );
    expect(performance.now() - startedAt).toBeLessThan(120_000);
    expect(rung.alarms.open[0]).toMatchObject({ priority: "high", simulated: true, drill: false });
    const isOnBus = (): boolean =>
      bus.some(
        ({ topic, body }) => topic.endsWith("/b1/alarm") && JSON.stringify(body).includes("VENT_DISCONNECT"),
      );
    await until(isOnBus, 20_000);

    const { code, words } = await home.stop();
    expect(code).toBe(0);
    expect(words).not.toMatch(/"level":"error"/);
    expect(existsSync(path.join(dataDir, "control.json"))).toBe(false);
    expect(existsSync(path.join(dataDir, "lock"))).toBe(false);
    expect(descendantsOf(home.line.pid)).toEqual([]);
    await expect(fetch(home.control.url)).rejects.toThrow();
  });
});

describe("a folder that was once configured", () => {
  test("does not fall back to a simulation when its configuration is gone", async () => {
    const folder = temporaryFolder();
    const written = writeHomeConfig(folder, { beds: [{ id: "b1", devices: NOTHING_THERE }] });
    const file = path.join(folder, "breathwatch.yaml");
    renameSync(written, file);
    const environment = { STATE_DIRECTORY: path.join(folder, "data") };
    const home = await startHome(["start"], { folder, dataDir: path.join(folder, "data"), environment });
    expect((await ask(home, "GET", "/api/me")).body).toMatchObject({ demo: false });
    await home.stop();

    renameSync(file, `${file}.away`);
    const { code, data, words } = await runCommand(["start", "--port", "0"], { folder, environment });
    expect({ code, data }).toEqual({ code: 1, data: "" });
    expect(words).toMatch(/its configuration file is gone.*Put breathwatch\.yaml back.*Nothing is simulated/);
    expect(existsSync(path.join(folder, ".breathwatch-demo"))).toBe(false);
  });
});

describe("a configuration with a mistake", () => {
  const refused = async (text: string): Promise<string> => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, "breathwatch.yaml"), text);
    const { code, data, words } = await runCommand(["start", "--port", "0"], { folder });
    expect({ code, data }).toEqual({ code: 1, data: "" });
    expect(existsSync(path.join(folder, ".breathwatch"))).toBe(false);
    expect(existsSync(path.join(folder, ".breathwatch-demo"))).toBe(false);
    return words;
  };

  test("is refused with the line and the fix: a typo in a setting", async () => {
    const words = await refused(`beds:
  - id: b1
    devices:
      - family: nonin-serial
        prot: /dev/ttyUSB0
`);
    expect(words).toMatch(/error: line \d, beds\.0\.devices\.0\.prot: "prot" is not a setting here.*"port"/);
  });

  test("is refused with the line and the fix: a family that nobody knows", async () => {
    const words = await refused(`beds:
  - id: b1
    devices:
      - family: nonin-seriel
        port: /dev/ttyUSB0
`);
    expect(words).toMatch(/error: line 4, .*no device family "nonin-seriel".*Did you mean "nonin-serial"\?/);
  });

  test("is refused with the line and the fix: a tab", async () => {
    expect(await refused("beds:\n\t- id: b1\n")).toMatch(/error: line 2: .*[Tt]abs.*spaces, no tabs/);
  });
});

describe("a data folder that cannot be had", () => {
  const refused = async (dataDir: string): Promise<string> => {
    const folder = temporaryFolder();
    const file = path.join(folder, "breathwatch.yaml");
    writeFileSync(
      file,
      JSON.stringify({ dataDir, beds: [{ id: "b1", devices: NOTHING_THERE }], web: { port: 0 } }),
    );
    const { code, data, words } = await runCommand(["home", "--config", file]);
    expect({ code, data }).toEqual({ code: 1, data: "" });
    return words;
  };

  test("is named with what to do: it is a file", async () => {
    const file = path.join(temporaryFolder(), "data");
    writeFileSync(file, "");
    expect(await refused(file)).toMatch(/data is a file, not a folder.*dataDir.*\(DATA_DIR_UNWRITABLE\)/);
  });

  test("is named with what to do: it is where nothing can be written", async () => {
    const words = await refused("/proc/breathwatch");
    expect(words).toMatch(/\/proc\/breathwatch cannot be written.*set dataDir.*\(DATA_DIR_UNWRITABLE\)/);
  });
});

describe("a home that is killed in an alarm that somebody has answered", () => {
  test("has the same alarm and the same answer when it is back", async () => {
    const folder = temporaryFolder();
    const dataDir = path.join(folder, "data");
    const config = writeHomeConfig(folder, { beds: [{ id: "b1", devices: NOTHING_THERE }] });
    const argv = ["home", "--config", config];
    const home = await startHome(argv, { folder, dataDir });
    const ana = await signIn(home, "Ana");
    const live = await watchBeds(home, ana);
    const call = { how: "touch", kind: "suction" };
    expect((await ask(home, "POST", "/api/beds/b1/call", call, ana)).status).toBe(200);
    const rung = await live.until(({ alarms }) => alarms.open.length > 0, 10_000);
    const id = rung.alarms.open[0]?.id ?? "";
    const answer = `/api/beds/b1/occurrences/${id}/acknowledge`;
    expect((await ask(home, "POST", answer, { place: "going" }, ana)).status).toBe(200);
    const answered = await live.until(({ alarms }) => alarms.open[0]?.acknowledgement !== undefined, 10_000);
    // Written beside, with a deadline of half a second; a loaded test machine gets a little more.
    await sleep(2_000);
    home.line.kill("SIGKILL");
    await home.line.ended;
    expect(existsSync(path.join(dataDir, "control.json"))).toBe(true);

    const again = await startHome(argv, { folder, dataDir });
    expect(again.control.token).not.toBe(home.control.token);
    const back = await (await watchBeds(again, ana)).until(({ alarms }) => alarms.open.length > 0, 10_000);
    expect(back.alarms.open).toEqual([
      expect.objectContaining({
        id,
        condition: "PATIENT_CALL",
        raisedAt: rung.alarms.open[0]?.raisedAt,
        values: rung.alarms.open[0]?.values,
        acknowledgement: answered.alarms.open[0]?.acknowledgement,
      }),
    ]);
    expect(back.alarms.revision).toBeGreaterThan(answered.alarms.revision);
    await again.stop();
  });

  test("says that nobody is there to a drill asked for meanwhile", async () => {
    const folder = temporaryFolder();
    const dataDir = path.join(folder, "data");
    const config = writeHomeConfig(folder, { beds: [{ id: "b1", devices: NOTHING_THERE }] });
    const home = await startHome(["home", "--config", config], { folder, dataDir });
    home.line.kill("SIGKILL");
    await home.line.ended;
    const { code, words } = await runCommand(["drill", "--bed", "b1", "--config", config]);
    expect(code).toBe(1);
    expect(words).toMatch(/does not answer.*killed.*start it again/);
  });
});

test("is ended by Ctrl-C in the middle of its start without leaving anything", async () => {
  const folder = temporaryFolder();
  const demo = startCommandLine(["demo", "--port", "0"], { folder });
  const lock = path.join(folder, ".breathwatch-demo", "lock");
  await until(() => existsSync(lock), 60_000);
  demo.kill("SIGINT");
  expect((await demo.ended).code).toBe(0);
  expect(existsSync(lock)).toBe(false);
  expect(existsSync(path.join(folder, ".breathwatch-demo", "control.json"))).toBe(false);
});

import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { cp, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { findConfiguration } from "../../../src/cli/configuration.ts";
import { LINK_KINDS, layOut } from "../../../src/cli/devices-new.ts";
import { familiesWith } from "../../../src/cli/families.ts";
import { wall } from "../../../src/domain/time.ts";
import { composeHome } from "../../../src/home.ts";
import { createPatient } from "../../../src/rehearsal/patient.ts";
import { createRehearsalWorld, simulateBed } from "../../../src/rehearse.ts";
import { createBench, newestSamples, playScene } from "../../support/conformance.ts";
import { steadyBed } from "../../support/steady-bed.ts";
import { createTestTerminal, jsonLines, run } from "../../support/terminal.ts";

const root = path.join(import.meta.dirname, "../../..");

function temporary(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "breathwatch-new-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const MODULE = `
export const acme = {
  id: "acme-x", vendor: "Acme", model: "X", role: "oximeter", link: "bytes", timeliness: "live",
  evidence: "real_bytes",
  facts: { connection: "cable", power: "mains", night: { suited: "yes", reason: "mains" }, evidence: "none" },
  options: {}, waves: [],
  serial: () => ({ baudRate: 9600, dataBits: 8, parity: "none", stopBits: 1, rtscts: false }),
  quietMs: () => 10000, signals: () => ["spo2"],
  observe: async function* () {}, simulate: async () => undefined,
};
`;

describe("devices new, outside the project", () => {
  test.each(LINK_KINDS)("a family of the link %s works as it stands", async (link) => {
    const folder = temporary();
    const terminal = createTestTerminal({ folder });
    await layOut({ id: "acme-thing", link, folder: "thing" }, terminal);
    expect(terminal.data()).toContain("thing/module.ts\n");
    const families = await familiesWith(["thing/module.ts"], folder);
    const module = families.find("acme-thing");
    if (module === undefined) throw new Error("it is not there");
    expect(families.isOutside("acme-thing")).toBe(true);
    expect(module).toMatchObject({ evidence: "unproven", link });
    const samples = link === "lines" ? { remote_alarm: 1 } : { spo2: 93, pulse_rate: 61 };
    const scene = {
      ...{ name: "x", bed: steadyBed({ samples }), seconds: 130, kinds: [] },
      expected: samples,
    };
    const { heard } = await playScene(module, scene);
    expect(newestSamples(heard.readings)).toEqual(samples);
    expect(heard.rejects).toEqual([]);
    const bench = await createBench(module);
    await bench.abort();
    expect(bench.clock.pending).toBe(0);
    const readme = readFileSync(path.join(folder, "thing/README.md"), "utf8");
    expect(readme).not.toMatch(/CHECKLIST|FRAMES|new-device/);
    if (link === "files") return;
    const decoded = await run(
      ["decode", "--device", "./thing/module.ts", "--input", "thing/fixtures/simulated.transcript"],
      {
        folder,
      },
    );
    expect(decoded.code).toBe(0);
    expect(jsonLines(decoded.data)[0]).toMatchObject({ simulated: true, kind: "samples" });
  });

  test("its imports lead into the checkout, however far away that is", async () => {
    const folder = temporary();
    await layOut({ id: "acme-thing", link: "bytes", folder: "a/b/c" }, createTestTerminal({ folder }));
    const codec = readFileSync(path.join(folder, "a/b/c/codec.ts"), "utf8");
    const [, place = ""] = /from "(.*)field\.ts"/.exec(codec) ?? [];
    expect(path.resolve(folder, "a/b/c", place)).toBe(path.join(root, "src/wire"));
  });
});

describe("devices new, in a checkout", () => {
  /** As much of one as the lists need. */
  async function checkout(): Promise<string> {
    const folder = temporary();
    await mkdir(path.join(folder, "test/devices"), { recursive: true });
    await mkdir(path.join(folder, "devices"));
    for (const file of ["devices/index.ts", "test/devices/profiles.ts"])
      await cp(path.join(root, file), path.join(folder, file));
    symlinkSync(path.join(root, "src"), path.join(folder, "src"));
    return folder;
  }

  test("lays out folder, profile and test, and enters both lists in their order", async () => {
    const folder = await checkout();
    await layOut(
      { id: "acme-thing", link: "gatt", folder: undefined, root: folder },
      createTestTerminal({ folder }),
    );
    expect(readdirSync(path.join(folder, "devices/acme-thing")).toSorted()).toEqual([
      ...[
        "README.md",
        "codec.ts",
        "driver.ts",
        "fixtures",
        "module.ts",
        "reader.ts",
        "simulator.ts",
        "uuids.ts",
      ],
    ]);
    const index = readFileSync(path.join(folder, "devices/index.ts"), "utf8");
    const imports = [...index.matchAll(/from "\.\/([^/]+)\/module\.ts"/g)].map(([, id]) => id ?? "");
    expect(imports).toEqual(imports.toSorted());
    expect(imports).toContain("acme-thing");
    expect(index).toMatch(/ {2}acmeThing,\n\];/);
    const profiles = readFileSync(path.join(folder, "test/devices/profiles.ts"), "utf8");
    expect(profiles).toMatch(/ {2}"acme-thing": acmeThingProfile,\n\};/);
    const own = readFileSync(path.join(folder, "test/devices/acme-thing.test.ts"), "utf8");
    expect(own).toContain('from "../support/conformance.ts"');
    expect(own).toContain("CHANNEL = { channel:");
  });

  test("never overwrites anything", async () => {
    const folder = await checkout();
    const terminal = createTestTerminal({ folder });
    const asked = { id: "acme-thing", link: "bytes", folder: undefined, root: folder };
    await layOut(asked, terminal);
    const index = readFileSync(path.join(folder, "devices/index.ts"), "utf8");
    await expect(layOut(asked, terminal)).rejects.toThrow(/already there/);
    expect(readFileSync(path.join(folder, "devices/index.ts"), "utf8")).toBe(index);
  });

  test.each<[argv: readonly string[], words: RegExp]>([
    [["devices", "new"], /ID is missing/],
    [["devices", "old", "x"], /did you mean "devices new ID"/],
    [["devices", "new", "Acme"], /no id for a family/],
    [["devices", "new", "nonin-serial"], /already a device family/],
    [["devices", "new", "acme-x", "--link", "radio"], /must be bytes, reports/],
  ])("%j is wrong use", async (argv, words) => {
    const ran = await run(argv);
    expect(ran.words).toMatch(words);
    expect(ran).toMatchObject({ code: 2, data: "" });
  });
});

describe("families from outside the project", () => {
  const config = (modules: string, family = "acme-thing", port = "memory:thing"): string =>
    `zone: UTC\ndeviceModules: [ ${modules} ]\nbeds:\n  - id: b1\n    devices: [{ family: ${family}, port: '${port}' }]\n`;

  test("are read from the configuration to the observation, with paths relative to it", async () => {
    const folder = temporary();
    const terminal = createTestTerminal({ folder });
    await layOut({ id: "acme-thing", link: "bytes", folder: "home/thing" }, terminal);
    writeFileSync(path.join(folder, "home/home.yaml"), config("./thing/module.ts"));
    const found = await findConfiguration("home/home.yaml", terminal, { zone: "UTC" });
    expect(found.findings.filter(({ level }) => level === "error")).toEqual([]);
    if (found.config === undefined) throw new Error("no configuration");
    const world = createRehearsalWorld({ seed: 1, startsAt: wall(Date.UTC(2026, 0, 15, 22)) });
    const { families } = found;
    const home = await composeHome(world, found.config, { pagesFolder: "/nonexistent", families });
    const [bed] = found.config.beds;
    if (bed === undefined) throw new Error("no bed");
    const { clock, random, log, memory } = world;
    const view = createPatient({ clock, random });
    const devices = simulateBed({ bed, view, zone: "UTC", memory, clock, random, log, families });
    await clock.advance(10_000);
    const [state] = home.edge.live.states();
    expect(state?.signals.spo2?.sample).toBeTypeOf("number");
    expect(state?.sources).toMatchObject([{ family: "acme-thing", simulated: true }]);
    await devices.stop();
    const stopping = home.stop();
    await clock.advance(5_000);
    await stopping;
    await world.close();
  });

  test("are listed last, marked, and checked with a warning", async () => {
    const folder = temporary();
    await layOut({ id: "acme-thing", link: "bytes", folder: "thing" }, createTestTerminal({ folder }));
    writeFileSync(
      path.join(folder, "breathwatch.yaml"),
      config("thing/module.ts", "acme-thing", "/dev/ttyNone"),
    );
    const { data } = await run(["devices"], { folder });
    expect(data.split("\n\n").at(-1)).toMatch(/^acme-thing\n[\s\S]*from outside the project, unproven/);
    const listed = JSON.parse((await run(["devices", "--json"], { folder })).data) as {
      id: string;
      outside: boolean;
    }[];
    expect(listed.filter(({ outside }) => outside).map(({ id }) => id)).toEqual(["acme-thing"]);
    const simulated = await run(
      ["simulate", "--scenario", "mask-off", "--devices", "acme-thing", "--to", "files", "--folder", "out"],
      { folder },
    );
    expect(simulated.code).toBe(0);
  });

  test.each<[name: string, module: string, words: RegExp]>([
    ["no module at all", "export const answer = 42;", /exports no device module/],
    ["a missing function", MODULE.replace("observe:", "watch:"), /its observe must be a function/],
    ["an unknown signal", MODULE.replace('"spo2"', '"spo3"'), /names "spo3", which is no signal/],
    ["a wrong link", MODULE.replace('"bytes"', '"radio"'), /its link must be one of bytes/],
    ["the settings of its port", MODULE.replace("serial:", "line:"), /its serial must be a function/],
    [
      "an id that is taken",
      MODULE.replace("acme-x", "nonin-serial"),
      /already a device family "nonin-serial"/,
    ],
    [
      "two of them",
      `${MODULE}\nexport const other = { ...acme, id: "acme-y" };`,
      /more than one device module/,
    ],
    ["what does not run", "export const = ;", /cannot be loaded/],
  ])("%s is a fault that says what is wrong, and nothing is watched", async (_, module, words) => {
    const terminal = createTestTerminal({
      files: { "module.ts": module, "h.yaml": config("module.ts", "acme-x") },
    });
    const found = await findConfiguration("h.yaml", terminal, { zone: "UTC" });
    expect(found.config).toBeUndefined();
    expect(found.findings[0]).toMatchObject({
      level: "error",
      code: "DEVICE_MODULE",
      where: "deviceModules",
    });
    expect(found.findings[0]?.what).toMatch(words);
  });

  test("a file that is not there is named", async () => {
    const terminal = createTestTerminal({ files: { "h.yaml": config("gone.ts", "acme-x") } });
    const found = await findConfiguration("h.yaml", terminal, { zone: "UTC" });
    expect(found.findings[0]?.what).toMatch(/gone\.ts cannot be loaded/);
  });

  test("whatever it says of itself, it is unproven", async () => {
    const terminal = createTestTerminal({ files: { "module.ts": MODULE } });
    const families = await familiesWith(["module.ts"], terminal.folder);
    expect(families.find("acme-x")?.evidence).toBe("unproven");
  });
});

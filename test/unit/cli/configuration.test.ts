import path from "node:path";
import { describe, expect, test } from "vitest";
import { findConfiguration } from "../../../src/cli/configuration.ts";
import { createTestTerminal } from "../../support/terminal.ts";

const machine = { zone: "Asia/Taipei" };
const good = "beds:\n  - id: b1\n    devices:\n      - { family: nonin-serial, port: /dev/ttyUSB0 }\n";

describe("where the configuration is looked for", () => {
  test("--config comes first, and must be there", async () => {
    const terminal = createTestTerminal({
      files: { "breathwatch.yaml": good, "other.yaml": `dataDir: x\n${good}` },
    });
    const found = await findConfiguration("other.yaml", terminal, machine);
    expect(found).toMatchObject({
      file: path.join(terminal.folder, "other.yaml"),
      dataDir: path.join(terminal.folder, "x"),
      config: { zone: "Asia/Taipei" },
    });
    const missing = await findConfiguration("missing.yaml", terminal, machine);
    expect(missing.config).toBeUndefined();
    expect(missing.findings).toMatchObject([
      { level: "error", code: "CONFIG_UNREADABLE", what: "there is no such file" },
    ]);
  });

  test("else ./breathwatch.yaml, with the data folder beside it", async () => {
    const terminal = createTestTerminal({ files: { "breathwatch.yaml": good } });
    expect(await findConfiguration(undefined, terminal, machine)).toMatchObject({
      file: path.join(terminal.folder, "breathwatch.yaml"),
      dataDir: path.join(terminal.folder, ".breathwatch"),
      config: { beds: [{ id: "b1" }] },
    });
  });

  test("a service manager's state folder comes before the default and after dataDir", async () => {
    const environment = { STATE_DIRECTORY: "/var/lib/breathwatch:/var/lib/other" };
    const plain = createTestTerminal({ files: { "breathwatch.yaml": good }, environment });
    expect((await findConfiguration(undefined, plain, machine)).dataDir).toBe("/var/lib/breathwatch");
    const named = createTestTerminal({
      files: { "breathwatch.yaml": `dataDir: /srv/bw\n${good}` },
      environment,
    });
    expect((await findConfiguration(undefined, named, machine)).dataDir).toBe("/srv/bw");
  });

  test("a folder of that name cannot be read, and says so", async () => {
    const terminal = createTestTerminal();
    const found = await findConfiguration(".", terminal, machine);
    expect(found.findings).toMatchObject([{ level: "error", code: "CONFIG_UNREADABLE" }]);
  });

  test("families and their options are checked", async () => {
    const wrong = good.replace("}", ", options: { format: 9 } }").replace("/dev/ttyUSB0", "/dev/ttyUSB1");
    const terminal = createTestTerminal({
      files: { "a.yaml": wrong, "b.yaml": good.replace("nonin-serial", "nonin-seril") },
    });
    const options = await findConfiguration("a.yaml", terminal, machine);
    expect(options.findings.find(({ level }) => level === "error")).toMatchObject({
      what: expect.stringContaining("auto, 2, 7, 8, 13") as string,
    });
    const family = await findConfiguration("b.yaml", terminal, machine);
    expect(family.findings.find(({ level }) => level === "error")).toMatchObject({
      code: "CONFIG_UNKNOWN_DEVICE",
      fix: 'Did you mean "nonin-serial"?',
    });
  });
});

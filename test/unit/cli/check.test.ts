import { describe, expect, test } from "vitest";
import { coverageFindings } from "../../../src/cli/check/coverage.ts";
import { findingLine, warning } from "../../../src/cli/check/finding.ts";
import { sourceFindings } from "../../../src/cli/check/sources.ts";
import { BUILT_IN } from "../../../src/cli/families.ts";
import type { HomeConfig } from "../../../src/config/config.ts";
import { type Finding, readConfig } from "../../../src/config/read.ts";
import { Fault } from "../../../src/domain/fault.ts";
import type { Links } from "../../../src/port/link.ts";
import { byteLinks } from "../../support/byte-links.ts";
import { createTestTerminal } from "../../support/terminal.ts";

function home(...devices: readonly (readonly [family: string, port: string])[]): HomeConfig {
  const lines = devices.map(([family, port]) => `      - { family: ${family}, port: "${port}" }\n`).join("");
  const families = devices.map(([id]) => ({ id, optionsProblem: () => undefined }));
  const { config } = readConfig(`beds:\n  - id: b1\n    devices:\n${lines}`, families, {
    zone: "Asia/Shanghai",
  });
  if (config === undefined) throw new Error("the test's configuration is wrong");
  return config;
}

describe("what nobody will be called for with these devices", () => {
  const coverage = async (...families: readonly string[]) => {
    const config = home(...families.map((f, i) => [f, `/dev/tty${i}`] as const));
    const findings = await coverageFindings(config, BUILT_IN);
    const warnings = findings
      .filter(({ level }) => level === "warning")
      .map(({ where, what }) => [where, what]);
    return { warnings: Object.fromEntries(warnings) as { [where: string]: string }, last: findings.at(-1) };
  };

  test("an oximeter alone watches no breathing", async () => {
    const { warnings, last } = await coverage("nonin-serial");
    const unwatched = Object.keys(warnings).map((where) => where.replace("bed b1, ", ""));
    expect(unwatched).toEqual(expect.arrayContaining(["VENT_APNEA", "VENT_DISCONNECT", "VENT_PRESSURE_LOW"]));
    expect(unwatched.filter((id) => /^(SPO2_(LOW|CRIT)|PR_|OXI_|DATA_)/.test(id))).toEqual([]);
    expect(last).toMatchObject({ level: "ok", where: "bed b1" });
    expect(last?.what).toMatch(/SPO2_LOW, SPO2_CRIT.*OXI_SENSOR_OFF.*DATA_STALE/);
  });

  test("a ventilator alone watches no oxygen, and no finger sensor", async () => {
    const { warnings, last } = await coverage("puritan-bennett-840-waveform");
    expect(Object.keys(warnings)).toEqual(
      expect.arrayContaining([
        "bed b1, SPO2_LOW",
        "bed b1, SPO2_CRIT",
        "bed b1, PR_LOW",
        "bed b1, OXI_SENSOR_OFF",
      ]),
    );
    expect(last?.what).toMatch(/VENT_DISCONNECT, VENT_APNEA/);
    expect(last?.what).not.toMatch(/OXI_SENSOR_OFF/);
  });

  test("a condition without a device that tells what it needs says so", async () => {
    const { warnings } = await coverage("nonin-serial", "puritan-bennett-840-waveform");
    expect(warnings["bed b1, VENT_LEAK_HIGH"]).toBe(
      "not watching VENT_LEAK_HIGH: no device of this bed tells what it needs",
    );
    expect(Object.keys(warnings)).not.toContain("bed b1, VENT_DISCONNECT");
  });
});

describe("ports", () => {
  const findings = (
    config: HomeConfig,
    links: Partial<Links>,
    heldBy?: number,
  ): Promise<readonly Finding[]> =>
    sourceFindings(config, {
      links: { ...byteLinks(() => Promise.reject(new Error("not expected"))), ...links },
      terminal: createTestTerminal(),
      families: BUILT_IN,
      heldBy,
    });
  let closed = 0;
  const opening = (simulated: boolean, resolved: string): Partial<Links> => ({
    open: async () => ({
      link: {
        chunks: (async function* () {})(),
        write: async () => undefined,
        close: async () => void closed++,
      },
      simulated,
      resolved,
    }),
  });

  test("a real port by its stable name is fine, and is closed again", async () => {
    closed = 0;
    const port = "/dev/serial/by-id/usb-A";
    const found = await findings(home(["nonin-serial", port]), opening(false, port));
    expect(found).toEqual([{ level: "ok", where: `bed b1, nonin-serial, ${port}`, what: "can be opened" }]);
    expect(closed).toBe(1);
  });

  test("a name that depends on the order of plugging is told the stable one", async () => {
    const found = await findings(
      home(["nonin-serial", "/dev/ttyUSB0"]),
      opening(false, "/dev/serial/by-id/usb-A"),
    );
    expect(found.at(-1)).toMatchObject({ level: "warning", fix: "Write port: /dev/serial/by-id/usb-A" });
  });

  test.each([
    ["memory:x", {}],
    ["replay:night.transcript", opening(true, "replay:night.transcript")],
    ["/tmp/nonin-serial", opening(true, "/tmp/nonin-serial")],
  ])("%s is simulated, and called so", async (port, links) => {
    const [finding] = await findings(home(["nonin-serial", port]), links);
    expect(finding?.level).toBe("warning");
    expect(finding?.what).toMatch(/^SIMULATED.*pages nobody outside a drill/);
  });

  test("a port that is not there is told what is", async () => {
    const port = "/dev/serial/by-id/usb-FTDI_A900abce-if00";
    const links: Partial<Links> = {
      open: () => Promise.reject(new Fault("LINK_NOT_FOUND", `There is no port ${port}.`)),
      list: async () => [{ path: "/dev/serial/by-id/usb-FTDI_A900abcd-if00", description: "" }],
    };
    const [finding] = await findings(home(["nonin-serial", port]), links);
    expect(finding).toMatchObject({ level: "error", code: "LINK_NOT_FOUND" });
    expect(finding?.fix).toMatch(/^Did you mean \/dev\/serial\/by-id\/usb-FTDI_A900abcd-if00\?/);
  });

  test("a name that a simulator would make asks for the simulator", async () => {
    const links = { open: () => Promise.reject(new Fault("LINK_NOT_FOUND", "There is no port.")) };
    const [finding] = await findings(home(["nonin-serial", "/tmp/bw/nonin-serial"]), links);
    expect(finding?.fix).toMatch(/^Start the simulator or replay/);
  });

  test("a port in use is an error, unless the home that runs has it", async () => {
    const busy: Partial<Links> = {
      open: () => Promise.reject(new Fault("LINK_REFUSED", "The port is in use by another program.")),
    };
    // Any file that this user may read and write stands for a port that may be opened.
    const config = home(["nonin-serial", "/dev/null"]);
    expect(await findings(config, busy)).toMatchObject([{ level: "error", code: "LINK_REFUSED" }]);
    expect(await findings(config, busy, 4711)).toMatchObject([
      { level: "ok", what: "in use while process 4711 runs" },
    ]);
  });

  test("whatever a port throws becomes a finding", async () => {
    const [finding] = await findings(home(["nonin-serial", "/dev/ttyUSB0"]), {
      open: () => Promise.reject(new Error("odd")),
    });
    expect(finding).toMatchObject({ level: "error", code: "LINK_REFUSED" });
    expect(finding?.what).toMatch(/odd/);
  });
});

test("a finding is one line: level, where, what with its code, and the fix", () => {
  expect(findingLine({ level: "ok", where: "node", what: "version 24" })).toBe("ok  node  version 24");
  expect(findingLine(warning("zone", "UTC", "Set zone.", "CONFIG_INVALID"))).toBe(
    "warning  zone  UTC (CONFIG_INVALID)  -> Set zone.",
  );
});

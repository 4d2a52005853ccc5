import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { DEVICES, findDevice } from "../../devices/index.ts";
import type { DeviceModule } from "../../src/driver/contract.ts";
import { fillOptions } from "../../src/driver/options.ts";

const root = path.join(import.meta.dirname, "../../devices");

const folderOf = ({ id, folder }: DeviceModule): string => folder ?? id;

/** The table of devices/README.md. */
function table(): string {
  const rows = DEVICES.map((device) => {
    const options = fillOptions(device.options, {});
    const signals = [...device.signals(options), ...device.waves.map((wave) => `${wave} (wave)`)];
    const { connection, averaging, night } = device.facts;
    return [
      `[\`${device.id}\`](${folderOf(device)}/README.md)`,
      `${device.vendor} ${device.model}`,
      `${device.role}, ${connection}`,
      signals.join(", ") || "none",
      device.timeliness,
      averaging ?? "not published",
      powerOf(device),
      `${night.suited}: ${night.reason}`,
      `*${device.evidence}* ${device.facts.evidence}`,
    ];
  });
  const head = [
    ["family", "device", "what, how", "signals", "age", "averaging", "power", "a whole night", "evidence"],
    Array.from({ length: 9 }, () => "---"),
  ];
  return [...head, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function powerOf({ facts: { power } }: DeviceModule): string {
  if (power === "none") return "needs none";
  if (power === "mains") return "mains";
  return power.batteryHours === undefined
    ? "battery or cable, hours not published"
    : `battery, ${power.batteryHours} h`;
}

describe("devices/README.md", () => {
  test("lists the families that are built in", async () => {
    const file = path.join(root, "README.md");
    const text = readFileSync(file, "utf8");
    const filled = text.replace(
      /(compares it -->\n)[\s\S]*?(<!-- end -->)/,
      (_, before: string, after: string) => `${before}${table()}\n${after}`,
    );
    expect(filled).toContain(table());
    await expect(filled).toMatchFileSnapshot(file);
  });
});

describe("a family", () => {
  test.each(DEVICES)("$id has a README with a checklist and its evidence", (device) => {
    const text = readFileSync(path.join(root, folderOf(device), "README.md"), "utf8");
    expect(text).toContain("[x]");
    expect(text).toContain("[-]");
    expect(text).toMatch(/^## Evidence$/m);
  });

  test.each(DEVICES)("$id lies in the folder of its name", (device) => {
    expect(device.id === folderOf(device) || device.id.startsWith(`${folderOf(device)}-`)).toBe(true);
  });

  test.each(DEVICES)("$id names each of its options in its README", (device) => {
    const text = readFileSync(path.join(root, folderOf(device), "README.md"), "utf8");
    for (const name of Object.keys(device.options)) expect(text).toContain(`\`${name}\``);
  });

  test("is found by its id, and only by it", () => {
    expect(findDevice("nonin-serial")?.vendor).toBe("Nonin");
    expect(findDevice("nonin")).toBeUndefined();
  });
});

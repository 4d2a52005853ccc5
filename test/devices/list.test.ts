import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { DEVICES, findDevice } from "../../devices/index.ts";
import { fillOptions } from "../../src/driver/options.ts";

const root = path.join(import.meta.dirname, "../../devices");

/** The table of devices/README.md. */
function table(): string {
  const rows = DEVICES.map((device) => {
    const options = fillOptions(device.options, {});
    const signals = [...device.signals(options), ...device.waves.map((wave) => `${wave} (wave)`)];
    const names = Object.keys(device.options);
    return [
      `[\`${device.id}\`](${device.id}/README.md)`,
      `${device.vendor} ${device.model}`,
      device.role,
      signals.join(", "),
      names.length === 0 ? "none" : names.join(", "),
      device.evidence,
    ];
  });
  const head = [
    ["family", "device", "role", "signals with default options", "options", "evidence"],
    ["---", "---", "---", "---", "---", "---"],
  ];
  return [...head, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

describe("devices/README.md", () => {
  test("lists the families that are built in", () => {
    const text = readFileSync(path.join(root, "README.md"), "utf8");
    const between = /index\.ts; test\/devices\/list\.test\.ts compares it -->\n([\s\S]*?)<!-- end -->/.exec(
      text,
    );
    expect(between?.[1]?.trim()).toBe(table());
  });
});

describe("a family", () => {
  test.each(DEVICES)("$id has a README with a checklist and its evidence", ({ id }) => {
    const text = readFileSync(path.join(root, id, "README.md"), "utf8");
    expect(text).toContain("[x]");
    expect(text).toContain("[-]");
    expect(text).toMatch(/^## Evidence$/m);
  });

  test.each(DEVICES)("$id names each of its options in its README", ({ id, options }) => {
    const text = readFileSync(path.join(root, id, "README.md"), "utf8");
    for (const name of Object.keys(options)) expect(text).toContain(`\`${name}\``);
  });

  test("is found by its id, and only by it", () => {
    expect(findDevice("nonin-serial")?.vendor).toBe("Nonin");
    expect(findDevice("nonin")).toBeUndefined();
  });
});

import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { HOUR_MS, MINUTE_MS } from "../../../src/domain/time.ts";
import { CHANNEL_MODULES } from "../../../src/notify/modules.ts";
import type { ChannelModule } from "../../../src/port/channel.ts";

const DND = { yes: "yes", no: "**no**", setting: "after a setting", not_applicable: "-" } as const;
const SOUNDS = {
  call: "rings like a call",
  alarm: "an alarm's sound",
  notification: "any notification",
  not_applicable: "-",
} as const;

const within = (ms: number): string =>
  ms % HOUR_MS === 0 ? `${ms / HOUR_MS} h` : `${Math.round((ms / MINUTE_MS) * 100) / 100} min`;

function rowOf({ id, name, place, capabilities, access, create }: ChannelModule): string {
  const limits = (capabilities.perTarget ?? []).map(({ most, withinMs }) => `${most} in ${within(withinMs)}`);
  const cells = [
    `[${name.en}](../src/notify/${id}/README.md)`,
    SOUNDS[capabilities.sounds],
    DND[capabilities.breaksDndIos],
    DND[capabilities.breaksDndAndroid],
    capabilities.mainlandChina,
    capabilities.acknowledges ? "yes" : "no",
    capabilities.endToEndEncrypted ? "yes" : "no",
    access.some(({ required }) => required) ? "yes" : "no",
    place === "house" ? "box" : "box, hub",
    limits.join(", ") || "-",
  ];
  expect(typeof create).toBe("function");
  return `| ${cells.join(" | ")} |`;
}

const HEAD =
  "| channel | sounds like | through silence, iPhone | Android | mainland China | answers | end to end | " +
  "needs an account | from | most for one phone |\n| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n";

describe("docs/channels.md", () => {
  test("has the table of channels as the modules have it (written by --update)", async () => {
    const file = path.join(import.meta.dirname, "../../../docs/channels.md");
    const page = readFileSync(file, "utf8");
    const [before, , after] = page.split(/<!-- modules -->\n|<!-- end of modules -->/);
    const table = `${HEAD}${CHANNEL_MODULES.map(rowOf).join("\n")}\n`;
    await expect(`${before}<!-- modules -->\n${table}<!-- end of modules -->${after}`).toMatchFileSnapshot(
      file,
    );
  });

  test("has a page beside each channel", () => {
    for (const { id } of CHANNEL_MODULES) {
      const page = readFileSync(
        path.join(import.meta.dirname, `../../../src/notify/${id}/README.md`),
        "utf8",
      );
      expect(page, id).toMatch(/^# /);
    }
  });
});

import { expect, test } from "vitest";
import type { HomeConfig } from "../../../src/config/config.ts";
import { readConfig } from "../../../src/config/read.ts";
import { reloaded } from "../../../src/config/reload.ts";

const TEXT = `zone: Asia/Shanghai
log: { level: warn }
beds:
  - id: b1
    label: Bed
    devices:
      - { family: nonin-serial, port: /dev/ttyUSB0, label: finger }
channels:
  webhooks:
    - { label: door, url: "https://a.example", secret: 0123456789abcdef }
`;
function config(...changes: readonly (readonly [from: string, to: string])[]): HomeConfig {
  let text = TEXT;
  for (const [from, to] of changes) text = text.replace(from, to);
  const { config: read, findings } = readConfig(
    text,
    ["nonin-serial", "masimo-ascii"].map((id) => ({ id, optionsProblem: () => undefined })),
    { zone: "UTC" },
  );
  if (read === undefined) throw new Error(JSON.stringify(findings));
  return read;
}

test("the same configuration changes nothing", () => {
  expect(reloaded(config(), config())).toEqual({ config: config(), live: [], restart: [] });
});

test("how much is told and how long data are kept count at once", () => {
  const after = config(["level: warn", "level: debug"], ["zone:", "keep: { waveDays: 3 }\nzone:"]);
  const change = reloaded(config(), after);
  expect(change.config).toEqual(after);
  expect(change.restart).toEqual([]);
  expect(change.live.toSorted()).toEqual(["keep/waveDays", "log/level"]);
});

test("the token of the metrics comes, changes and goes at once", () => {
  const first = config(["zone:", "metrics: { token: 0123456789abcdefgh }\nzone:"]);
  const second = config(["zone:", "metrics: { token: another-token-of-16 }\nzone:"]);
  expect(reloaded(config(), first)).toEqual({ config: first, live: ["metrics"], restart: [] });
  expect(reloaded(first, second)).toEqual({ config: second, live: ["metrics/token"], restart: [] });
  expect(reloaded(second, config())).toEqual({ config: config(), live: ["metrics"], restart: [] });
});

test("webhooks come, change and go at once", () => {
  const other = config(["a.example", "b.example"]);
  expect(reloaded(config(), other)).toEqual({ config: other, live: ["webhooks/0/url"], restart: [] });
  const none = config(["    - { label: door", "    [] #"], ["webhooks:\n", "webhooks:"]);
  expect(reloaded(config(), none)).toEqual({ config: none, live: ["webhooks"], restart: [] });
});

test("a level that is no longer named is no longer in force, and the place of the log stays", () => {
  const before = config(["level: warn", "level: debug, file: /var/log/x"]);
  const { config: now, live } = reloaded(before, config(["level: warn", "file: /var/log/x"]));
  expect(live).toEqual(["log/level"]);
  expect(now.log).toEqual({ file: before.log?.file });
});

test.each([
  ["another port", ["/dev/ttyUSB0", "/dev/ttyUSB1"], "beds/0/devices/0/port"],
  ["another device", ["nonin-serial", "masimo-ascii"], "beds/0/devices/0/family"],
  ["another zone", ["Asia/Shanghai", "Asia/Taipei"], "zone"],
  ["another class", ["label: Bed", "label: Bed\n    dependencyClass: C"], "beds/0/dependencyClass"],
  [
    "one device more",
    ["devices:", "devices:\n      - { family: masimo-ascii, port: /dev/ttyS1 }"],
    "beds/0/devices",
  ],
  ["another place for the log", ["level: warn", "level: warn, file: /tmp/log"], "log/file"],
] as const)("%s waits for the next start, and what is in force stays", (_what, change, way) => {
  const found = reloaded(config(), config(change));
  expect(found).toMatchObject({ live: [], restart: [way] });
  expect(found.config).toEqual(config());
});

test("of two changes the one counts now and the other later", () => {
  const after = config(["level: warn", "level: info"], ["/dev/ttyUSB0", "/dev/ttyUSB9"]);
  const { config: now, live, restart } = reloaded(config(), after);
  expect({ live, restart }).toEqual({ live: ["log/level"], restart: ["beds/0/devices/0/port"] });
  expect(now.log?.level).toBe("info");
  expect(now.beds[0]?.devices[0]?.port).toBe("/dev/ttyUSB0");
});

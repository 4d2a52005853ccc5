import { describe, expect, test } from "vitest";
import { nearest } from "../../../src/config/nearest.ts";
import { readConfig } from "../../../src/config/read.ts";

const families = [
  {
    id: "nonin-serial",
    optionsProblem: (options: { readonly [name: string]: unknown }) =>
      options["format"] === "9" ? "format 9 does not exist" : undefined,
  },
  { id: "test-clip", unsuited: "it switches itself off", optionsProblem: () => undefined },
];
const read = (text: string) => readConfig(text, families, { zone: "Asia/Shanghai" });
const good = "beds:\n  - id: b1\n    devices:\n      - { family: nonin-serial, port: /dev/ttyUSB0 }\n";

/** Each mistake: the text, the code, the line it is on, and a word of the fix. */
const mistakes: readonly (readonly [name: string, text: string, code: string, where: string, fix: RegExp])[] =
  [
    ["a tab", "beds:\n\t- id: b1\n", "CONFIG_SYNTAX", "line 2", /indentation/],
    ["an empty file", "", "CONFIG_INVALID", "the file", /one bed/],
    ["a list", "- a\n", "CONFIG_INVALID", "the file", /configuration\.md/],
    ["no beds", "zone: UTC\n", "CONFIG_INVALID", "the file", /"beds"/],
    [
      "a typo in a key",
      good.replace("    devices", "    dependencyClas: C\n    devices"),
      "CONFIG_UNKNOWN_KEY",
      "line 3",
      /"dependencyClass"/,
    ],
    [
      "a class that is none",
      good.replace("    devices", "    dependencyClass: D\n    devices"),
      "CONFIG_INVALID",
      "line 3",
      /A, B, C/,
    ],
    [
      "an hour that is none",
      good.replace("    devices", "    watch: { from: '25:00', to: '09:00' }\n    devices"),
      "CONFIG_INVALID",
      "line 3",
      /HH:MM/,
    ],
    [
      "an unknown family",
      good.replace("nonin-serial", "nonin-serail"),
      "CONFIG_UNKNOWN_DEVICE",
      "line 4",
      /"nonin-serial"/,
    ],
    [
      "a wrong option",
      good.replace("ttyUSB0 }", "ttyUSB0, options: { format: '9' } }"),
      "CONFIG_INVALID",
      "line 4",
      /README/,
    ],
    [
      "a port used twice",
      `${good}      - { family: nonin-serial, port: /dev/ttyUSB0 }\n`,
      "CONFIG_INVALID",
      "line 5",
      /own port/,
    ],
    ["a bed twice", good + good.replace("beds:\n", ""), "CONFIG_INVALID", "line 5", /own id/],
    ["a zone that is none", `zone: Mars/Olympus\n${good}`, "CONFIG_INVALID", "line 1", /IANA/],
    [
      "pages for everybody without TLS",
      `web: { host: 0.0.0.0 }\n${good}`,
      "HTTP_INSECURE",
      "line 1",
      /web\.tls/,
    ],
    [
      "a short webhook secret",
      `channels: { webhooks: [{ label: x, url: 'https://x', secret: short }] }\n${good}`,
      "CONFIG_INVALID",
      "line 1",
      /16 characters/,
    ],
    [
      "a push address that is none",
      `channels: { webPush: { subject: me } }\n${good}`,
      "CONFIG_INVALID",
      "line 1",
      /mailto/,
    ],
  ];

describe("a mistake in the configuration", () => {
  test.each(mistakes)("%s is named with its line and its fix", (_name, text, code, where, fix) => {
    const { config, findings } = read(text);
    expect(config).toBeUndefined();
    const error = findings.find((finding) => finding.level === "error" && finding.code === code);
    expect(error, JSON.stringify(findings)).toBeDefined();
    expect(error?.where).toContain(where);
    expect(`${error?.what} ${error?.fix}`).toMatch(fix);
  });
});

describe("a good configuration", () => {
  test("gets the defaults of the design", () => {
    const { config, findings } = read(good);
    expect(findings.filter((finding) => finding.level === "error")).toEqual([]);
    expect(config).toMatchObject({
      zone: "Asia/Shanghai",
      demo: false,
      web: { host: "127.0.0.1" },
      beds: [{ id: "b1", dependencyClass: "B", schedule: { fromMinute: 21 * 60, toMinute: 9 * 60 } }],
    });
  });

  test("keeps what it says", () => {
    const { config, dataDir } = read(
      `dataDir: /var/lib/x\nlanguage: zh-Hant\nweb: { host: 0.0.0.0, port: 1, name: h.example, tls: { cert: c, key: k } }\n` +
        `bus: { url: 'mqtt://broker:1', username: u, password: p }\naudio: { enabled: false }\n` +
        `${good}    label: Mama\n    dependencyClass: C\n    watch: { from: '20:30', to: '08:15' }\n`,
    );
    expect(dataDir).toBe("/var/lib/x");
    expect(config).toMatchObject({
      language: "zh-Hant",
      web: { host: "0.0.0.0", port: 1, name: "h.example", tls: { certFile: "c", keyFile: "k" } },
      bus: { url: "mqtt://broker:1", username: "u", password: "p" },
      audio: { enabled: false },
      beds: [{ label: "Mama", dependencyClass: "C", schedule: { fromMinute: 1_230, toMinute: 495 } }],
    });
  });

  test("never turns into a demo by itself", () => {
    expect(read("").config).toBeUndefined();
    expect(read(good).config?.demo).toBe(false);
  });
});

test("the nearest word is only offered when it is near", () => {
  expect(nearest("prot", ["port", "label"])).toBe("port");
  expect(nearest("zzzzzz", ["port", "label"])).toBeUndefined();
});

describe("a device that cannot carry a night", () => {
  const clip = (more: string, port = "ble:Clip") =>
    `beds:\n  - id: b1\n    devices:\n      - { family: test-clip, port: "${port}"${more} }\n`;

  test("is refused with the reason", () => {
    const { config, findings } = read(clip(""));
    expect(config).toBeUndefined();
    expect(findings[0]?.what).toContain("it switches itself off");
    expect(findings[0]?.fix).toContain("insist: true");
  });

  test("is taken where the family insists, and where it is only played", () => {
    expect(read(clip(", insist: true")).config).toBeDefined();
    expect(read(clip("", "memory:clip")).config).toBeDefined();
  });
});

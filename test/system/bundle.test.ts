// The support file of a home that runs, with everything personal planted where it could slip in.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { runCommand, startCommandLine } from "../support/command-line.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "breathwatch-bundle-"));
  mkdirSync(path.join(folder, "logs"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const PERSONAL = [
  "Grandma Mei",
  "Uncle Wang",
  "lin.example",
  "/hooks",
  "T0PS3CR3T",
  "0123456789abcdef",
  "A9F2XYZ",
  "finger of",
  "mei@",
  "192.168.77.5",
  "C0:FF:EE",
  "+86 138 0013 8000",
  "97.5",
];
const HOME = `zone: Asia/Shanghai
dataDir: data
web: { port: 0, name: lin.example }
bus: { port: 0 }
audio: { enabled: false }
beds:
  - id: b1
    label: Grandma Mei
    devices:
      - { family: nonin-serial, port: "memory:finger", label: finger of Mei }
      - { family: nonin-serial, port: "/dev/serial/by-id/usb-FTDI_A9F2XYZ-port0" }
channels:
  webPush: { subject: "mailto:mei@linfamily.org" }
  webhooks:
    - { label: Uncle Wang, url: "http://127.0.0.1:9/hooks/T0PS3CR3T", secret: 0123456789abcdef }
`;
const LOG = [
  {
    event: "send.failed",
    level: "warn",
    code: "CHANNEL_FAILED",
    why: "no answer at https://hooks.lin.example/T0PS3CR3T",
  },
  { event: "link.lost", level: "warn", code: "LINK_LOST", port: "ble:C0:FF:EE:00:00:01" },
  { event: "call.failed", level: "warn", why: "Uncle Wang, +86 138 0013 8000, did not answer 192.168.77.5" },
]
  .map((line) => `${JSON.stringify(line)}\n`)
  .join("");

async function started() {
  writeFileSync(path.join(folder, "breathwatch.yaml"), HOME);
  writeFileSync(path.join(folder, "logs/breathwatch.log"), LOG);
  const home = startCommandLine(["home"], { folder });
  await home.line(0);
  const environment = { LOGS_DIRECTORY: path.join(folder, "logs") };
  return { home, bundle: (...args: string[]) => runCommand(["bundle", ...args], { folder, environment }) };
}

test("is listed first, shows every word when asked, and is written only then; nothing personal is in it", async () => {
  const { home, bundle } = await started();
  const { token } = JSON.parse(readFileSync(path.join(folder, "data/control.json"), "utf8"));

  const listed = await bundle();
  expect(listed.code).toBe(0);
  expect(listed.data.split("\n").map((line) => line.split("  ")[0])).toEqual(
    expect.arrayContaining(["about.txt", "configuration.txt", "check.txt", "devices.json", "log.txt"]),
  );
  expect(listed.words).toMatch(/Nothing was written/);

  const shown = await bundle("--show", "--out", "support.zip", "--hide", "nonin");
  const file = path.join(folder, "support.zip");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const written = readFileSync(file, "latin1");
  // The parts lie in the zip as they are: what is searched here is what leaves the house.
  expect(written).toContain("breathwatch-support/check.txt");
  expect(written).toMatch(/"counters": \{/);
  expect(written).toMatch(/link\.lost/);
  expect(written).toMatch(/watching .*SPO2_LOW/);
  for (const text of [written, shown.data]) {
    const slipped = [...PERSONAL, token, folder, "nonin"].filter((secret) => text.includes(secret));
    expect(slipped).toEqual([]);
  }
  expect(hostname().length < 4 || !written.includes(hostname())).toBe(true);

  const again = await bundle("--out", "support.zip");
  expect(again.code).toBe(1);
  home.kill("SIGTERM");
  await home.ended;
});

test("of a machine on which nothing runs and nothing is configured says so much", async () => {
  const { code, data } = await runCommand(["bundle", "--out", "support.zip"], {
    folder,
    environment: { LOGS_DIRECTORY: path.join(folder, "logs") },
  });
  expect(code).toBe(0);
  expect(data).toMatch(/^about\.txt/);
  expect(data).not.toMatch(/devices\.json|configuration\.txt/);
  expect(existsSync(path.join(folder, "support.zip"))).toBe(true);
});

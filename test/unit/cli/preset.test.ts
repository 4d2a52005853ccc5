import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { resolveLimits } from "../../../src/alarm/limits.ts";
import { wall } from "../../../src/domain/time.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { createTestTerminal, run } from "../../support/terminal.ts";

let folder: string;
beforeEach(async () => {
  ({ folder } = createTestTerminal({
    files: {
      "low.yaml": "preset: chronic_low\nSPO2_LOW: { limit: 86 }\n",
      "bad.yaml": "SPO2_LOW: { limit: 60 }\n",
    },
  }));
  expect((await run(["preset", "keygen", "--key", "clinic.key"], { folder })).code).toBe(0);
});

const MAKE = ["preset", "make", "--key", "clinic.key", "--clinic", "呼吸门诊", "--name", "low"];

describe("breathwatch preset", () => {
  test("makes a key that only its owner reads, and never writes over one", async () => {
    expect(statSync(path.join(folder, "clinic.key")).mode & 0o777).toBe(0o600);
    const before = readFileSync(path.join(folder, "clinic.key"), "utf8");
    const again = await run(["preset", "keygen", "--key", "clinic.key"], { folder });
    expect(again.code).toBe(1);
    expect(again.words).toMatch(/not there yet.*INPUT_INVALID/);
    expect(readFileSync(path.join(folder, "clinic.key"), "utf8")).toBe(before);
  });

  test("makes a code that it shows again, with the digits that were printed with the key", async () => {
    const made = await run([...MAKE, "--limits", "low.yaml", "--class", "B", "--issue", "4"], { folder });
    expect(made.code).toBe(0);
    const code = made.data.trim();
    expect(code).toMatch(/^BW1:[A-Z2-7]+$/);
    expect(made.words).toContain("呼吸门诊: low, version 4");
    const shown = await run(["preset", "show", code], { folder });
    const { limits, fingerprint, ...rest } = JSON.parse(shown.data);
    expect(rest).toEqual({
      ...{ clinic: "呼吸门诊", name: "low", issue: 4, issuedAt: "2026-01-01T00:00:00.000Z", class: "B" },
    });
    expect(resolveLimits(limits, "B")).toEqual(
      resolveLimits({ preset: "chronic_low", SPO2_LOW: { limit: 86 } }, "B"),
    );
    expect(made.words).toContain(`fingerprint ${fingerprint}`);
    const input = (async function* () {
      yield Buffer.from(`${code}\n`);
    })();
    expect((await run(["preset", "show", "-"], { folder, input })).data).toBe(shown.data);
  });

  test("numbers versions by the time of making, so that the later one counts", async () => {
    const issueOf = async (time: string) => {
      const clock = createVirtualClock(wall(Date.parse(time)));
      const { data } = await run([...MAKE, "--limits", "low.yaml"], { folder, clock });
      return JSON.parse((await run(["preset", "show", data.trim()], { folder })).data).issue;
    };
    expect(await issueOf("2026-03-01T14:30:59Z")).toBe(202603011430);
    expect(await issueOf("2026-10-01T00:00:00Z")).toBe(202610010000);
  });

  test("draws the code for print", async () => {
    const { code } = await run([...MAKE, "--limits", "low.yaml", "--svg", "low.svg"], { folder });
    expect(code).toBe(0);
    expect(readFileSync(path.join(folder, "low.svg"), "utf8")).toMatch(/^<svg/);
  });

  test("says what lies outside what is recommended, and signs nothing that is impossible", async () => {
    const made = await run([...MAKE, "--limits", "low.yaml"], { folder });
    expect(made.words).toMatch(/SPO2_LOW\.delay_s 60 lies outside what is recommended/);
    const bad = await run([...MAKE, "--limits", "bad.yaml"], { folder });
    expect([bad.code, bad.data]).toEqual([1, ""]);
    expect(bad.words).toMatch(/SPO2_LOW\.limit is 60.*75 to 95/);
  });

  test("refuses a code that was changed, and a key that is none", async () => {
    const code = (await run([...MAKE, "--limits", "low.yaml"], { folder })).data.trim();
    const changed = `${code.slice(0, 80)}${code.charAt(80) === "A" ? "B" : "A"}${code.slice(81)}`;
    const shown = await run(["preset", "show", changed], { folder });
    expect([shown.code, shown.data]).toEqual([1, ""]);
    expect(shown.words).toContain("PRESET_CODE_BAD");
    const other = [...MAKE, "--limits", "low.yaml"].map((word) =>
      word === "clinic.key" ? "low.yaml" : word,
    );
    expect((await run(other, { folder })).words).toMatch(/no Ed25519 private key/);
  });

  test.each([
    [[]],
    [["make"]],
    [["sign"]],
    [["show"]],
    [["keygen"]],
    [["keygen", "clinic.key"]],
    [[...MAKE.slice(1), "--limits", "low.yaml", "--class", "D"]],
    [[...MAKE.slice(1), "--limits", "low.yaml", "--issue", "0"]],
  ])("%j is wrong use", async (argv) => {
    expect((await run(["preset", ...argv], { folder })).code).toBe(2);
  });
});

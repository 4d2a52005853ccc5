import { expect, test } from "vitest";
import { CARD_STYLES } from "../../../src/transport/wifi-listing.ts";

const [flashAir, ezShare] = CARD_STYLES;
const MIB = 1 << 20;
const filled = (pattern: string): string => pattern.repeat(Math.ceil(MIB / pattern.length));

/** Far above what a machine that is busy with other things needs, far below what quadratic work takes. */
const LONGEST_MS = 1_500;

test.each([
  ["digits without an end", "1"],
  ["sizes without a link", "1KB "],
  ["a size and blanks", `1KB${" ".repeat(70_000)}`],
  ["links that are never closed", "1KB <a "],
  ["links without an end tag", "1KB <a b>c"],
  ["folders without a link", "&lt;DIR&gt;<a "],
  ["empty lines", "\n"],
  ["lines of one character", "a\n"],
  ["commas", ","],
  ["commas and digits", ",1"],
  ["names of one letter", "\n,a,0,0,0,0"],
])("a listing of %s is read without holding up the program", (_, pattern) => {
  for (const body of [filled(pattern), `WLANSD_FILELIST\n${filled(pattern)}`]) {
    const before = performance.now();
    for (const style of CARD_STYLES) style.parse(body);
    expect(performance.now() - before).toBeLessThan(LONGEST_MS);
  }
});

test("names that lead out, or that hold control characters, are left out of both listings", () => {
  const bad = ["..", ".", "a\u001b[2Jb", "a\u0007b", ""];
  const flash = bad.map((name) => `/DATALOG,${name},1,32,0,0`).join("\r\n");
  expect(flashAir?.parse(`WLANSD_FILELIST\r\n${flash}\r\n/,ok.edf,1,32,0,0`)).toEqual([
    { name: "ok.edf", folder: false, bytes: 1 },
  ]);
  const ez = bad.map((name) => ` 1KB <a href="x"> ${name}</a>`).join("\n");
  expect(ezShare?.parse(`${ez}\n 1KB <a href="x"> ok.edf</a>`)).toEqual([
    { name: "ok.edf", folder: false, bytes: 1024 },
  ]);
});

import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { limitIn, openMax, roomHere } from "../../../src/store/state/open-max.ts";
import { openStores } from "../../../src/store/state/stores.ts";

const GB = 2 ** 30;
const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max processes             96000                96000                processes
Max open files            20000                524288               files
Max locked memory         8388608              8388608              bytes
`;

test.each([
  [LIMITS, 20_000],
  [LIMITS.replace("20000 ", "unlimited "), Number.POSITIVE_INFINITY],
  ["", undefined],
  ["Max open files  many  many  files", undefined],
])("the soft limit of open files is read", (text, limit) => {
  expect(limitIn(text)).toBe(limit);
});

test.each([
  ["a small box", 1_024, GB, 163],
  ["the usual hub", 524_288, 8 * GB, 1_000],
  ["few descriptors", 600, 8 * GB, 100],
  ["hardly any", 64, GB / 8, 64],
  ["no limit", Number.POSITIVE_INFINITY, 2 * GB, 327],
  ["nobody knows", undefined, 64 * GB, 64],
])(
  "%s: as many files as fit half the descriptors and a sixteenth of the memory",
  (_, descriptors, memoryBytes, most) => {
    expect(openMax({ descriptors, memoryBytes })).toBe(most);
  },
);

test("what this process may use is known, and leaves room", () => {
  const { descriptors, memoryBytes } = roomHere();
  expect(memoryBytes).toBeGreaterThan(0);
  expect(3 * openMax({ descriptors, memoryBytes })).toBeLessThan(descriptors ?? Number.POSITIVE_INFINITY);
});

test("homes beyond the bound close the file that was asked least recently, and lose nothing by it", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "breathwatch-open-"));
  const stores = openStores({ folder, openMax: 3 });
  onTestFinished(() => {
    stores.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const home = (n: number): string => `home${String.fromCharCode(97 + n)}aaaaa`;
  const value = (n: number): unknown => stores.call("home", home(n), "value", ["n"]);
  const isOpen = (n: number): boolean =>
    readdirSync("/proc/self/fd").some(
      (fd) => linkOf(fd) === path.join(folder, "homes", home(n), "state.sqlite"),
    );
  for (let n = 0; n < 12; n += 1) stores.call("home", home(n), "setValue", ["n", String(n)]);
  expect([8, 9, 10, 11].map(isOpen)).toEqual([false, true, true, true]);
  // Asked again, it is the newest.
  expect(value(9)).toBe("9");
  expect(value(0)).toBe("0");
  expect([9, 10, 11, 0].map(isOpen)).toEqual([true, false, true, true]);
  for (let n = 0; n < 12; n += 1) expect(value(n)).toBe(String(n));
  stores.call("home", "", "setValue", ["own", "1"]);
  expect(stores.call("home", "", "value", ["own"])).toBe("1");
});

/** What is closed meanwhile leads nowhere. */
function linkOf(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}

import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ZipFile } from "yauzl";
import { wall } from "../../../src/domain/time.ts";
import type { FileLink } from "../../../src/port/link.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { createLinks } from "../../../src/transport/links.ts";
import { type ZipPart, zipOf } from "../../support/zip.ts";

const never = new AbortController().signal;
const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const bytesOf = (words: string): Uint8Array => new TextEncoder().encode(words);
let folder: string;
let card: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "files-"));
  card = path.join(folder, "card");
  mkdirSync(path.join(card, "DATALOG/20260204"), { recursive: true });
  writeFileSync(path.join(card, "STR.edf"), "summary");
  writeFileSync(path.join(card, "DATALOG/20260204/BRP.edf"), "breaths");
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function open(address: string): Promise<FileLink> {
  const opened = await createLinks({ clock: createVirtualClock(wall(0)) }).openFiles(address, never);
  expect(opened).toMatchObject({ simulated: false, resolved: address });
  return opened.link;
}

describe("a folder", () => {
  test("is a card: its files by path, read in parts, nothing beyond their ends", async () => {
    const link = await open(card);
    expect(link.growing).toBe(false);
    expect(await link.list()).toEqual([
      { path: "DATALOG/20260204/BRP.edf", bytes: 7 },
      { path: "STR.edf", bytes: 7 },
    ]);
    expect(text(await link.read("STR.edf", 0, 3))).toBe("sum");
    expect(text(await link.read("STR.edf", 3, Number.POSITIVE_INFINITY))).toBe("mary");
    expect(text(await link.read("DATALOG/20260204/BRP.edf", 5, 100))).toBe("hs");
    expect(await link.read("STR.edf", 7, 9)).toHaveLength(0);
    expect(await link.read("STR.edf", 5, 2)).toHaveLength(0);
    expect(await link.read("NO.edf", 0, 9)).toHaveLength(0);
  });

  test("named as a card grows: what is appended or new is there at the next look", async () => {
    const link = await open(`card:${card}`);
    expect(link.growing).toBe(true);
    appendFileSync(path.join(card, "STR.edf"), "++");
    writeFileSync(path.join(card, "new"), "");
    expect(await link.list()).toEqual([
      { path: "DATALOG/20260204/BRP.edf", bytes: 7 },
      { path: "STR.edf", bytes: 9 },
      { path: "new", bytes: 0 },
    ]);
    expect(text(await link.read("STR.edf", 7, 100))).toBe("++");
  });

  test("that goes away is a lost link, also when another one stands in its place", async () => {
    const link = await open(`card:${card}`);
    renameSync(card, `${card}-away`);
    await expect(link.list()).rejects.toMatchObject({ code: "LINK_LOST" });
    await expect(link.read("STR.edf", 0, 1)).rejects.toMatchObject({ code: "LINK_LOST" });
    // An unmounted card leaves the empty folder behind on which it was mounted.
    mkdirSync(card);
    await expect(link.list()).rejects.toMatchObject({ code: "LINK_LOST" });
    await expect(link.read("STR.edf", 0, 1)).rejects.toMatchObject({ code: "LINK_LOST" });
  });

  test.each([
    "../secret",
    "/etc/passwd",
    "DATALOG/../../secret",
    "a//b",
    "./STR.edf",
    "",
    "out/secret",
    "link",
  ])("reads nothing at %j, which is no file of it", async (name) => {
    writeFileSync(path.join(folder, "secret"), "secret");
    symlinkSync(path.join(folder, "secret"), path.join(card, "link"));
    symlinkSync(folder, path.join(card, "out"));
    const link = await open(card);
    expect(await link.read(name, 0, 100)).toHaveLength(0);
    expect((await link.list()).map((entry) => entry.path)).toEqual(["DATALOG/20260204/BRP.edf", "STR.edf"]);
  });

  test("that is not there is not found, and may come yet", async () => {
    await expect(open(`card:${folder}/no`)).rejects.toMatchObject({
      code: "LINK_NOT_FOUND",
      permanent: false,
    });
  });

  test("does not show names with control characters, nor read them", async () => {
    for (const name of ["a\u001b]0;b\u0007", "c\nd", "e\u009bf"]) writeFileSync(path.join(card, name), "x");
    const link = await open(card);
    expect((await link.list()).map(({ path }) => path)).toEqual(["DATALOG/20260204/BRP.edf", "STR.edf"]);
  });

  test("may also be one file of its own", async () => {
    const link = await open(path.join(card, "STR.edf"));
    expect(await link.list()).toEqual([{ path: "STR.edf", bytes: 7 }]);
    expect(text(await link.read("STR.edf", 0, 3))).toBe("sum");
    expect(await link.read("other", 0, 3)).toHaveLength(0);
  });

  test("is no card where the address is of another kind", async () => {
    await expect(open("ble:AA:BB:CC:DD:EE:FF")).rejects.toMatchObject({
      code: "LINK_REFUSED",
      permanent: true,
    });
    await expect(open("/dev/null")).rejects.toMatchObject({ code: "LINK_REFUSED", permanent: true });
  });
});

describe("a zip", () => {
  const openParts = (...parts: ZipPart[]): Promise<FileLink> => {
    // Without an ending: what counts is what it is.
    const place = path.join(folder, "upload");
    writeFileSync(place, zipOf(parts));
    return open(place);
  };
  const plain = { name: "STR.edf", bytes: bytesOf("summary") };

  test("is a card that does not grow, packed or stored", async () => {
    const packed = { name: "DATALOG/20260204/BRP.edf", bytes: new Uint8Array(3_000_000).fill(7) };
    const link = await openParts(
      plain,
      { name: "DATALOG/", bytes: new Uint8Array(0), stored: true },
      packed,
      {
        name: "时间.txt",
        bytes: bytesOf("x"),
        stored: true,
      },
    );
    expect(link.growing).toBe(false);
    expect(await link.list()).toEqual([
      { path: "DATALOG/20260204/BRP.edf", bytes: 3_000_000 },
      { path: "STR.edf", bytes: 7 },
      { path: "时间.txt", bytes: 1 },
    ]);
    expect(await link.read("DATALOG/20260204/BRP.edf", 2_999_998, 4_000_000)).toEqual(Uint8Array.of(7, 7));
    expect(text(await link.read("STR.edf", 3, Number.POSITIVE_INFINITY))).toBe("mary");
    expect(await link.read("STR.edf", 5, 2)).toHaveLength(0);
    expect(await link.read("no", 0, 5)).toHaveLength(0);
    await link.close();
    await link.close();
  });

  test("without a file is an empty card", async () => {
    expect(await (await openParts()).list()).toEqual([]);
  });

  test.each([
    ["../evil", /leads out/],
    ["DATALOG/../../evil", /leads out/],
    ["/etc/evil", /leads out/],
    ["C:\\evil", /leads out/],
    ["C:/evil", /leads out/],
    ["..\\evil", /leads out/],
    ["a/./b", /leads out/],
  ])("with the name %j is refused as a whole", async (name, reason) => {
    await expect(openParts(plain, { name, bytes: bytesOf("x") })).rejects.toMatchObject({
      code: "LINK_REFUSED",
      permanent: true,
      message: expect.stringMatching(reason),
    });
  });

  test.each([
    ["a\u001b[2Jb", /control characters/],
    ["DATALOG\nfake log line", /control characters/],
    ["a\u009bb", /control characters/],
    ["x".repeat(2_000), /too long/],
    ["STR.edf", /twice/],
  ])("with the name %j is refused, and the name is not repeated raw", async (name, reason) => {
    const error: unknown = await openParts(plain, { name, bytes: bytesOf("x") }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: "LINK_REFUSED", message: expect.stringMatching(reason) });
    expect(String(error)).not.toMatch(/\p{Cc}/u);
    expect(String(error).length).toBeLessThan(400);
  });

  test("of which several files are read in turn unpacks each of them once", async () => {
    const inflated = vi.spyOn(ZipFile.prototype, "openReadStreamPromise");
    const names = ["PLD.edf", "SAD.edf", "BRP.edf"];
    const link = await openParts(...names.map((name) => ({ name, bytes: new Uint8Array(1 << 20).fill(7) })));
    for (let at = 0; at < 1 << 20; at += 64 << 10) {
      for (const name of names) expect(await link.read(name, at, at + 1)).toEqual(Uint8Array.of(7));
    }
    expect(inflated).toHaveBeenCalledTimes(3);
    inflated.mockRestore();
  });

  test("of large files does not stay in memory", async () => {
    const inflated = vi.spyOn(ZipFile.prototype, "openReadStreamPromise");
    const names = ["a", "b", "c"];
    const link = await openParts(
      ...names.map((name) => ({ name, bytes: new Uint8Array(50 << 20), stored: true })),
    );
    for (const name of ["a", "b", "b", "a"]) expect(await link.read(name, 0, 1)).toEqual(Uint8Array.of(0));
    expect(inflated).toHaveBeenCalledTimes(3);
    inflated.mockRestore();
  });

  test("with a link in it is refused", async () => {
    const link = { name: "STR", bytes: bytesOf("/etc/passwd"), mode: 0o120777 };
    await expect(openParts(plain, link)).rejects.toThrow(/is a link/);
  });

  test("with a password is refused, and says what to do", async () => {
    await expect(openParts({ ...plain, encrypted: true })).rejects.toMatchObject({
      message: expect.stringContaining("password"),
      fix: expect.stringContaining("without a password"),
    });
  });

  test("that would unpack to more than a device's file has is refused before any of it is", async () => {
    const bomb = { name: "bomb", bytes: new Uint8Array(80 << 20) };
    await expect(openParts(bomb)).rejects.toThrow(/would unpack to 83886080 bytes/);
  });

  test("that says a file is smaller than it is is not believed further than that", async () => {
    const link = await openParts({ name: "liar", bytes: new Uint8Array(50 << 20), statedBytes: 10 });
    await expect(link.read("liar", 0, 10)).rejects.toMatchObject({
      code: "LINK_REFUSED",
      message: expect.stringContaining("damaged"),
    });
  });

  test("that is cut off, or damaged inside, says so", async () => {
    const whole = zipOf([plain, { name: "b", bytes: bytesOf("abc".repeat(100)) }]);
    const place = path.join(folder, "cut.zip");
    writeFileSync(place, whole.subarray(0, whole.length - 30));
    await expect(open(place)).rejects.toMatchObject({ code: "LINK_REFUSED" });
    for (const stored of [true, false]) {
      const damaged = Buffer.from(zipOf([{ ...plain, stored }]));
      damaged.fill(0xff, 37, 40);
      writeFileSync(place, damaged);
      const link = await open(place);
      await expect(link.read("STR.edf", 0, 7)).rejects.toThrow(/damaged/);
    }
  });
});

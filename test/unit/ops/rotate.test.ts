import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createRotatingFile } from "../../../src/ops/rotate.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "breathwatch-rotate-"));
});
afterEach(() => {
  chmodSync(folder, 0o700);
  rmSync(folder, { recursive: true, force: true });
});

function fallback() {
  let text = "";
  const stream = new Writable({
    write(bytes, _, done) {
      text += String(bytes);
      done();
    },
  });
  return { stream, text: () => text };
}
async function write(
  lines: readonly string[],
  options: { readonly bytesMax: number; readonly keep: number },
) {
  const aside = fallback();
  const stream = createRotatingFile({ file: path.join(folder, "a/log"), fallback: aside.stream, ...options });
  for (const line of lines) stream.write(`${line}\n`);
  stream.end();
  await finished(stream);
  return aside.text();
}
const read = (name: string): string[] =>
  readFileSync(path.join(folder, "a", name), "utf8")
    .split("\n")
    .slice(0, -1);
const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `line ${String(i).padStart(4, "0")}`);

test("every line is in one file whole, in order, and the oldest files go", async () => {
  expect(await write(numbered(100), { bytesMax: 200, keep: 3 })).toBe("");
  const names = readdirSync(path.join(folder, "a")).toSorted();
  expect(names).toEqual(["log", "log.1", "log.2", "log.3"]);
  const kept = [...names].toReversed().flatMap(read);
  // "log.3" is the oldest; the newest is "log".
  expect(kept).toEqual(numbered(100).slice(-kept.length));
  expect(kept.length).toBe(80);
  for (const name of names) {
    const { size, mode } = statSync(path.join(folder, "a", name));
    expect(size).toBeLessThanOrEqual(200);
    expect(mode & 0o777).toBe(0o600);
  }
});

test("a second start goes on where the first one ended", async () => {
  await write(numbered(3), { bytesMax: 1_000, keep: 1 });
  await write(["again"], { bytesMax: 1_000, keep: 1 });
  expect(read("log")).toEqual([...numbered(3), "again"]);
});

test("without older files the newest begins anew, and a line that is too long is kept alone", async () => {
  await write(["x".repeat(500), "short"], { bytesMax: 100, keep: 0 });
  expect(readdirSync(path.join(folder, "a"))).toEqual(["log"]);
  expect(read("log")).toEqual(["short"]);
});

test("what the file does not take goes to the fallback, said once, and the file is tried again", async () => {
  // A folder where the file should be: it cannot be opened, not even by root.
  const place = path.join(folder, "a/log");
  mkdirSync(place, { recursive: true });
  const aside = fallback();
  const stream = createRotatingFile({ file: place, bytesMax: 1_000, keep: 1, fallback: aside.stream });
  const writes = (line: string) => new Promise((resolve) => stream.write(`${line}\n`, resolve));
  await writes("first");
  await writes("second");
  expect(aside.text()).toMatch(/^the log cannot be written to .*\nfirst\nsecond\n$/);
  rmSync(place, { recursive: true });
  await writes("third");
  stream.end();
  await finished(stream);
  expect(read("log")).toEqual(["third"]);
  expect(existsSync(`${place}.1`)).toBe(false);
});

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCommand, startCommandLine } from "../support/command-line.ts";
import { jsonLines } from "../support/terminal.ts";

const root = path.join(import.meta.dirname, "../..");
const fixture = path.join(root, "devices/nonin-serial/fixtures/format-2-finger-out.transcript");

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "breathwatch-system-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Pieces of a transcript: milliseconds and bytes. */
const chunks = readFileSync(fixture, "utf8")
  .split("\n")
  .flatMap((line) => {
    const parts = /^([\d.]+) < ([^|]*)/.exec(line);
    return parts === null
      ? []
      : [{ ms: Number(parts[1]), bytes: Buffer.from((parts[2] ?? "").replaceAll(" ", ""), "hex") }];
  });

/** Everything that a loopback port sends until it ends, and how long that took from before it was opened. */
async function listenTo(address: string): Promise<{ readonly bytes: Buffer; readonly ms: number }> {
  const began = performance.now();
  const socket = connect(Number(address.split(":").at(-1)), "127.0.0.1");
  const pieces: Buffer[] = [];
  let last = began;
  for await (const piece of socket) {
    last = performance.now();
    pieces.push(piece as Buffer);
  }
  return { bytes: Buffer.concat(pieces), ms: last - began };
}

const spanMs = chunks.at(-1)?.ms ?? 0;

describe("the process", () => {
  test("data goes to stdout and words to stderr, with exit codes 0, 1 and 2", async () => {
    const good = await runCommand(["decode", "--input", fixture]);
    expect(good.code).toBe(0);
    expect(jsonLines(good.data).length).toBeGreaterThan(10);
    expect(good.words).toMatch(/^\d+ bytes, \d+ frames, \d+ observations/);

    const failed = await runCommand(["decode", "--device", "nonin-serial"], { input: "noise noise noise" });
    expect(failed).toMatchObject({ code: 1, data: "" });
    expect(failed.words).toMatch(/\(INPUT_INVALID\)\n$/);
    expect(failed.words).not.toMatch(/\n\s+at /);

    const wrong = await runCommand(["decod"]);
    expect(wrong).toMatchObject({ code: 2, data: "" });
    expect(wrong.words).toMatch(/Did you mean "decode"/);
  });

  test("bytes on stdin become observations while they come", async () => {
    const decoding = startCommandLine(["decode", "--device", "nonin-serial"]);
    const bytes = Buffer.concat(chunks.map((chunk) => chunk.bytes));
    // Two hundred observations are written at once: this is more than that.
    const often = Array.from({ length: 40 }, () => bytes);
    decoding.stdin.write(Buffer.concat(often));
    expect(JSON.parse(await decoding.line(0))).toMatchObject({ seq: 0 });
    decoding.stdin.end();
    expect(await decoding.ended).toMatchObject({ code: 0 });
  });

  test("a reader that has enough ends it quietly", async () => {
    const rows = Array.from({ length: 40_000 }, (_, i) => `${i * 1000},${i % 120 < 60 ? 85 : 97},60`);
    const file = path.join(folder, "long.csv");
    writeFileSync(file, ["at,spo2,pulse_rate", ...rows].join("\n"));
    const judging = startCommandLine(["judge", "--samples", file]);
    await judging.line(0);
    judging.closeOutput();
    expect(await judging.ended).toMatchObject({ code: 0, words: "" });
  });

  test("`devices --json` is the list that everything else uses", async () => {
    const { code, data } = await runCommand(["devices", "--json"]);
    expect(code).toBe(0);
    const families = JSON.parse(data) as readonly { readonly id: string; readonly serial: object }[];
    expect(families.map(({ id }) => id)).toContain("nonin-serial");
    const text = (await runCommand(["devices"])).data;
    for (const { id } of families) expect(text).toMatch(new RegExp(`^${id}$`, "m"));
  });
});

describe("replay to a port of the network", () => {
  test("plays every byte in its time, then ends", async () => {
    const replaying = startCommandLine(["replay", fixture, "--to", "tcp:0"]);
    const { bytes, ms } = await listenTo(await replaying.line(0));
    expect(bytes).toEqual(Buffer.concat(chunks.map((chunk) => chunk.bytes)));
    expect(ms).toBeGreaterThanOrEqual(spanMs);
    expect(ms).toBeLessThan(3 * spanMs);
    const ended = await replaying.ended;
    expect(ended.code).toBe(0);
    expect(ended.words).toMatch(new RegExp(`played .* ${bytes.length} bytes\\n`));
  });

  test("a speed of 100 takes a hundredth of the time", async () => {
    const replaying = startCommandLine(["replay", fixture, "--to", "tcp:0", "--speed", "100"]);
    const { bytes, ms } = await listenTo(await replaying.line(0));
    expect(bytes.length).toBe(chunks.reduce((sum, chunk) => sum + chunk.bytes.length, 0));
    expect(ms).toBeLessThan(spanMs / 2);
    expect((await replaying.ended).code).toBe(0);
  });

  test("bare bytes are paced by the family's own rate", async () => {
    const file = path.join(folder, "bare.bin");
    writeFileSync(file, Buffer.alloc(375 * 2, 0x01));
    const replaying = startCommandLine(["replay", file, "--device", "nonin-serial", "--to", "tcp:0"]);
    const { bytes, ms } = await listenTo(await replaying.line(0));
    expect(bytes.length).toBe(750);
    expect(ms).toBeGreaterThanOrEqual(2_000);
    expect((await replaying.ended).code).toBe(0);
  });

  test("a port that is taken says so", async () => {
    const first = startCommandLine(["replay", fixture, "--to", "tcp:0"]);
    const port = (await first.line(0)).split(":").at(-1);
    const second = await runCommand(["replay", fixture, "--to", `tcp:${port}`]);
    expect(second.code).toBe(1);
    expect(second.words).toMatch(/cannot be used.*EADDRINUSE.*tcp:0 takes any free one.*\(LINK_REFUSED\)/);
    first.kill("SIGTERM");
    expect((await first.ended).code).toBe(143);
  });
});

test("without socat a pseudo-terminal is refused with what to install, and nothing stays behind", async () => {
  const environment = { PATH: folder, TMPDIR: folder };
  const { code, words, data } = await runCommand(["replay", fixture], { environment });
  expect({ code, data }).toEqual({ code: 1, data: "" });
  expect(words).toMatch(/socat.*is not installed.*apt-get install socat.*tcp:PORT.*\(PROGRAM_MISSING\)/);
  expect(readdirSync(folder)).toEqual([]);
});

import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findDevice } from "../../../devices/index.ts";
import { record } from "../../../src/cli/record.ts";
import { patternsOf, scrub } from "../../../src/cli/scrub.ts";
import { Stopped } from "../../../src/cli/terminal.ts";
import { wall } from "../../../src/domain/time.ts";
import { fillOptions } from "../../../src/driver/options.ts";
import { createVirtualClock, settle } from "../../../src/rehearsal/clock.ts";
import { createLinks } from "../../../src/transport/links.ts";
import { createMemoryLinks } from "../../../src/transport/memory.ts";
import { parseTranscript, type TranscriptChunk } from "../../../src/wire/transcript.ts";
import { createTestTerminal, run } from "../../support/terminal.ts";

const root = path.join(import.meta.dirname, "../../..");
const finger = readFileSync(
  path.join(root, "devices/nonin-serial/fixtures/format-2-finger-out.transcript"),
  "utf8",
);

/** A recording of a device that is fed with given chunks. */
async function recorded(seconds: number, feed: readonly TranscriptChunk[]) {
  const clock = createVirtualClock(wall(0));
  const memory = createMemoryLinks(clock);
  const cable = memory.cable("x");
  const terminal = createTestTerminal({ clock });
  const module = findDevice("nonin-serial");
  if (module === undefined) throw new Error("no such family");
  const request = {
    ...{ module, options: fillOptions(module.options, {}), links: createLinks({ clock, memory }) },
    ...{ address: "memory:x", file: "out.transcript", seconds },
  };
  const recording = record(request, terminal);
  for (let i = 0; i < 10_000 && !terminal.words().includes("recording"); i++) await settle();
  const text = (): string => readFileSync(path.join(terminal.folder, "out.transcript"), "utf8");
  for (const { offsetMs, bytes } of feed) {
    await clock.advance(Math.max(0, offsetMs - clock.mono()));
    await cable.device.write(bytes);
  }
  await settle();
  return { clock, cable, terminal, recording, text };
}

describe("breathwatch record", () => {
  const chunks = parseTranscript(finger).chunks.slice(0, 200);

  test("writes what came, at its time, and says once a second what is understood", async () => {
    const { clock, terminal, recording, text } = await recorded(30, chunks);
    await clock.advance(40_000);
    await recording;
    const written = parseTranscript(text());
    expect(written).toMatchObject({ device: "nonin-serial", simulated: true });
    expect(Buffer.concat(written.chunks.map(({ bytes }) => bytes))).toEqual(
      Buffer.concat(chunks.map(({ bytes }) => bytes)),
    );
    const lastMs = chunks.at(-1)?.offsetMs ?? 0;
    expect(written.chunks.at(-1)?.offsetMs).toBeCloseTo(lastMs, 0);
    expect(terminal.words()).toMatch(
      /^2 s, \d+ bytes, \d+ frames, 0 refused; .*spo2 97 %, pulse_rate 72 \/min$/m,
    );
  });

  test("Ctrl-C ends it well, with all that came until then in the file", async () => {
    const { terminal, recording, text } = await recorded(600, chunks);
    terminal.stop(new Stopped("stopped by SIGINT", 130));
    await recording;
    expect(parseTranscript(text()).chunks).toHaveLength(chunks.length);
  });

  test("a lost link is opened again, and the recording goes on", async () => {
    const { clock, cable, terminal, recording, text } = await recorded(60, chunks);
    cable.unplug();
    await clock.advance(5_000);
    expect(terminal.words()).toMatch(/LINK_LOST.*Trying again/);
    cable.plugIn();
    await clock.advance(2_000);
    await cable.device.write(Uint8Array.of(1, 2, 3));
    await settle();
    await clock.advance(60_000);
    await recording;
    expect(parseTranscript(text()).chunks.at(-1)?.bytes).toEqual(Uint8Array.of(1, 2, 3));
  });

  test.each<[argv: readonly string[], words: RegExp]>([
    [["record"], /--device ID is missing/],
    [["record", "--device", "nonin-serial"], /--port ADDRESS is missing/],
    [["record", "--device", "resmed-card", "--port", "x"], /copy the card/],
    [["record", "--device", "nonin-serial", "--port", "x", "--seconds", "0"], /--seconds is "0"/],
    [["record", "--input", "x"], /--input is for --share alone/],
    [["record", "--device", "alarm-listener", "--port", "mic:"], /never recorded/],
  ])("%j is wrong use", async (argv, words) => {
    const ran = await run(argv);
    expect(ran.words).toMatch(words);
    expect(ran).toMatchObject({ code: 2, data: "" });
  });

  test("never replaces a file", async () => {
    const argv = ["record", "--device", "nonin-serial", "--port", "replay:f", "--out", "f"];
    const { code, words } = await run(argv, { files: { f: finger } });
    expect(code).toBe(1);
    expect(words).toMatch(/cannot be written|cannot be read/);
  });
});

describe("what is hidden", () => {
  test.each([
    ["text", "SN1234567", Buffer.from("SN1234567")],
    ["text", "SN1234567", Buffer.from("1234567")],
    ["text of two bytes", "AB12345", Buffer.from("AB12345", "utf16le")],
    ["BCD", "12345678", Buffer.from([0x12, 0x34, 0x56, 0x78])],
    ["BCD", "1234567", Buffer.from([0x67, 0x45, 0x23, 0x01])],
    ["whole number", "20123456", Buffer.from([0x01, 0x33, 0x0f, 0x40])],
    ["whole number", "20123456", Buffer.from([0x40, 0x0f, 0x33, 0x01])],
    ["digits", "123456", Buffer.from([1, 2, 3, 4, 5, 6])],
    ["bytes", "a1:b2:c3:d4:e5:f6", Buffer.from("f6e5d4c3b2a1", "hex")],
  ])("%s of %s", (form, secret, bytes) => {
    const noise = Buffer.from([9, 9, 9, 9]);
    const chunks = [{ offsetMs: 0, direction: "in" as const, bytes: Buffer.concat([noise, bytes, noise]) }];
    const scrubbed = scrub(chunks, patternsOf(secret));
    expect([...scrubbed.found.keys()]).toEqual([form]);
    const left = Buffer.from(scrubbed.chunks[0]?.bytes ?? []);
    expect(left).toHaveLength(8 + bytes.length);
    expect(left.indexOf(bytes)).toBe(-1);
    expect([left.subarray(0, 4), left.subarray(-4)]).toEqual([noise, noise]);
  });

  test("however a stream is cut, no form of the secret is left, and nothing else is changed", () => {
    const secret = "SN4711-0815";
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 30 }),
        fc.uint8Array({ maxLength: 30 }),
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 }),
        (before, after, sizes) => {
          const whole = Buffer.concat([before, Buffer.from(secret), after]);
          const chunks: TranscriptChunk[] = [];
          for (let at = 0, i = 0; at < whole.length; i++) {
            const size = sizes[i % sizes.length] ?? 1;
            chunks.push({ offsetMs: i, direction: "in", bytes: whole.subarray(at, at + size) });
            at += size;
          }
          const left = Buffer.concat(scrub(chunks, patternsOf(secret)).chunks.map(({ bytes }) => bytes));
          expect(left.includes(secret)).toBe(false);
          expect(left.subarray(before.length + secret.length)).toEqual(Buffer.from(after));
        },
      ),
    );
  });

  test("the topic of a message is scrubbed as well", () => {
    const chunk = {
      offsetMs: 0,
      direction: "in" as const,
      channel: "house/SN4711815/x",
      bytes: new Uint8Array(1),
    };
    expect(scrub([chunk], patternsOf("SN4711815")).chunks[0]?.channel).toBe("house/000000000/x");
  });
});

describe("breathwatch record --share", () => {
  const simulated = async (device: string) => {
    const terminal = createTestTerminal();
    const argv = [
      "simulate",
      "--scenario",
      "mask-off",
      "--devices",
      device,
      "--to",
      "files",
      "--folder",
      "out",
    ];
    const { code } = await run(argv, { folder: terminal.folder });
    expect(code).toBe(0);
    return { folder: terminal.folder, file: `out/${device}.transcript` };
  };

  test("a serial number in plain lines goes, and every reading stays", async () => {
    const { folder, file } = await simulated("masimo-ascii");
    const original = readFileSync(path.join(folder, file), "utf8");
    const serial = /SN=(\d+)/.exec(linesOf(original))?.[1];
    expect(serial).toMatch(/\d{5}/);
    const { code, data, words } = await run(["record", "--share", "--input", file], { folder });
    expect(code).toBe(0);
    expect(words).toMatch(/hidden \d+ x, as text\nproven: \d+ readings are the same\n/);
    expect(words).toMatch(/devices\/masimo-ascii\/fixtures\/.*\n.*simulator.*no evidence/);
    const shared = readFileSync(path.join(folder, data.trim()), "utf8");
    expect(linesOf(shared)).not.toContain(serial);
    const [before, after] = await Promise.all(
      [file, data.trim()].map((name) => run(["decode", "--input", name], { folder })),
    );
    const samples = (text = "") => text.split("\n").filter((line) => line.includes('"samples"'));
    const bare = (text = "") => samples(text).map((line) => line.replace(/"seq":\d+,/, ""));
    expect(bare(after?.data)).toEqual(bare(before?.data));
  });

  test("a frame whose checksum covered the serial number is taken out and counted", async () => {
    const { folder, file } = await simulated("viatom-ring");
    const { code, words } = await run(["record", "--share", "--input", file], { folder });
    expect(code).toBe(0);
    expect(words).toMatch(/readings are the same; 1 frames were removed, since their checksum covered/);
  });

  test("another text can be hidden; a name in a remark is left out with the remark", async () => {
    const files = { "f.transcript": finger.replace("device:", "# recorded at Mei's\ndevice:") };
    const terminal = createTestTerminal({ files });
    const { code } = await run(["record", "--share", "--input", "f.transcript", "--hide", "Mei"], {
      folder: terminal.folder,
    });
    expect(code).toBe(0);
    expect((await readdir(terminal.folder)).toSorted()).toEqual(["f.shared.transcript", "f.transcript"]);
    expect(readFileSync(path.join(terminal.folder, "f.shared.transcript"), "utf8")).not.toContain("Mei");
  });

  test("what cannot be understood cannot be proven, and is not shared", async () => {
    const files = {
      f: "breathwatch-transcript 1\ndevice: nonin-serial\nsimulated: no\n\n0.000 < 55 55 55\n",
    };
    const { code, data, words } = await run(["record", "--share", "--input", "f"], { files });
    expect({ code, data }).toEqual({ code: 1, data: "" });
    expect(words).toMatch(/nothing can be proven/);
  });
});

/** The bytes of a transcript as text. */
const linesOf = (transcript: string): string =>
  Buffer.concat(parseTranscript(transcript).chunks.map(({ bytes }) => bytes)).toString("latin1");

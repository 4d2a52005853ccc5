import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runCommandLine } from "../../../src/cli/main.ts";
import { Stopped } from "../../../src/cli/terminal.ts";
import { ZONE } from "../../support/conformance.ts";
import { createTestTerminal, jsonLines, run } from "../../support/terminal.ts";

const root = path.join(import.meta.dirname, "../../..");
const fixture = (name: string): string => readFileSync(path.join(root, "devices", name), "utf8");
const finger = fixture("nonin-serial/fixtures/format-2-finger-out.transcript");

/** Bytes of a transcript's chunks, without their times. */
const bytesOf = (transcript: string): Buffer =>
  Buffer.concat(
    transcript.split("\n").flatMap((line) => {
      const hex = /^[\d.]+ < ([^|]*)/.exec(line)?.[1];
      return hex === undefined ? [] : [Buffer.from(hex.replaceAll(" ", ""), "hex")];
    }),
  );
const raw = bytesOf(finger);

async function* pieces(bytes: Uint8Array, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? bytes.length;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

describe("recordings", () => {
  const transcripts = globSync("devices/*/fixtures/*.transcript", { cwd: root });
  test.each(transcripts)("%s gives the observations that stand beside it, at their times", async (file) => {
    const expected = jsonLines(
      readFileSync(path.join(root, file.replace(".transcript", ".expected.jsonl")), "utf8"),
    );
    const { code, data } = await run(["decode", "--zone", ZONE, "--input", path.join(root, file)]);
    expect(code).toBe(0);
    const lines = jsonLines(data);
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, index) => index));
    expect(lines.map(({ kind }) => kind)).toEqual(
      expected.map(({ body }) => (body as { kind: string }).kind),
    );
    const samples = lines.filter(({ kind }) => kind === "samples");
    const wanted = expected.filter(({ body }) => (body as { kind: string }).kind === "samples");
    expect(samples.map((line) => line["samples"])).toEqual(
      wanted.map(({ body }) => (body as { samples: unknown }).samples),
    );
    // The time on the bus is whole milliseconds, and never the same twice for one kind.
    samples.forEach((line, i) => expect(Number(line["at"])).toBeCloseTo(Number(wanted[i]?.["atMs"]), -1));
  });

  test("every line has the form of the bus, and says that a recorded simulator is one", async () => {
    const [first] = jsonLines((await run(["decode", "--input", "f"], { files: { f: finger } })).data);
    expect(first).toMatchObject({ v: 1, seq: 0, simulated: true, timeliness: "live", kind: "identity" });
    const real = finger.replace("simulated: yes", "simulated: no");
    const [honest] = jsonLines((await run(["decode", "--input", "f"], { files: { f: real } })).data);
    expect(honest).toMatchObject({ simulated: false });
  });

  test("a packed file is the same as the file", async () => {
    const plain = await run(["decode", "--input", "f"], { files: { f: finger } });
    expect(await run(["decode", "--input", "f.gz"], { files: { "f.gz": gzipSync(finger) } })).toEqual(plain);
    const stdin = pieces(gzipSync(finger), [7]);
    expect(await run(["decode"], { input: stdin })).toEqual(plain);
  });

  test("a packed file that was cut off says so", async () => {
    const files = { "f.gz": gzipSync(finger).subarray(0, 200) };
    const { code, words } = await run(["decode", "--input", "f.gz"], { files });
    expect(code).toBe(1);
    expect(words).toMatch(/f\.gz cannot be unpacked.*damaged or cut off.*\(INPUT_INVALID\)/);
  });

  test("a .hex file is one frame a line, with text after a bar", async () => {
    const hex = raw
      .toString("hex")
      .match(/.{10}/g)
      ?.map((frame, i) => `${frame} | frame ${i}`)
      .join("\n");
    const files = { "f.hex": `# five bytes each\n${hex}\n` };
    const { code, data } = await run(["decode", "--device", "nonin-serial", "--input", "f.hex"], { files });
    expect(code).toBe(0);
    expect(jsonLines(data).filter(({ kind }) => kind === "samples")[0]).toMatchObject({
      samples: { spo2: 97, pulse_rate: 72 },
    });
  });

  test("lines of a .hex file are of a Bluetooth device's first characteristic, or of the one they begin with", async () => {
    const files = { "clip.hex": "81 38 63 44 | 99 %\n180f: 81 38 5A 44 | of a foreign one\n" };
    const { code, data } = await run(["decode", "--device", "jumper-oximeter", "--input", "clip.hex"], {
      files,
    });
    expect(code).toBe(0);
    expect(jsonLines(data)).toMatchObject([{ samples: { spo2: 99, pulse_rate: 56, perfusion_index: 6.8 } }]);
    const plx = { "plx.hex": "2a5f: 0C 62 00 4E 00 20 00 00 00 00\n" };
    const named = await run(["decode", "--device", "sig-plx", "--input", "plx.hex"], { files: plx });
    expect(jsonLines(named.data)).toMatchObject([{ samples: { spo2: 98, pulse_rate: 78 } }]);
  });

  test("bare bytes on stdin reach a Bluetooth device's driver", async () => {
    async function* input(): AsyncGenerator<Uint8Array> {
      yield Uint8Array.of(0x81, 0x38, 0x63, 0x44);
    }
    const { data } = await run(["decode", "--device", "jumper-oximeter"], { input: input() });
    expect(jsonLines(data)).toMatchObject([{ samples: { spo2: 99, pulse_rate: 56 } }]);
  });

  test("a transcript of another family is refused instead of misread", async () => {
    const ran = await run(["decode", "--device", "puritan-bennett-840-waveform", "--input", "f"], {
      files: { f: finger },
    });
    expect(ran).toMatchObject({ code: 1, data: "" });
    expect(ran.words).toMatch(/recorded from nonin-serial, not from puritan-bennett-840-waveform/);
  });

  test("an option over the recorded one decides", async () => {
    const files = { f: finger };
    const plain = await run(["decode", "--input", "f"], { files });
    const other = await run(["decode", "--input", "f", "--options", "format=8"], { files });
    expect(plain.data).toContain('"counter"');
    expect(other.data).not.toContain('"counter"');
    expect(other.words).toMatch(/refused [1-9]/);
  });

  test.each([
    ["format=9", /"format" is 9, but must be one of auto, 2, 7, 8, 13/],
    ["speed=2", /no option "speed"/],
    ["format", /wants name=value, not "format"/],
  ])("the option %s is refused", async (option, words) => {
    const ran = await run(["decode", "--input", "f", "--options", option], { files: { f: finger } });
    expect(ran.words).toMatch(words);
    expect(ran.code).toBe(2);
  });
});

describe("bytes on stdin", () => {
  const args = ["decode", "--device", "nonin-serial"];

  test("however they are cut, the numbers are those of the file", async () => {
    const whole = await run([...args, "--input", "f.bin"], { files: { "f.bin": raw } });
    const bodies = (data: string) => jsonLines(data).map((line) => ({ ...line, at: 0 }));
    expect(bodies(whole.data).length).toBeGreaterThan(10);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 }),
        async (sizes) => {
          const { code, data } = await run(args, { input: pieces(raw, sizes) });
          expect(code).toBe(0);
          expect(bodies(data)).toEqual(bodies(whole.data));
        },
      ),
      { numRuns: 25 },
    );
  });

  test("they are paced by the family's own rate: 75 frames of 5 bytes a second", async () => {
    const { data } = await run(args, { input: pieces(raw, [100]) });
    const times = jsonLines(data).flatMap((line) => (line["kind"] === "samples" ? [Number(line["at"])] : []));
    const steps = times.slice(1).map((at, i) => at - (times[i] ?? 0));
    expect(Math.min(...steps)).toBeGreaterThan(800);
    expect(Math.max(...steps)).toBeLessThan(1_200);
  });

  test("what was refused is counted by reason, on stderr", async () => {
    const damaged = Buffer.from(raw);
    damaged[250 * 5 + 2] = (damaged[250 * 5 + 2] ?? 0) ^ 0x10;
    const { code, words, data } = await run(args, { input: pieces(damaged, [64]) });
    expect(code).toBe(0);
    expect(words).toMatch(
      /^\d+ bytes, \d+ frames, \d+ observations; refused [1-9]\d* times, [1-9]\d* bytes\n( {2}\d+ x .+\n)+$/,
    );
    expect(data).not.toMatch(/refused/);
  });

  test.each([
    ["nothing", Buffer.alloc(0), /The input is empty/],
    ["noise", Buffer.alloc(3_000, 0x55), /Nothing in it was understood as nonin-serial/],
  ])("%s is a failure with a reason", async (_name, bytes, words) => {
    const ran = await run(args, { input: pieces(bytes, [500]) });
    expect(ran.code).toBe(1);
    expect(ran.words).toMatch(words);
  });

  test("a stream that never ends gives lines as it goes, and its summary when it is stopped", async () => {
    const terminal = createTestTerminal({
      input: endless(
        () => terminal.data().length > 20_000,
        () => terminal.stop(new Stopped("stopped by SIGINT", 130)),
      ),
    });
    const code = await runCommandLine(args, terminal);
    expect(code).toBe(130);
    expect(jsonLines(terminal.data()).length).toBeGreaterThan(100);
    expect(terminal.words()).toMatch(/observations; refused/);
  });
});

/** Sends the same stretch again and again; says so once enough was printed, and then nothing more, for ever. */
async function* endless(isEnough: () => boolean, onEnough: () => void): AsyncGenerator<Uint8Array> {
  while (!isEnough()) yield raw;
  onEnough();
  await new Promise(() => undefined);
}

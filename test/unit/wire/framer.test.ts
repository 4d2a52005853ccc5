import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createFramer, type FrameRule } from "../../../src/wire/framer.ts";

/** Frames for tests: A5, length of the rest (1 to 8), that many bytes, exclusive-or of those. */
const RULE: FrameRule = {
  maxBytes: 11,
  refusals: ["does not begin with A5", "length is not 1 to 8", "exclusive-or does not fit"],
  match(bytes, at, end) {
    if (bytes[at] !== 0xa5) return -1;
    if (end - at < 2) return 0;
    const length = bytes[at + 1] ?? 0;
    if (length < 1 || length > 8) return -2;
    if (end - at < length + 3) return 0;
    let sum = 0;
    for (let i = 0; i < length; i++) sum ^= bytes[at + 2 + i] ?? 0;
    return sum === bytes[at + 2 + length] ? length + 3 : -3;
  },
};

const framed = (body: Uint8Array): Uint8Array =>
  Uint8Array.of(
    0xa5,
    body.length,
    ...body,
    body.reduce((sum, byte) => sum ^ byte, 0),
  );

interface Found {
  frames: string[];
  noise: string;
  reasons: string[];
  held: number;
  mostHeld: number;
}

function run(chunks: readonly Uint8Array[], confirm = 1, rule = RULE): Found {
  const found: Found = { frames: [], noise: "", reasons: [], held: 0, mostHeld: 0 };
  const framer = createFramer({
    rule,
    confirm,
    onFrame: (bytes, at, length) =>
      found.frames.push(Buffer.from(bytes.subarray(at, at + length)).toString("hex")),
    onNoise(bytes, reason) {
      found.noise += Buffer.from(bytes).toString("hex");
      found.reasons.push(reason);
    },
  });
  for (const chunk of chunks) {
    framer.push(chunk);
    found.mostHeld = Math.max(found.mostHeld, framer.heldBytes);
  }
  found.held = framer.heldBytes;
  return found;
}

const body = fc.uint8Array({ minLength: 1, maxLength: 8 });
const stream = fc.array(fc.oneof(body.map(framed), fc.uint8Array({ maxLength: 30 })), { maxLength: 30 });
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 });

function cutUp(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

describe("a framer", () => {
  test("finds the same frames and the same noise however the stream is cut", () => {
    fc.assert(
      fc.property(stream, cuts, fc.constantFrom(1, 2, 3), (parts, sizes, confirm) => {
        const bytes = Buffer.concat(parts);
        const whole = run([bytes], confirm);
        const cut = run(cutUp(bytes, sizes), confirm);
        expect(cut.frames).toEqual(whole.frames);
        expect(cut.noise).toBe(whole.noise);
        expect(cut.held).toBe(whole.held);
      }),
    );
  });

  test("loses no byte: frames, noise and what is held are the stream", () => {
    fc.assert(
      fc.property(stream, cuts, (parts, sizes) => {
        const bytes = Buffer.concat(parts);
        const { frames, noise, held } = run(cutUp(bytes, sizes));
        expect(frames.join("").length / 2 + noise.length / 2 + held).toBe(bytes.length);
      }),
    );
  });

  test("finds every frame of a clean stream", () => {
    fc.assert(
      fc.property(fc.array(body, { maxLength: 20 }), cuts, (bodies, sizes) => {
        const frames = bodies.map(framed);
        const found = run(cutUp(Buffer.concat(frames), sizes));
        expect(found.frames).toEqual(frames.map((frame) => Buffer.from(frame).toString("hex")));
        expect(found.noise).toBe("");
      }),
    );
  });

  test("drops one byte at a refusal, not the length that the damaged frame claims", () => {
    const first = framed(Uint8Array.of(1, 2, 3));
    const second = framed(Uint8Array.of(4, 5));
    const damaged = first.slice();
    damaged[1] = 8;
    const { frames, noise, reasons } = run([Buffer.concat([damaged, second, second, second])]);
    expect(frames).toEqual(Array(3).fill(Buffer.from(second).toString("hex")));
    expect(noise).toBe(Buffer.from(damaged).toString("hex"));
    expect(reasons).toEqual(["exclusive-or does not fit"]);
  });

  test("never holds more than two windows, whatever arrives", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 40 }),
        fc.constantFrom(1, 2, 3),
        (chunks, confirm) => {
          expect(run(chunks, confirm).mostHeld).toBeLessThan(confirm * RULE.maxBytes);
        },
      ),
    );
  });

  test("a rule that always wants more bytes is refused instead of waited for", () => {
    const greedy: FrameRule = { maxBytes: 4, refusals: ["never"], match: () => 0 };
    const { noise, held, mostHeld } = run([new Uint8Array(100), new Uint8Array(3)], 1, greedy);
    expect(mostHeld).toBeLessThan(8);
    expect(noise.length / 2 + held).toBe(103);
  });
});

describe("a framer that wants confirmation", () => {
  const a = framed(Uint8Array.of(1));
  const b = framed(Uint8Array.of(2, 2));
  const hexOf = (frame: Uint8Array): string => Buffer.from(frame).toString("hex");

  test("believes the first frame once enough follow it, and then gives all of them", () => {
    expect(run([a, b], 3).frames).toEqual([]);
    expect(run([a, b, a], 3).frames).toEqual([a, b, a].map(hexOf));
  });

  test("does not believe a single frame in noise", () => {
    const { frames, reasons } = run([Buffer.concat([Uint8Array.of(9), a, new Uint8Array(40)])], 2);
    expect(frames).toEqual([]);
    expect(reasons).toContain("does not begin with A5");
  });

  test("asks again after every noise, and not before", () => {
    const inStep = Buffer.concat([a, b, a]);
    expect(run([inStep, Uint8Array.of(0), a], 2).frames).toHaveLength(3);
    expect(run([inStep, Uint8Array.of(0), a, b], 2).frames).toHaveLength(5);
    expect(run([inStep, a], 2).frames).toHaveLength(4);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sum8 } from "../../../src/wire/checksum.ts";
import { bcd, bits, bitsOf, capacity, flag, missing, split7, u8, u16be } from "../../../src/wire/field.ts";
import { frame } from "../../../src/wire/frame.ts";

const EVERYTHING = frame({
  name: "everything",
  lengthBytes: 10,
  constants: [
    { byte: 0, mask: 0xff, value: 0xaa, doc: "AA" },
    { byte: 1, mask: 0x80, value: 0x80, doc: "bit 7 set" },
  ],
  fields: {
    on: flag(1, 0, "a bit"),
    level: bits(1, 0x0e, "three bits in the middle"),
    raw: u8(2, "a byte"),
    wide: u16be(3, "two bytes"),
    pulse: missing(split7({ byte: 5, mask: 0x03 }, 6, "nine bits over two bytes"), 511),
    gap: missing(bits(7, 0x7f, "seven bits"), 127),
    day: bcd(8, "two decimal digits"),
  },
  checksum: { kind: "sum8", from: 0, to: 9, at: 9 },
});

const values = fc.record({
  on: fc.boolean(),
  level: fc.integer({ min: 0, max: 7 }),
  raw: fc.integer({ min: 0, max: 255 }),
  wide: fc.integer({ min: 0, max: 65535 }),
  pulse: fc.option(fc.integer({ min: 0, max: 510 }), { nil: undefined }),
  gap: fc.option(fc.integer({ min: 0, max: 126 }), { nil: undefined }),
  day: fc.option(fc.integer({ min: 0, max: 99 }), { nil: undefined }),
});

describe("a declared frame", () => {
  test("gives back what was put in, for every value of every field", () => {
    fc.assert(
      fc.property(values, (given) => {
        const bytes = EVERYTHING.encode(given);
        expect(EVERYTHING.check(bytes, 0)).toBe(0);
        expect(EVERYTHING.decode(bytes, 0)).toEqual(given);
      }),
    );
  });

  test("stands where it was declared to stand, byte for byte", () => {
    const bytes = EVERYTHING.encode({
      on: true,
      level: 5,
      raw: 0x12,
      wide: 0x3456,
      pulse: 300,
      gap: 99,
      day: 47,
    });
    // 300 = 2 * 128 + 44; 47 in decimal digits is 47 in hex; the nine bytes before the last add up to 0x2A9.
    expect(Buffer.from(bytes).toString("hex")).toBe("aa8b123456022c6347a9");
    expect(EVERYTHING.decode(Uint8Array.of(0, 0, ...bytes), 2).pulse).toBe(300);
  });

  test("has no number for a missing code", () => {
    const bytes = EVERYTHING.encode({
      on: false,
      level: 0,
      raw: 0,
      wide: 0,
      pulse: undefined,
      gap: undefined,
      day: undefined,
    });
    expect([...bytes.subarray(5, 9)]).toEqual([0x03, 0x7f, 0x7f, 0xff]);
    expect(EVERYTHING.decode(bytes, 0)).toMatchObject({ pulse: undefined, gap: undefined, day: undefined });
  });

  test("refuses any single damaged byte, and names the rule", () => {
    fc.assert(
      fc.property(
        values,
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 1, max: 255 }),
        (given, at, change) => {
          const bytes = EVERYTHING.encode(given);
          bytes[at] = (bytes[at] ?? 0) ^ change;
          const refusal = EVERYTHING.check(bytes, 0);
          expect(refusal).toBeGreaterThan(0);
          expect(EVERYTHING.refusals[refusal - 1]).toMatch(/AA|bit 7 set|checksum/);
        },
      ),
    );
  });

  test("does not encode what does not fit", () => {
    const good = { on: false, level: 0, raw: 0, wide: 0, pulse: 0, gap: 0, day: 0 };
    expect(() => EVERYTHING.encode({ ...good, level: 8 })).toThrow(RangeError);
    expect(() => EVERYTHING.encode({ ...good, raw: 1.5 })).toThrow(RangeError);
    expect(() => EVERYTHING.encode({ ...good, wide: -1 })).toThrow(RangeError);
    expect(() => EVERYTHING.encode({ ...good, pulse: 512 })).toThrow(RangeError);
    expect(() => EVERYTHING.encode({ ...good, day: 100 })).toThrow(RangeError);
  });

  test("cannot be declared with a field outside it", () => {
    const outside = (): unknown =>
      frame({ name: "short", lengthBytes: 2, constants: [], fields: { x: u16be(1, "") } });
    expect(outside).toThrow("short has no byte 3");
  });

  test("draws its own table, in the order of the bytes", () => {
    expect(EVERYTHING.table().split("\n")).toEqual([
      "| byte | field | meaning | missing |",
      "| --- | --- | --- | --- |",
      "| 1 |  | always AA |  |",
      "| 2 b7 |  | always bit 7 set |  |",
      "| 2 b0 | `on` | a bit |  |",
      "| 2 b3-1 | `level` | three bits in the middle |  |",
      "| 3 | `raw` | a byte |  |",
      "| 4, 5 | `wide` | two bytes |  |",
      "| 6 b1-0, 7 b6-0 | `pulse` | nine bits over two bytes | 511 |",
      "| 8 b6-0 | `gap` | seven bits | 127 |",
      "| 9 | `day` | two decimal digits |  |",
      "| 10 |  | sum of bytes 1 to 9, modulo 256 |  |",
    ]);
  });
});

describe("fields", () => {
  test("know how much fits", () => {
    expect(capacity(u8(0, ""))).toBe(255);
    expect(capacity(split7({ byte: 0, mask: 0x03 }, 1, ""))).toBe(511);
    expect(capacity(bits(0, 0x70, ""))).toBe(7);
  });

  test("refuse a missing code that cannot occur", () => {
    expect(() => missing(bits(0, 0x7f, "seven bits"), 128)).toThrow("128 does not fit");
  });

  test.each([
    [0x01, "b0"],
    [0x80, "b7"],
    [0x7f, "b6-0"],
    [0x0c, "b3-2"],
    [0x84, "b7,2"],
  ])("name the bits of the mask %i as %s", (mask, name) => expect(bitsOf(mask)).toBe(name));
});

describe("sum8", () => {
  test("adds the bytes from the first up to, and without, the last, modulo 256", () => {
    expect(sum8(Uint8Array.of(1, 0x81, 1, 0, 9), 0, 4)).toBe(0x83);
    expect(sum8(Uint8Array.of(255, 255, 255), 1, 3)).toBe(254);
    expect(sum8(Uint8Array.of(7), 0, 0)).toBe(0);
  });
});

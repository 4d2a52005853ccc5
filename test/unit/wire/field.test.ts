import { describe, expect, test } from "vitest";
import { joined, signed, u16le, u24le, u32be, u32le } from "../../../src/wire/field.ts";
import { type Checksum, frame } from "../../../src/wire/frame.ts";
import { MODEM_INPUTS } from "../../../src/wire/modem-lines.ts";

const ALL = frame({
  name: "all",
  lengthBytes: 13,
  constants: [],
  fields: {
    little: u16le(0, "little"),
    three: u24le(2, "three bytes"),
    four: u32le(5, "four bytes"),
    other: u32be(9, "four bytes, the other way"),
  },
});

describe("wide numbers", () => {
  test("are read in their byte order, up to 32 bits without a sign", () => {
    const bytes = Uint8Array.of(0x34, 0x12, 0x03, 0x02, 0x01, 0xff, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x01);
    const values = { little: 0x1234, three: 0x010203, four: 0xffffffff, other: 0x80000001 };
    expect(ALL.decode(bytes, 0)).toEqual(values);
    expect(ALL.encode(values)).toEqual(bytes);
    expect(() => ALL.encode({ ...values, four: 2 ** 32 })).toThrow(RangeError);
  });
});

describe("signed numbers", () => {
  const format = frame({
    name: "signed",
    lengthBytes: 6,
    constants: [],
    fields: { two: signed(u16le(0, "two bytes")), four: signed(u32be(2, "four bytes")) },
  });

  test.each([
    [-1, -1],
    [-32768, -2147483648],
    [32767, 2147483647],
    [0, 0],
  ])("%d and %d come back", (two, four) => {
    expect(format.decode(format.encode({ two, four }), 0)).toEqual({ two, four });
  });

  test("beyond their width are refused", () => {
    expect(() => format.encode({ two: 32768, four: 0 })).toThrow(RangeError);
    expect(() => format.encode({ two: -32769, four: 0 })).toThrow(RangeError);
  });
});

test("scattered bits join to one number, most significant first", () => {
  const format = frame({
    name: "scattered",
    lengthBytes: 2,
    constants: [],
    fields: {
      pulse: joined(
        [
          { byte: 0, mask: 0x40 },
          { byte: 1, mask: 0x7f },
        ],
        "pulse with its eighth bit elsewhere",
      ),
    },
  });
  expect(format.decode(Uint8Array.of(0x40, 0x16), 0)).toEqual({ pulse: 150 });
  expect(format.encode({ pulse: 150 })).toEqual(Uint8Array.of(0x40, 0x16));
});

test.each(["sum8", "sum7", "xor8", "crc8", "crc8Maxim", "crc16"] as const)(
  "a frame with %s notices one flipped bit",
  (kind) => {
    const checksum: Checksum = { kind, from: 0, to: 3, at: 3 };
    const format = frame({
      name: kind,
      lengthBytes: kind === "crc16" ? 5 : 4,
      constants: [],
      fields: { value: u24le(0, "value") },
      checksum,
    });
    const bytes = format.encode({ value: 0x123456 });
    expect(format.check(bytes, 0)).toBe(0);
    for (let bit = 0; bit < 23; bit++) {
      const damaged = bytes.slice();
      damaged[bit >> 3]! ^= 1 << (bit & 7);
      // Sums of seven bits cannot see the eighth.
      if (kind === "sum7" && (bit & 7) === 7) continue;
      expect(format.check(damaged, 0)).toBe(1);
    }
    expect(format.table()).toContain("of bytes 1 to 3");
  },
);

test("modem lines are one bit each", () => {
  expect(MODEM_INPUTS.decode(Uint8Array.of(0b0101), 0)).toEqual({
    cts: true,
    dsr: false,
    dcd: true,
    ri: false,
  });
  expect(MODEM_INPUTS.check(Uint8Array.of(0x10), 0)).toBe(1);
});

import { expect, test } from "vitest";
import {
  crc8,
  crc8Maxim,
  crc16Ccitt,
  crc16Kermit,
  crc32,
  crc32Mpeg2,
  sum7,
  sum8,
  xor8,
} from "../../../src/wire/checksum.ts";

/** The string that catalogues of checksums give their check values for. */
const CHECK = new TextEncoder().encode("123456789");

test.each([
  ["CRC-8 (SMBUS)", crc8, 0xf4],
  ["CRC-8/MAXIM", crc8Maxim, 0xa1],
  ["CRC-16/IBM-3740", crc16Ccitt, 0x29b1],
  ["CRC-16/KERMIT", crc16Kermit, 0x2189],
  ["CRC-32/MPEG-2", crc32Mpeg2, 0x0376e6e7],
  ["CRC-32/ISO-HDLC", crc32, 0xcbf43926],
] as const)("%s gives its catalogue's check value", (_name, of, value) => {
  expect(of(CHECK, 0, CHECK.length)).toBe(value);
});

test("a checksum covers its range and nothing besides", () => {
  const framed = Uint8Array.of(0xff, ...CHECK, 0xff);
  expect(crc8(framed, 1, 10)).toBe(0xf4);
  expect(crc16Ccitt(framed, 1, 10)).toBe(0x29b1);
});

test("sums and exclusive or stay within their bits", () => {
  const bytes = Uint8Array.of(0xf0, 0x8f, 0x11);
  expect(sum8(bytes, 0, 3)).toBe(0x90);
  expect(sum7(bytes, 0, 3)).toBe(0x10);
  expect(xor8(bytes, 0, 3)).toBe(0x6e);
});

test("CRC-32 goes on from that of what came before", () => {
  expect(crc32(CHECK, 4, 9, crc32(CHECK, 0, 4))).toBe(0xcbf43926);
});

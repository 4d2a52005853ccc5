/** Sum of the bytes [from, to), modulo 256. Nonin frames and packets end in it (OEM specification 9560, format 2). */
export function sum8(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += bytes[i]!;
  return sum & 0xff;
}

/** Sum modulo 128, for protocols that keep bit 7 free (Capnostat 5 negates it). */
export const sum7 = (bytes: Uint8Array, from: number, to: number): number => sum8(bytes, from, to) & 0x7f;

/** Exclusive or of the bytes [from, to). Microstream capnographs. */
export function xor8(bytes: Uint8Array, from: number, to: number): number {
  let value = 0;
  for (let i = from; i < to; i++) value ^= bytes[i]!;
  return value;
}

/** CRC-8, polynomial 07, no reflection, start 0 ("CRC-8/SMBUS"; check value F4). Viatom rings. */
export function crc8(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0;
  for (let i = from; i < to; i++) crc = CRC8[crc ^ bytes[i]!]!;
  return crc;
}

/** CRC-8/MAXIM, polynomial 31 reflected, start 0 (check value A1). The PC-60 family. */
export function crc8Maxim(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0;
  for (let i = from; i < to; i++) crc = CRC8_MAXIM[crc ^ bytes[i]!]!;
  return crc;
}

/** CRC-16/IBM-3740 (CCITT, polynomial 1021, start FFFF; check value 29B1). */
export function crc16Ccitt(bytes: Uint8Array, from: number, to: number, start = 0xffff): number {
  let crc = start;
  for (let i = from; i < to; i++) crc = ((crc << 8) & 0xff00) ^ CRC16_CCITT[(crc >> 8) ^ bytes[i]!]!;
  return crc;
}

/** CRC-32 (ISO-HDLC, as in zip files; check value CBF43926), going on from that of what came before. ResMed cards. */
export function crc32(bytes: Uint8Array, from: number, to: number, before = 0): number {
  let crc = ~before;
  for (let i = from; i < to; i++) crc = (crc >>> 8) ^ CRC32[(crc ^ bytes[i]!) & 0xff]!;
  return ~crc >>> 0;
}

/** CRC-32/MPEG-2 (polynomial 04C11DB7, start FFFFFFFF, no reflection, no final xor; check value 0376E6E7). */
export function crc32Mpeg2(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0xffffffff;
  for (let i = from; i < to; i++) crc = (crc << 8) ^ CRC32_MPEG2[(crc >>> 24) ^ bytes[i]!]!;
  return crc >>> 0;
}

/** CRC-16/KERMIT (polynomial 1021 reflected, start 0; check value 2189). Older Philips cards. */
export function crc16Kermit(bytes: Uint8Array, from: number, to: number): number {
  let crc = 0;
  for (let i = from; i < to; i++) crc = (crc >> 8) ^ CRC16_KERMIT[(crc ^ bytes[i]!) & 0xff]!;
  return crc;
}

const CRC8 = byteTable((byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? (crc << 1) ^ 0x07 : crc << 1;
  return crc & 0xff;
});

const CRC8_MAXIM = byteTable((byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x8c : crc >> 1;
  return crc;
});

const CRC16_CCITT = byteTable((byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc & 0xffff;
});

function byteTable(entry: (byte: number) => number): Uint16Array {
  return Uint16Array.from({ length: 256 }, (_, byte) => entry(byte));
}

const CRC32 = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

const CRC32_MPEG2 = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x80000000 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc;
});

const CRC16_KERMIT = byteTable((byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0x8408 : crc >> 1;
  return crc;
});

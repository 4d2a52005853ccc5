/**
 * SFLOAT of IEEE 11073-20601: 16 bits, a signed exponent of ten in the upper 4 and a signed mantissa in the lower 12.
 * The special values (07FF NaN, 0800 NRes, 07FE and 0802 infinity, 0801 reserved) mean that there is no number.
 */

/** The number, or undefined for a special value. 2 bytes, the less significant first, from `at`. */
export function readSfloat(bytes: Uint8Array, at: number): number | undefined {
  const raw = bytes[at]! | (bytes[at + 1]! << 8);
  const mantissa = raw & 0x0fff;
  if (mantissa >= 0x07fe && mantissa <= 0x0802) return undefined;
  const exponent = raw >> 12;
  const power = exponent >= 8 ? exponent - 16 : exponent;
  const value = mantissa >= 0x0800 ? mantissa - 0x1000 : mantissa;
  // Dividing by a power of ten is exact to the last digit where multiplying by its inverse is not.
  return power < 0 ? value / 10 ** -power : value * 10 ** power;
}

/** Two bytes; `decimals` 0 to 8; undefined is written as NaN. Throws RangeError where the mantissa does not fit. */
export function writeSfloat(value: number | undefined, decimals = 0): Uint8Array {
  if (value === undefined) return Uint8Array.of(0xff, 0x07);
  const mantissa = Math.round(value * 10 ** decimals);
  if (mantissa < -0x7fd || mantissa > 0x7fd || decimals < 0 || decimals > 8) {
    throw new RangeError(`${value} with ${decimals} decimals does not fit an SFLOAT`);
  }
  const raw = (((16 - decimals) & 0xf) << 12) | (mantissa & 0x0fff);
  return Uint8Array.of(raw & 0xff, raw >> 8);
}

/** Sum of the bytes [from, to), modulo 256. Nonin frames and packets end in it (OEM specification 9560, format 2). */
export function sum8(bytes: Uint8Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += bytes[i]!;
  return sum & 0xff;
}

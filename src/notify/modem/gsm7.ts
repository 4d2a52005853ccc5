/** The GSM 7 bit default alphabet by its codes (23.038, 6.2.1); code 27 is the escape into the table below. */
const BASIC =
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
  "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/** The extension table (23.038, 6.2.1.1): two codes each. */
const EXTENDED: { readonly [character: string]: number } = {
  "\f": 0x0a,
  "^": 0x14,
  "{": 0x28,
  "}": 0x29,
  "\\": 0x2f,
  "[": 0x3c,
  "~": 0x3d,
  "]": 0x3e,
  "|": 0x40,
  "€": 0x65,
};

const ESCAPE = 0x1b;

/** The codes of one character, one or two; undefined where the alphabet has none. */
export function septetsOf(character: string): readonly number[] | undefined {
  const extended = EXTENDED[character];
  if (extended !== undefined) return [ESCAPE, extended];
  const code = character === "\u001b" ? -1 : BASIC.indexOf(character);
  return code < 0 ? undefined : [code];
}

/** Packs 7 bit codes into bytes (23.038, 6.1.2.1), after so many bits that are left empty for what stands in front. */
export function packSeptets(septets: readonly number[], emptyBits: number): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((emptyBits + septets.length * 7) / 8));
  for (const [index, septet] of septets.entries()) {
    const bit = emptyBits + index * 7;
    const at = bit >> 3;
    const shifted = septet << (bit & 7);
    bytes[at] = (bytes[at] ?? 0) | (shifted & 0xff);
    if (shifted > 0xff) bytes[at + 1] = (bytes[at + 1] ?? 0) | (shifted >> 8);
  }
  return bytes;
}

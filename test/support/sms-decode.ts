// Reads SMS-SUBMIT units as a network would (3GPP TS 23.040, 23.038); shares nothing with the encoder in src.

export interface DecodedSms {
  readonly to: string;
  readonly text: string;
  /** UTF-16 units, so that a cut through a character shows. */
  readonly alphabet: "gsm7" | "ucs2";
  readonly validityMinutes: number;
  readonly part?: { readonly reference: number; readonly total: number; readonly number: number };
}

/** By code: 00 to 7F of the default alphabet, as code points. */
const ALPHABET = [
  0x40, 0xa3, 0x24, 0xa5, 0xe8, 0xe9, 0xf9, 0xec, 0xf2, 0xc7, 0x0a, 0xd8, 0xf8, 0x0d, 0xc5, 0xe5, 0x394, 0x5f,
  0x3a6, 0x393, 0x39b, 0x3a9, 0x3a0, 0x3a8, 0x3a3, 0x398, 0x39e, 0xa0, 0xc6, 0xe6, 0xdf, 0xc9,
];
const PUNCTUATION: { readonly [code: number]: number } = {
  0x24: 0xa4,
  0x40: 0xa1,
  0x5b: 0xc4,
  0x5c: 0xd6,
  0x5d: 0xd1,
  0x5e: 0xdc,
  0x5f: 0xa7,
  0x60: 0xbf,
  0x7b: 0xe4,
  0x7c: 0xf6,
  0x7d: 0xf1,
  0x7e: 0xfc,
  0x7f: 0xe0,
};
const AFTER_ESCAPE: { readonly [code: number]: string } = {
  0x0a: "\f",
  0x14: "^",
  0x28: "{",
  0x29: "}",
  0x2f: "\\",
  0x3c: "[",
  0x3d: "~",
  0x3e: "]",
  0x40: "|",
  0x65: "€",
};

/** Throws where the unit is none that a network takes. */
export function decodeSubmit(hex: string, length: number): DecodedSms {
  if (!/^(?:[0-9A-F]{2})+$/.test(hex)) throw new Error("not hex");
  const bytes = [...Buffer.from(hex, "hex")];
  const take = (count: number): number[] => {
    if (bytes.length < count) throw new Error("too short");
    return bytes.splice(0, count);
  };
  const one = (): number => take(1)[0] ?? 0;
  take(one());
  if (bytes.length !== length) throw new Error(`length ${length} for ${bytes.length} bytes`);
  const first = one();
  if ((first & 0x03) !== 1) throw new Error("no SMS-SUBMIT");
  if ((first & 0x18) !== 0x10) throw new Error("no relative validity");
  one();
  const digits = one();
  if (digits < 7 || digits > 15) throw new Error("address length");
  if (one() !== 0x91) throw new Error("type of address");
  const swapped = take(Math.ceil(digits / 2)).map(
    (byte) => `${byte & 15}${byte >> 4 === 15 ? "" : byte >> 4}`,
  );
  const to = `+${swapped.join("")}`;
  if (to.length !== digits + 1) throw new Error("address digits");
  if (one() !== 0) throw new Error("protocol");
  const coding = one();
  const validity = one();
  const validityMinutes = validity <= 143 ? (validity + 1) * 5 : 720 + (validity - 143) * 30;
  const userLength = one();
  const header = (first & 0x40) === 0 ? [] : bytes.slice(1, 1 + (bytes[0] ?? 0));
  const headerBytes = (first & 0x40) === 0 ? 0 : 1 + header.length;
  const part = partOf(header);
  if (coding === 0) {
    if (userLength > 160) throw new Error("more than 160 codes");
    if (bytes.length !== Math.ceil((userLength * 7) / 8)) throw new Error("user data length");
    const bits = bytes.flatMap((byte) => Array.from({ length: 8 }, (_, bit) => (byte >> bit) & 1));
    const codes = Array.from({ length: userLength }, (_, index) =>
      bits.slice(index * 7, index * 7 + 7).reduce((sum, bit, place) => sum + bit * 2 ** place, 0),
    ).slice(Math.ceil((headerBytes * 8) / 7));
    return { to, text: textOf(codes), alphabet: "gsm7", validityMinutes, ...part };
  }
  if (coding !== 8) throw new Error("coding");
  if (userLength > 140 || bytes.length !== userLength) throw new Error("user data length");
  const body = Buffer.from(bytes.slice(headerBytes));
  if (body.length % 2 !== 0) throw new Error("half a unit");
  return { to, text: body.swap16().toString("utf16le"), alphabet: "ucs2", validityMinutes, ...part };
}

function partOf(header: readonly number[]): Pick<DecodedSms, "part"> {
  if (header.length === 0) return {};
  const [kind, size, reference = 0, total = 0, number = 0] = header;
  if (kind !== 0 || size !== 3 || header.length !== 5) throw new Error("header");
  if (number < 1 || number > total) throw new Error("part number");
  return { part: { reference, total, number } };
}

function textOf(codes: readonly number[]): string {
  let text = "";
  let isEscaped = false;
  for (const code of codes) {
    if (isEscaped) {
      const character = AFTER_ESCAPE[code];
      if (character === undefined) throw new Error("escape");
      text += character;
      isEscaped = false;
    } else if (code === 0x1b) isEscaped = true;
    else text += String.fromCodePoint(ALPHABET[code] ?? PUNCTUATION[code] ?? code);
  }
  if (isEscaped) throw new Error("cut after an escape");
  return text;
}

/** One text out of all its parts, in their order; throws where parts do not belong together. */
export function joinSms(parts: readonly DecodedSms[]): string {
  const [first] = parts;
  if (first?.part === undefined) {
    if (parts.length !== 1) throw new Error("parts without numbers");
    return first?.text ?? "";
  }
  for (const [index, { part }] of parts.entries()) {
    if (
      part?.reference !== first.part.reference ||
      part.total !== parts.length ||
      part.number !== index + 1
    ) {
      throw new Error("parts do not belong together");
    }
  }
  return parts.map(({ text }) => text).join("");
}

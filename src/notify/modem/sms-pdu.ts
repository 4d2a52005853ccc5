import { packSeptets, septetsOf } from "./gsm7.ts";

/** One SMS as AT+CMGS takes it in PDU mode. */
export interface SmsPdu {
  /** For `AT+CMGS=<length>`: bytes without the service centre's. */
  readonly length: number;
  readonly hex: string;
}

export interface SmsText {
  /** E.164: `+8613...`. */
  readonly to: string;
  readonly text: string;
  /** The network stops trying after this. */
  readonly ttlSeconds: number;
  /** 0 to 255: the same in all parts of a text, another in the next one. */
  readonly reference: number;
}

/** More parts than this cost money and time at night; what is longer is cut. */
const PARTS_MAX = 4;

/** What fits into one SMS, and into one of several (23.040, 9.2.3.24.1): 7 bit codes, or UTF-16 units. */
const ROOM = { gsm7: { single: 160, part: 153 }, ucs2: { single: 70, part: 67 } } as const;

/**
 * A text as SMS-SUBMIT units (23.040, 9.2.2.2): GSM 7 bit where every character fits, else UCS-2, in at most four parts.
 * No character is cut in two; what is too long ends in dots. The service centre is the SIM's own.
 */
export function smsPdus({ to, text, ttlSeconds, reference }: SmsText): readonly SmsPdu[] {
  const whole = text.toWellFormed();
  const isGsm7 = Array.from(whole).every((character) => septetsOf(character) !== undefined);
  const unitsOf = isGsm7 ? (character: string) => septetsOf(character) ?? [] : utf16Of;
  const parts = split(whole, unitsOf, isGsm7 ? ROOM.gsm7 : ROOM.ucs2);
  return parts.map((units, index) => {
    const header = parts.length === 1 ? [] : [0x05, 0x00, 0x03, reference & 0xff, parts.length, index + 1];
    return submit(to, ttlSeconds, header, units, isGsm7);
  });
}

/** Units of each part. */
function split(
  text: string,
  unitsOf: (character: string) => readonly number[],
  room: { readonly single: number; readonly part: number },
): readonly (readonly number[])[] {
  const characters = Array.from(text).map(unitsOf);
  const total = characters.reduce((sum, units) => sum + units.length, 0);
  if (total <= room.single) return [characters.flat()];
  const parts: number[][] = [[]];
  for (const [index, units] of characters.entries()) {
    let part = parts.at(-1) ?? [];
    if (part.length + units.length > room.part) {
      if (parts.length === PARTS_MAX) return [...parts.slice(0, -1), withDots(characters, index, parts)];
      part = [];
      parts.push(part);
    }
    part.push(...units);
  }
  return parts;

  /** The last part with its end, whole characters, given up for three dots. */
  function withDots(
    all: readonly (readonly number[])[],
    end: number,
    filled: readonly (readonly number[])[],
  ): readonly number[] {
    const dots = unitsOf(".").flatMap((unit) => [unit, unit, unit]);
    let last = filled.at(-1)?.length ?? 0;
    let at = end;
    while (last + dots.length > room.part && at > 0) {
      at -= 1;
      last -= all[at]?.length ?? 0;
    }
    return [...(filled.at(-1) ?? []).slice(0, Math.max(0, last)), ...dots];
  }
}

const utf16Of = (character: string): readonly number[] =>
  Array.from({ length: character.length }, (_, index) => character.charCodeAt(index));

function submit(
  to: string,
  ttlSeconds: number,
  header: readonly number[],
  units: readonly number[],
  isGsm7: boolean,
): SmsPdu {
  const headerSeptets = Math.ceil((header.length * 8) / 7);
  const body = isGsm7
    ? packSeptets(units, headerSeptets * 7 - header.length * 8)
    : Uint8Array.from(units.flatMap((unit) => [unit >> 8, unit & 0xff]));
  const data = [...header, ...body];
  const digits = to.replaceAll(/\D/g, "");
  const bytes = [
    // SMS-SUBMIT with a relative validity period; with a header where there are several parts.
    header.length > 0 ? 0x51 : 0x11,
    // The modem numbers the message.
    0x00,
    digits.length,
    // International number, ISDN plan.
    0x91,
    ...semiOctets(digits),
    0x00,
    isGsm7 ? 0x00 : 0x08,
    validity(ttlSeconds),
    isGsm7 ? headerSeptets + units.length : data.length,
    ...data,
  ];
  // The leading zero: no service centre given, the SIM's own is used.
  return { length: bytes.length, hex: `00${Buffer.from(bytes).toString("hex").toUpperCase()}` };
}

/** Digits in pairs, swapped, the last one filled up (23.040, 9.1.2.3). */
function semiOctets(digits: string): readonly number[] {
  const filled = digits.length % 2 === 0 ? digits : `${digits}F`;
  return Array.from({ length: filled.length / 2 }, (_, index) =>
    Number.parseInt(`${filled.charAt(index * 2 + 1)}${filled.charAt(index * 2)}`, 16),
  );
}

/** Relative validity (23.040, 9.2.3.12.1): steps of five minutes to twelve hours, of half an hour to a day. */
function validity(ttlSeconds: number): number {
  const minutes = Math.max(5, Math.ceil(ttlSeconds / 60));
  if (minutes <= 720) return Math.ceil(minutes / 5) - 1;
  return Math.min(167, 143 + Math.ceil((minutes - 720) / 30));
}

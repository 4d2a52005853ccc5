import type { Random } from "../port/random.ts";

/** What can go wrong on a cable while it stays plugged in; each lasts until `clean`. */
export const BYTE_FAULTS = ["flip", "drop", "cut", "wrong_baud"] as const;

export type ByteFault = (typeof BYTE_FAULTS)[number];

/** What can be done to a device's link as a whole. */
export const LINK_FAULTS = [
  ...BYTE_FAULTS,
  "unplug",
  "plug_in",
  "freeze",
  "thaw",
  "half_open",
  "delay",
  "swap",
  "clean",
] as const;

export type LinkFault = (typeof LINK_FAULTS)[number];

export const isLinkFault = (text: string): text is LinkFault =>
  (LINK_FAULTS as readonly string[]).includes(text);

/** Of the house beside the bed. */
export const HOUSE_FAULTS = ["broker_down", "broker_up", "internet_down", "internet_up"] as const;

export type HouseFault = (typeof HOUSE_FAULTS)[number];

export const isHouseFault = (text: string): text is HouseFault =>
  (HOUSE_FAULTS as readonly string[]).includes(text);

/**
 * Damages bytes on their way. `share`: of the bytes (flip, drop) or of the chunks (cut), 0 to 1. A wrong baud rate
 * spares nothing: every byte becomes another, and some become two.
 */
export function damage(fault: ByteFault, share: number, random: Random): (bytes: Uint8Array) => Uint8Array {
  const hit = (): boolean => random.uniform() < share;
  switch (fault) {
    case "flip":
      return (bytes) => bytes.map((byte) => (hit() ? byte ^ (1 << Math.floor(random.uniform() * 8)) : byte));
    case "drop":
      return (bytes) => bytes.filter(() => !hit());
    case "cut":
      return (bytes) => (hit() ? bytes.slice(0, Math.floor(random.uniform() * bytes.length)) : bytes);
    case "wrong_baud":
      return (bytes) =>
        Uint8Array.from(
          [...bytes].flatMap((byte) => {
            // Sampled at half the rate every second bit is seen, at twice the rate every bit twice.
            const wide = [0, 1, 2, 3].reduce((all, bit) => all | (((byte >> bit) & 1) * (3 << (2 * bit))), 0);
            return byte & 1 ? [wide, ~wide & 0xff] : [wide];
          }),
        );
  }
}

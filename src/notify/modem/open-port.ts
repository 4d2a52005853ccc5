import { Fault, messageOf } from "../../domain/fault.ts";
import type { Links, OpenLink } from "../../port/link.ts";
import type { Trouble } from "./trouble.ts";

/** What the home entered about its stick. */
export interface StickSettings {
  /** As for every link (docs/links.md); `serial:` in front is allowed. */
  readonly port: string;
  /** The SIM's PIN; absent: it has none. */
  readonly pin?: string;
}

/** PINs that a SIM refused, so that none is tried twice: three wrong ones lock it. */
export interface TriedPins {
  has(pin: string): boolean;
  add(pin: string): unknown;
}

/** USB sticks take any rate; serial modules start with this one. */
const SERIAL = { baudRate: 115_200, dataBits: 8, parity: "none", stopBits: 1, rtscts: false } as const;

/** Opens the stick's port; what is wrong with it otherwise. */
export async function openPort(options: {
  readonly links: Links;
  readonly settings: StickSettings;
  readonly signal: AbortSignal;
}): Promise<OpenLink | { readonly trouble: Trouble }> {
  const { links, settings, signal } = options;
  const address = settings.port.replace(/^serial:/, "");
  try {
    return await links.open(address, { kind: "bytes", serial: SERIAL }, signal);
  } catch (thrown) {
    const isThere = thrown instanceof Fault && thrown.code === "LINK_REFUSED";
    return { trouble: { code: isThere ? "port_refused" : "no_stick", said: messageOf(thrown) } };
  }
}

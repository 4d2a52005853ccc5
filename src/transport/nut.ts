import type { Clock } from "../port/clock.ts";
import type { OpenLink } from "../port/link.ts";
import { openTcp } from "./tcp.ts";

/**
 * Opens a server of Network UPS Tools, `nut:`, `nut:HOST` or `nut:HOST:PORT`. Such a server mostly runs on the machine
 * that it speaks of, so the loopback address is no sign of a simulator here as it is for `tcp:`. Rejects as openTcp()
 * does.
 */
export async function openNut(address: string, signal: AbortSignal, clock: Clock): Promise<OpenLink> {
  const place = address.slice("nut:".length) || "127.0.0.1";
  const hasPort = /^(?:\[[^\]]+\]|[^:[\]]+):\d+$/.test(place);
  const opened = await openTcp(`tcp:${place}${hasPort ? "" : ":3493"}`, signal, clock);
  return { ...opened, simulated: false };
}

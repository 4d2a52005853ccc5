import { ticks } from "../../src/domain/ticks.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { INPUTS_CHANNEL, MODEM_INPUTS } from "../../src/wire/modem-lines.ts";

/** Lines are told once a second at least, so that silence means that the port is gone. */
const TELL_MS = 1_000;

/** A contact that is closed while all is well. It proves the plumbing, not the device. */
export async function simulateDevice({
  bed,
  clock,
  link,
  signal,
}: SimulatorContext<PacketLink>): Promise<void> {
  for await (const _ of ticks(clock, TELL_MS, signal)) {
    const dsr = bed.sample("remote_alarm") === 0;
    await link.write({
      channel: INPUTS_CHANNEL,
      bytes: MODEM_INPUTS.encode({ cts: false, dsr, dcd: false, ri: false }),
    });
  }
}

import { ticks } from "../../src/domain/ticks.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { INPUTS_CHANNEL, MODEM_INPUTS, MODEM_OUTPUTS, OUTPUTS_CHANNEL } from "../../src/wire/modem-lines.ts";
import type { Line } from "./codec.ts";
import { wiringOf } from "./driver.ts";

const POLL_MS = 50;
const REPEAT_MS = 1_000;

/** A relay that is released while the bed's remote alarm is on (and when the cable is out: both pairs open). */
export async function simulateContact({
  bed,
  link,
  clock,
  options,
  signal,
}: SimulatorContext<PacketLink>): Promise<void> {
  const wiring = wiringOf(options);
  let fed = false;
  let told: number | undefined;
  let toldMs = Number.NEGATIVE_INFINITY;

  const inputs = (): Uint8Array => {
    const alarm = bed.sample("remote_alarm");
    const plugged = typeof alarm === "number";
    const closes = (line: Line): boolean =>
      fed &&
      plugged &&
      ((line === wiring.normallyClosed && alarm === 0) || (line === wiring.normallyOpen && alarm !== 0));
    return MODEM_INPUTS.encode({
      cts: closes("cts"),
      dsr: closes("dsr"),
      dcd: closes("dcd"),
      ri: closes("ri"),
    });
  };
  const tell = async (): Promise<void> => {
    const bytes = inputs();
    if (bytes[0] === told && clock.mono() - toldMs < REPEAT_MS) return;
    told = bytes[0];
    toldMs = clock.mono();
    await link.write({ channel: INPUTS_CHANNEL, bytes });
  };
  const play = async (): Promise<void> => {
    for await (const _ of ticks(clock, POLL_MS, signal)) await tell();
  };
  const listen = async (): Promise<void> => {
    for await (const { channel, bytes } of chunksUntil(link.chunks, signal)) {
      if (channel !== OUTPUTS_CHANNEL || bytes.length !== 1) continue;
      fed = MODEM_OUTPUTS.decode(bytes, 0).dtr;
      await tell();
    }
  };
  await Promise.all([play(), listen()]);
}

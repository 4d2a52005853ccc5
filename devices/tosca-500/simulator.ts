import type { BedView } from "../../src/domain/bed.ts";
import { lookAtFinger } from "../../src/domain/oximetry.ts";
import { isPresent } from "../../src/domain/sample.ts";
import type { SimulatorContext } from "../../src/driver/contract.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { encodeAnswer, type Part, QUESTION } from "./codec.ts";

/** The simulated monitor's own limits. */
const LIMITS = { co2High: 60, spo2Low: 85, pulseLow: 50, pulseHigh: 140 };

/** Plays a monitor that is asked for its values; says nothing while it is switched off. */
export async function simulateTosca({ bed, link, signal }: SimulatorContext): Promise<void> {
  let place = 0;
  for await (const chunk of chunksUntil(link.chunks, signal)) {
    for (const byte of chunk) {
      place = byte === QUESTION[place] ? place + 1 : byte === QUESTION[0] ? 1 : 0;
      if (place < QUESTION.length) continue;
      place = 0;
      if (!isOff(bed)) await link.write(encodeAnswer(partsOf(bed)));
    }
  }
}

const isOff = (bed: BedView): boolean => {
  const co2 = bed.sample("tcco2");
  return !isPresent(co2) && co2.absent === "device_off";
};

function partsOf(bed: BedView): readonly Part[] {
  const co2 = bed.sample("tcco2");
  const finger = lookAtFinger(bed, 300);
  const { spo2, pulse } = finger;
  const value = isPresent(co2) ? Math.round(co2) : undefined;
  const flags = (failed: boolean, calibrating: boolean, alarm: boolean): readonly [string, string] =>
    failed ? ["F", "N"] : calibrating ? ["C", "N"] : [alarm ? "A" : "N", "N"];
  const reason = isPresent(co2) ? undefined : co2.absent;
  const noFinger = finger.off || finger.poorSignal;
  return [
    {
      quantity: "PCO2",
      value,
      flags: flags(reason === "invalid", reason === "searching", (value ?? 0) > LIMITS.co2High),
    },
    {
      quantity: "SPO2",
      value: spo2,
      flags: flags(noFinger, finger.searching, (spo2 ?? 100) < LIMITS.spo2Low),
    },
    {
      quantity: "PR",
      value: pulse,
      flags: flags(
        noFinger,
        finger.searching,
        pulse !== undefined && (pulse < LIMITS.pulseLow || pulse > LIMITS.pulseHigh),
      ),
    },
  ];
}

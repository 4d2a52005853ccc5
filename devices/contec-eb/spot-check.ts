import { fromLocalClock } from "../../src/domain/local-clock.ts";
import { absent, measured } from "../../src/domain/sample.ts";
import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import {
  ASK_MORE_SPOT_CHECKS,
  ASK_SPOT_CHECKS,
  ASK_SPOT_COUNT,
  SPOT_CHECK,
  SPOT_CHECKS_AT_ONCE,
} from "./codec.ts";
import { ANSWER_MS, noReply, openQuestions } from "./questions.ts";

/** The maker's limit is 100; a device that goes on for ever is left. */
const ASKED_MAX = 20;

/**
 * Fetches the measurements that a Beurer PO60 kept, oldest first: means, at the moment when each ended. An empty
 * memory does not answer the question for them, so it is told from a deaf device by the question before.
 */
export async function* storedSpotChecks(context: DriverContext): AsyncGenerator<DeviceReading> {
  const { exchange, heardBytes } = openQuestions(context, context.signal);
  const readings: DeviceReading[] = [];
  try {
    await exchange.request({
      bytes: ASK_SPOT_COUNT,
      meaning: "measurements?",
      matches: () => false,
      timeoutMs: ANSWER_MS,
    });
    let asked = ASK_SPOT_CHECKS;
    for (let round = 0; round < ASKED_MAX && !exchange.ended; round++) {
      let came = 0;
      await exchange.request({
        bytes: asked,
        meaning: "measurements!",
        matches(frame) {
          if (frame.length !== SPOT_CHECK.lengthBytes || SPOT_CHECK.check(frame, 0) !== 0) return false;
          came += 1;
          readings.push(...readingOf(context, frame));
          return came === SPOT_CHECKS_AT_ONCE;
        },
        timeoutMs: ANSWER_MS,
      });
      if (came < SPOT_CHECKS_AT_ONCE) break;
      asked = ASK_MORE_SPOT_CHECKS;
    }
    if (!exchange.ended && heardBytes() === 0) {
      throw noReply("The oximeter did not answer a question for its memory");
    }
  } finally {
    await exchange.stop();
  }
  yield* readings.toSorted((a, b) => Number(a.deviceAt) - Number(b.deviceAt));
}

function readingOf({ trace, zone }: DriverContext, frame: Uint8Array): readonly DeviceReading[] {
  const values = SPOT_CHECK.decode(frame, 0);
  const { spo2Min, spo2Mean, spo2Max, pulseMin, pulseMean, pulseMax } = values;
  const deviceAt = fromLocalClock({ ...values, year: 2000 + values.year }, zone);
  if (deviceAt === undefined) {
    trace.reject(frame, "a measurement without a date: the oximeter's clock was not set");
    return [];
  }
  const inOrder = (min: number, mean: number, max: number): boolean => min <= mean && mean <= max;
  const pulseKnown = values.unknown === 0 && inOrder(pulseMin, pulseMean, pulseMax);
  const spo2 = inOrder(spo2Min, spo2Mean, spo2Max) ? measured("spo2", spo2Mean) : absent("invalid");
  const pulse = pulseKnown ? measured("pulse_rate", pulseMean) : absent("invalid");
  return [{ body: { kind: "samples", samples: { spo2, pulse_rate: pulse } }, deviceAt }];
}

import { Fault } from "../../src/domain/fault.ts";
import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import {
  ALL_RECORDS,
  COUNT,
  DONE,
  FEATURES,
  NO_RECORDS,
  RECORD_ANSWER,
  RECORD_COUNT,
  RECORD_REQUEST,
  REPORT,
  SPOT_CHECK,
  UNKNOWN_OPCODE,
} from "./codec.ts";
import { dateOf, describe, spotCheckSamples } from "./driver.ts";

/** The service gives an answer 30 s; between two records nothing longer is expected either. */
const REPLY_MS = 30_000;

/**
 * The spot checks in the clip's memory, in the order in which it sends them. One without a date, or by a clock that
 * was never set, has no place in time: it is shown to the technician and goes no further. Throws DEVICE_NO_REPLY and
 * DEVICE_REFUSED.
 */
export async function* storedPlx(context: DriverContext<PacketLink>): AsyncGenerator<DeviceReading> {
  const { link, clock, signal, trace, zone } = context;
  const silence = new AbortController();
  let expected: number | undefined;
  let came = 0;
  let cancel = (): void => undefined;
  const waitAgain = (): void => {
    cancel();
    cancel = clock.after(REPLY_MS, () => silence.abort());
  };
  const ask = async (opcode: number, meaning: string): Promise<void> => {
    const bytes = RECORD_REQUEST.encode({ opcode, operator: ALL_RECORDS });
    trace.sent(bytes, () => meaning);
    await link.write({ channel: "2a52", bytes });
  };

  try {
    waitAgain();
    await ask(COUNT, "how many records?");
    for await (const { channel, bytes } of chunksUntil(
      link.chunks,
      AbortSignal.any([signal, silence.signal]),
    )) {
      if (channel === "2a60" && bytes.length >= FEATURES.lengthBytes && !FEATURES.decode(bytes, 0).memory) {
        trace.frame(bytes, () => "features: keeps no spot checks");
        return;
      }
      if (channel === "2a5e") {
        const refusal = SPOT_CHECK.refuse(bytes);
        if (refusal !== undefined) trace.reject(bytes, refusal);
        else {
          came += 1;
          const values = SPOT_CHECK.decode(bytes);
          const deviceAt = dateOf(bytes, values, zone);
          trace.frame(bytes, () => describe(SPOT_CHECK, values));
          // Nobody waits for the device while somebody takes the reading.
          cancel();
          if (deviceAt === undefined) trace.reject(bytes, "a record that does not say when it was");
          else yield { body: { kind: "samples", samples: spotCheckSamples(values) }, deviceAt };
        }
        waitAgain();
      }
      if (channel !== "2a52") continue;
      const answer = answerIn(bytes);
      if (answer === undefined) {
        trace.reject(bytes, "neither a number of records nor an answer");
        continue;
      }
      trace.frame(bytes, () => answer.meaning);
      waitAgain();
      if (answer.kind === "count") {
        if (answer.count === 0) return;
        expected = answer.count;
        await ask(REPORT, "all records");
      } else if (answer.opcode === COUNT && answer.code === UNKNOWN_OPCODE) await ask(REPORT, "all records");
      else if (answer.code === DONE || answer.code === NO_RECORDS) {
        if (expected !== undefined && expected !== came) {
          trace.reject(bytes, `the clip counted ${expected} records and sent ${came}`);
        }
        return;
      } else {
        throw new Fault(
          "DEVICE_REFUSED",
          `The oximeter answered ${answer.code} to the request for its records.`,
        );
      }
    }
    if (silence.signal.aborted) {
      throw new Fault("DEVICE_NO_REPLY", "The oximeter did not answer the request for its records.", {
        fix: "Try again with the oximeter close by and awake; not every model keeps records.",
      });
    }
  } finally {
    cancel();
  }
}

type Answer =
  | { readonly kind: "count"; readonly count: number; readonly meaning: string }
  | { readonly kind: "answer"; readonly opcode: number; readonly code: number; readonly meaning: string };

function answerIn(bytes: Uint8Array): Answer | undefined {
  if (bytes.length !== RECORD_COUNT.lengthBytes) return undefined;
  if (RECORD_COUNT.check(bytes, 0) === 0) {
    const { count } = RECORD_COUNT.decode(bytes, 0);
    return { kind: "count", count, meaning: `${count} records` };
  }
  if (RECORD_ANSWER.check(bytes, 0) !== 0) return undefined;
  const { opcode, code } = RECORD_ANSWER.decode(bytes, 0);
  return { kind: "answer", opcode, code, meaning: `request ${opcode} answered with ${code}` };
}

import { Fault } from "../../src/domain/fault.ts";
import { newestAt } from "../../src/domain/local-clock.ts";
import { absent, measured, type Samples } from "../../src/domain/sample.ts";
import { SECOND_MS, type Wall, wall } from "../../src/domain/time.ts";
import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import { type Exchange, framedExchange } from "../../src/driver/exchange.ts";
import type { ValuesOf } from "../../src/wire/frame.ts";
import { createFramer } from "../../src/wire/framer.ts";
import { BACK_TO_LIVE, HEAD, MEMORY, MEMORY_RULE, SECOND, secondsOf } from "./codec.ts";

const ANSWER_MS = 3_000;
const TRIES = 3;
const LOOK_MS = 500;
/** So many looks without anything new, and the download has stopped. */
const STALLED_LOOKS = 10;

const NO_SPO2: ReadonlySet<number> = new Set([0, 127]);
const NO_PULSE: ReadonlySet<number> = new Set([0, 255]);

type HeadValues = ValuesOf<typeof HEAD>;
type SecondValues = ValuesOf<typeof SECOND>;

/** What came since the memory was last asked for. */
interface Download {
  head: { readonly values: HeadValues; readonly frame: Uint8Array } | undefined;
  seconds: SecondValues[];
  /** Bytes were refused after the first second: nobody knows how many are missing. */
  damaged: boolean;
}

/** Fetches the one record of the memory; it stays on the device, which goes back to live data. */
export async function* storedRecord(context: DriverContext): AsyncGenerator<DeviceReading> {
  const download: Download = { head: undefined, seconds: [], damaged: false };
  const exchange = open(context, download);
  try {
    const whole = await fetchWhole(context, exchange, download);
    const start = whole && download.seconds.length > 0 ? startOf(context, download) : undefined;
    if (start !== undefined) {
      for (const [i, second] of download.seconds.entries()) {
        const deviceAt = wall(start + i * SECOND_MS);
        yield { body: { kind: "samples", samples: samplesOf(second) }, deviceAt };
      }
    }
  } finally {
    await exchange.stop();
  }
}

const samplesOf = ({ spo2, pulse }: SecondValues): Samples => ({
  spo2: NO_SPO2.has(spo2) ? absent("sensor_off") : measured("spo2", spo2),
  pulse_rate: NO_PULSE.has(pulse) ? absent("sensor_off") : measured("pulse_rate", pulse),
});

/** Begins to listen; what comes is kept whether somebody waits for it or not. */
function open({ link, clock, trace, signal }: DriverContext, download: Download): Exchange<"head"> {
  return framedExchange<"head">({ link, clock, trace, signal }, (deliver) =>
    createFramer({
      rule: MEMORY_RULE,
      confirm: 1,
      onFrame(bytes, at, length) {
        const frame = bytes.slice(at, at + length);
        if (length === HEAD.lengthBytes) {
          const values = HEAD.decode(frame, 0);
          trace.frame(frame, () => `memory of ${secondsOf(values)} s`);
          download.head = { values, frame };
          download.seconds = [];
          download.damaged = false;
          return deliver("head");
        }
        const second = SECOND.decode(frame, 0);
        trace.frame(frame, () => `SpO2 ${second.spo2}, pulse ${second.pulse}`);
        // Beyond what was announced it is a stray one, and nothing grows without a bound.
        if (download.head !== undefined && !isWhole(download)) download.seconds.push(second);
      },
      onNoise(bytes, reason) {
        if (download.seconds.length > 0 && !isWhole(download)) download.damaged = true;
        trace.reject(bytes, reason);
      },
    }),
  );
}

const isWhole = ({ head, seconds }: Download): boolean =>
  head !== undefined && seconds.length >= secondsOf(head.values);

/** False when the exchange has ended; DEVICE_NO_REPLY when it did not come whole in three times. */
async function fetchWhole(
  context: DriverContext,
  exchange: Exchange<"head">,
  download: Download,
): Promise<boolean> {
  const { link, trace } = context;
  for (let round = 0; round < TRIES && !exchange.ended; round++) {
    download.head = undefined;
    const head = await exchange.request({
      bytes: MEMORY,
      meaning: "send the memory",
      matches: () => true,
      timeoutMs: ANSWER_MS,
    });
    if (head !== undefined) await arrive(exchange, download);
    if (exchange.ended) return false;
    trace.sent(BACK_TO_LIVE, () => "back to live data");
    await link.write(BACK_TO_LIVE);
    if (isWhole(download) && !download.damaged) return true;
    if (head !== undefined) trace.reject(new Uint8Array(0), "the memory did not come whole");
  }
  if (exchange.ended) return false;
  throw new Fault("DEVICE_NO_REPLY", "The oximeter did not send its memory.", {
    fix: "Switch the oximeter on, stop a recording that runs, and plug its cable in again.",
  });
}

/** Waits until all is there, the download stands still, or the exchange ends. */
async function arrive(exchange: Exchange<"head">, download: Download): Promise<void> {
  let seen = -1;
  for (let still = 0; still < STALLED_LOOKS && !isWhole(download) && !download.damaged; still++) {
    if (download.seconds.length > seen) still = 0;
    seen = download.seconds.length;
    if (!(await exchange.pause(LOOK_MS))) return;
  }
}

/** When the record began; undefined where nobody can say and it is to be skipped. */
function startOf(
  { clock, options, zone, trace }: DriverContext,
  { head, seconds }: Download,
): Wall | undefined {
  const latest = wall(clock.wall() - seconds.length * SECOND_MS);
  if (head === undefined) return undefined;
  const { hour, minute, hourAgain, minuteAgain, hourOnceMore, minuteOnceMore } = head.values;
  const same =
    hour === hourAgain && hour === hourOnceMore && minute === minuteAgain && minute === minuteOnceMore;
  // Midnight sharp cannot be told from no clock.
  const shown = same && hour < 24 && minute < 60 && (hour > 0 || minute > 0);
  if (shown) return newestAt(hour, minute, latest, zone);
  if (options["undated"] === "ended_now") return latest;
  trace.reject(head.frame, "a record without a time: the oximeter has no clock");
  return undefined;
}

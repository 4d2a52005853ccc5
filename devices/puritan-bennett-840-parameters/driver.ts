import type { DeviceReading, DriverContext, OptionSpecs, OptionValues } from "../../src/driver/contract.ts";
import { createExchange, type Exchange } from "../../src/driver/exchange.ts";
import { createLineFramer } from "../../src/wire/line.ts";
import { decodeReply, encodeCommand, LONGEST_REPLY_BYTES, type Refusal, type Reply } from "./codec.ts";
import { identityBody, ownAlarmBody, replyMeaning, samplesBody, settingsBody } from "./readings.ts";
import { REPORTS, type Report } from "./reports.ts";

export const PARAMETER_OPTIONS = {
  report: {
    kind: "choice",
    values: ["SNDF", "SNDA"],
    default: "SNDF",
    help: "Command to poll with: SNDF gives all values; SNDA is for older software that does not know SNDF.",
  },
  rtscts: {
    kind: "flag",
    default: true,
    help: "Hardware flow control; turn it off for a cable with three wires only.",
  },
} as const satisfies OptionSpecs;

/** The report that an option asks for. */
export const reportOf = (options: OptionValues): Report =>
  options["report"] === "SNDA" ? REPORTS.MISCA : REPORTS.MISCF;

/** After RSET the ventilator takes this long to be ready. */
const RESET_MS = 2_000;
/** Without a reply for so long it is reset. */
const NO_REPLY_MS = 10_000;
/** The next question waits for the reply, and for this since the last question. */
const POLL_MS = 1_000;
/** What stays as it is is said again so often, for whoever came later. */
const REPEAT_MS = 60_000;

type Answer = Reply | Refusal;

/** Polls the parameter port; README.md says what each field becomes. */
export async function* observeParameters(context: DriverContext): AsyncGenerator<DeviceReading> {
  const { clock } = context;
  const report = reportOf(context.options);
  const { exchange, unasked } = openExchange(context, report);
  const said = createSaid();
  const ask = (): Promise<Answer | undefined> =>
    exchange.request({
      bytes: encodeCommand(report.command),
      meaning: `${report.command}: send ${report.name}`,
      matches: (reply) => typeof reply === "string" || reply.report === report,
      timeoutMs: NO_REPLY_MS,
    });
  const reset = (): Promise<Answer | undefined> =>
    exchange.request({
      bytes: encodeCommand("RSET"),
      meaning: "RSET: forget what was asked",
      // Nothing answers RSET; what still arrives belongs to a question before it.
      matches: () => false,
      timeoutMs: RESET_MS,
    });
  try {
    await reset();
    while (!exchange.ended) {
      const askedAt = clock.mono();
      const answer = unasked() ?? (await ask());
      if (answer !== undefined) {
        yield* said.readings(answer, clock.mono());
        await exchange.pause(Math.max(0, askedAt + POLL_MS - clock.mono()));
      } else if (!exchange.ended) {
        yield* said.silence();
        await reset();
      }
    }
    const last = unasked();
    if (last !== undefined) yield* said.readings(last, clock.mono());
  } finally {
    await exchange.stop();
  }
}

/**
 * The open exchange, and the newest reply that came when nobody waited: late, or from a recording. It is what the
 * ventilator says now, and counts like any other.
 */
function openExchange(
  { link, clock, trace, signal }: DriverContext,
  report: Report,
): { readonly exchange: Exchange<Answer>; unasked(): Reply | undefined } {
  let deliver: (answer: Answer) => void = () => undefined;
  let newest: Reply | undefined;
  const framer = createLineFramer({
    end: "cr",
    maxBytes: LONGEST_REPLY_BYTES,
    onLine(bytes, whole) {
      const answer = decodeReply(bytes, whole);
      if (typeof answer === "string") trace.reject(bytes, answer);
      else trace.frame(bytes, () => replyMeaning(answer));
      deliver(answer);
    },
    onNoise: (bytes, reason) => trace.reject(bytes, reason),
  });
  const exchange = createExchange<Answer>({
    link,
    clock,
    trace,
    signal,
    read(chunk, reply) {
      deliver = reply;
      framer.push(chunk);
    },
    unasked(answer) {
      if (typeof answer !== "string" && answer.report === report) newest = answer;
    },
  });
  exchange.start();
  const unasked = (): Reply | undefined => {
    const reply = newest;
    newest = undefined;
    return reply;
  };
  return { exchange, unasked };
}

/** Remembers what was said, to say it again only when it changed or after a minute. */
function createSaid() {
  const last = new Map<string, { readonly text: string; readonly atMs: number }>();
  let codes: readonly string[] = [];

  const isNews = (reading: DeviceReading, nowMs: number): boolean => {
    const text = JSON.stringify(reading.body);
    const before = last.get(reading.body.kind);
    if (before?.text === text && nowMs - before.atMs < REPEAT_MS) return false;
    last.set(reading.body.kind, { text, atMs: nowMs });
    return true;
  };

  const status = (...now: string[]): DeviceReading[] => {
    if (codes.join() === now.join()) return [];
    codes = now;
    return [{ body: { kind: "status", codes } }];
  };

  return {
    readings(answer: Answer, nowMs: number): DeviceReading[] {
      if (typeof answer === "string") return status("reply_refused");
      const slow = [ownAlarmBody(answer), settingsBody(answer), identityBody(answer)];
      return [
        { body: samplesBody(answer) },
        ...slow.map((body) => ({ body })).filter((reading) => isNews(reading, nowMs)),
        ...status(),
      ];
    },
    silence: (): DeviceReading[] => status("no_reply"),
  };
}

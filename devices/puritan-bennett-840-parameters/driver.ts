import { createNews } from "../../src/domain/news.ts";
import type { DeviceReading, DriverContext, OptionSpecs, OptionValues } from "../../src/driver/contract.ts";
import { type Exchange, framedExchange, heardWhile } from "../../src/driver/exchange.ts";
import { createInbox, type Inbox } from "../../src/wire/inbox.ts";
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

/** Replies that nobody has read yet; the ventilator sends less than one a second. */
const UNREAD = 64;

const NO_BYTES = new Uint8Array(0);

/**
 * Polls the parameter port; README.md says what each field becomes. Each reply is a reading when it arrives, also one
 * that comes too late for its question: it is what the ventilator says now.
 */
export async function* observeParameters(context: DriverContext): AsyncGenerator<DeviceReading> {
  const inbox = createInbox<Reply>(UNREAD);
  const exchange = openExchange(context, inbox);
  const polling = poll(context, exchange);
  const isNews = createNews();
  for await (const reply of heardWhile(inbox, exchange, polling)) {
    yield { body: samplesBody(reply) };
    const nowMs = context.clock.mono();
    for (const body of [ownAlarmBody(reply), settingsBody(reply), identityBody(reply)]) {
      if (isNews(body, nowMs)) yield { body };
    }
  }
}

function openExchange(
  { link, clock, trace, signal }: DriverContext,
  inbox: Inbox<Reply>,
): Exchange<Reply | Refusal> {
  return framedExchange<Reply | Refusal>({ link, clock, trace, signal }, (deliver) =>
    createLineFramer({
      end: "cr",
      maxBytes: LONGEST_REPLY_BYTES,
      onLine(bytes, whole) {
        const answer = decodeReply(bytes, whole);
        if (typeof answer === "string") trace.reject(bytes, answer);
        else {
          trace.frame(bytes, () => replyMeaning(answer));
          inbox.put(answer);
        }
        deliver(answer);
      },
      onNoise: (bytes, reason) => trace.reject(bytes, reason),
    }),
  );
}

/** RSET, then one question after the other, at most one a second; RSET again when nothing answers. */
async function poll(
  { clock, options, trace }: DriverContext,
  exchange: Exchange<Reply | Refusal>,
): Promise<void> {
  const report = reportOf(options);
  const reset = (): Promise<unknown> =>
    exchange.request({
      bytes: encodeCommand("RSET"),
      meaning: "RSET: forget what was asked",
      // Nothing answers RSET; what still arrives belongs to a question before it.
      matches: () => false,
      timeoutMs: RESET_MS,
    });
  await reset();
  while (!exchange.ended) {
    const askedAt = clock.mono();
    const answer = await exchange.request({
      bytes: encodeCommand(report.command),
      meaning: `${report.command}: send ${report.name}`,
      matches: (reply) => typeof reply === "string" || reply.report === report,
      timeoutMs: NO_REPLY_MS,
    });
    if (answer !== undefined) await exchange.pause(Math.max(0, askedAt + POLL_MS - clock.mono()));
    else if (!exchange.ended) {
      trace.reject(NO_BYTES, "no reply within 10 s");
      await reset();
    }
  }
}

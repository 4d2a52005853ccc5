import { createNews } from "../../src/domain/news.ts";
import type { DeviceReading, DriverContext, OptionSpecs } from "../../src/driver/contract.ts";
import { type Exchange, framedExchange, heardWhile } from "../../src/driver/exchange.ts";
import { createInbox, type Inbox } from "../../src/wire/inbox.ts";
import { createLineFramer } from "../../src/wire/line.ts";
import { type Answer, decodeAnswer, LONGEST_ANSWER_BYTES, QUESTION, type Refusal } from "./codec.ts";
import { bodiesOf, meaningOf } from "./readings.ts";

export const PHILIPS_OPTIONS = {
  baud: {
    kind: "choice",
    values: ["19200", "9600", "38400"],
    default: "19200",
    help: "Line speed: 19200 is the V200's and the Esprit's; the V60's was not published where we looked.",
  },
} as const satisfies OptionSpecs;

const POLL_MS = 1_000;
const NO_REPLY_MS = 5_000;
/** More than a link hands over at once (64 kB) can hold; while it is live hardly anything waits. */
const UNREAD = 4_096;
const NO_BYTES = new Uint8Array(0);

/** Polls the ventilator with SNDA; README.md lists the fields. */
export async function* observePhilips(context: DriverContext): AsyncGenerator<DeviceReading> {
  const inbox = createInbox<Answer>(UNREAD);
  const exchange = listen(context, inbox);
  const polling = poll(context, exchange);
  const isNews = createNews();
  for await (const answer of heardWhile(inbox, exchange, polling)) {
    for (const body of bodiesOf(answer)) {
      if (isNews(body, context.clock.mono())) yield { body };
    }
  }
}

function listen(
  { link, clock, trace, signal }: DriverContext,
  inbox: Inbox<Answer>,
): Exchange<Answer | Refusal> {
  return framedExchange<Answer | Refusal>({ link, clock, trace, signal }, (deliver) =>
    createLineFramer({
      end: "cr",
      maxBytes: LONGEST_ANSWER_BYTES,
      onLine(bytes, whole) {
        const answer = decodeAnswer(bytes, whole);
        if (typeof answer === "string") trace.reject(bytes, answer);
        else {
          trace.frame(bytes, () => meaningOf(answer));
          inbox.put(answer);
        }
        deliver(answer);
      },
      onNoise: (bytes, reason) => trace.reject(bytes, reason),
    }),
  );
}

/** One question after the other, at most one a second; anything that comes back, an error message too, ends the wait. */
async function poll({ clock, trace }: DriverContext, exchange: Exchange<Answer | Refusal>): Promise<void> {
  while (!exchange.ended) {
    const askedMs = clock.mono();
    const answer = await exchange.request({
      bytes: QUESTION,
      meaning: "SNDA: send MISCA",
      matches: () => true,
      timeoutMs: NO_REPLY_MS,
    });
    if (answer === undefined && !exchange.ended) trace.reject(NO_BYTES, "no answer within 5 s");
    const waitMs = askedMs + POLL_MS - clock.mono();
    if (waitMs > 0) await exchange.pause(waitMs);
  }
}

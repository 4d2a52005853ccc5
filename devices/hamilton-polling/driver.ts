import { createNews } from "../../src/domain/news.ts";
import type { ObservationBody } from "../../src/domain/observation.ts";
import type { DeviceReading, DriverContext, OptionSpecs } from "../../src/driver/contract.ts";
import { type Exchange, framedExchange, heardWhile } from "../../src/driver/exchange.ts";
import { createFramer } from "../../src/wire/framer.ts";
import { createInbox, type Inbox } from "../../src/wire/inbox.ts";
import { type Answer, answerIn, encodeQuestion, HAMILTON_RULE } from "./codec.ts";
import { type Collector, createCollector } from "./collect.ts";
import { BY_TURNS, EVERY_ROUND, PARAMETERS, type Parameter } from "./parameters.ts";

export const HAMILTON_OPTIONS = {
  databits: {
    kind: "choice",
    values: ["7", "8"],
    default: "7",
    help: "Data bits of the port; nobody wrote down which the ventilator uses. Try 8 where 7 gives nothing.",
  },
} as const satisfies OptionSpecs;

/** The ventilator wants this from one question to the next. */
const BETWEEN_MS = 36;
const NO_REPLY_MS = 500;
const ROUND_MS = 1_000;
/** How many of those that come by turns are asked for in a round. */
const TURNS_A_ROUND = 3;
/** After so many questions without an answer the round is given up. */
const MOST_UNANSWERED = 3;
/** More than a link hands over at once (64 kB) can hold; while it is live hardly anything waits. */
const UNREAD = 4_096;
const NO_BYTES = new Uint8Array(0);

/** Polls a Hamilton ventilator; README.md lists the ids. */
export async function* observeHamilton(context: DriverContext): AsyncGenerator<DeviceReading> {
  const inbox = createInbox<ObservationBody>(UNREAD);
  const collector = createCollector();
  const exchange = listen(context, collector, inbox);
  const polling = poll(context, exchange, collector);
  const isNews = createNews();
  for await (const body of heardWhile(inbox, exchange, polling)) {
    if (isNews(body, context.clock.mono())) yield { body };
  }
}

function listen(
  { link, clock, trace, signal }: DriverContext,
  collector: Collector,
  inbox: Inbox<ObservationBody>,
): Exchange<Answer> {
  return framedExchange<Answer>({ link, clock, trace, signal }, (deliver) =>
    createFramer({
      rule: HAMILTON_RULE,
      confirm: 1,
      onFrame(bytes, at, length) {
        const answer = answerIn(bytes, at);
        if (answer === undefined) return;
        trace.frame(bytes.subarray(at, at + length), () => meaningOf(answer));
        const parameter = answer.kind === "error" ? undefined : PARAMETERS.get(answer.id);
        if (parameter !== undefined) collector.take(parameter, answer);
        deliver(answer);
        for (const body of collector.drain()) inbox.put(body);
      },
      onNoise: (bytes, reason) => trace.reject(bytes, reason),
    }),
  );
}

/** Round after round, at most one a second. */
async function poll(
  { clock, trace }: DriverContext,
  exchange: Exchange<Answer>,
  collector: Collector,
): Promise<void> {
  let turn = 0;
  while (!exchange.ended) {
    const beganMs = clock.mono();
    let unanswered = 0;
    const turns = Array.from({ length: TURNS_A_ROUND }, () => BY_TURNS[turn++ % BY_TURNS.length]);
    for (const parameter of [...EVERY_ROUND, ...turns]) {
      if (parameter === undefined || exchange.ended) continue;
      if (unanswered >= MOST_UNANSWERED) break;
      const answered = await ask(parameter);
      unanswered = answered ? 0 : unanswered + 1;
    }
    if (unanswered > 0 && !exchange.ended) trace.reject(NO_BYTES, "no answer within half a second");
    await exchange.pause(Math.max(BETWEEN_MS, beganMs + ROUND_MS - clock.mono()));
  }

  async function ask(parameter: Parameter): Promise<boolean> {
    const askedMs = clock.mono();
    const answer = await exchange.request({
      bytes: encodeQuestion(parameter.id),
      meaning: `${parameter.id}: ${parameter.name}?`,
      matches: (reply) => reply.kind === "error" || reply.id === parameter.id,
      timeoutMs: NO_REPLY_MS,
    });
    if (answer?.kind === "error") collector.refuse(parameter);
    const waitMs = askedMs + BETWEEN_MS - clock.mono();
    if (waitMs > 0) await exchange.pause(waitMs);
    return answer !== undefined;
  }
}

function meaningOf(answer: Answer): string {
  if (answer.kind === "error") return "question not understood";
  const name = PARAMETERS.get(answer.id)?.name ?? `id ${answer.id}`;
  return `${name}: ${answer.kind === "version" ? answer.text : (answer.value ?? "none")}`;
}

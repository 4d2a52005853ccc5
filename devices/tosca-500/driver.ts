import { createNews } from "../../src/domain/news.ts";
import type { OwnAlarmBody, SamplesBody, StatusBody } from "../../src/domain/observation.ts";
import { bothAbsent, createOximetry, type Oximetry } from "../../src/domain/oximetry.ts";
import { absent, measured, type Samples } from "../../src/domain/sample.ts";
import type { DeviceReading, DriverContext, OptionSpecs } from "../../src/driver/contract.ts";
import { type Exchange, framedExchange, heardWhile } from "../../src/driver/exchange.ts";
import { createFramer } from "../../src/wire/framer.ts";
import { createInbox, type Inbox } from "../../src/wire/inbox.ts";
import { FLAGS, gateOf, type Part, pieceIn, QUESTION, type Quantity, TOSCA_RULE } from "./codec.ts";

export const TOSCA_OPTIONS = {
  baud: {
    kind: "choice",
    values: ["9600", "19200", "4800", "2400"],
    default: "9600",
    help: "Line speed as set on the monitor; it was not published where we looked.",
  },
  rtscts: {
    kind: "flag",
    default: true,
    help: "The monitor's handshake: it is asked with RTS and lets speak with CTS. Turn it off for three wires.",
  },
} as const satisfies OptionSpecs;

const POLL_MS = 2_000;
const NO_REPLY_MS = 2_000;
/** More than a link hands over at once (64 kB) can hold; while it is live hardly anything waits. */
const UNREAD = 4_096;
const NO_BYTES = new Uint8Array(0);

/** The parts of one answer. */
type Answer = ReadonlyMap<Quantity, Part>;

/** Polls a TOSCA 500; README.md says what each flag does to its number. */
export async function* observeTosca(context: DriverContext): AsyncGenerator<DeviceReading> {
  const inbox = createInbox<Answer>(UNREAD);
  const exchange = listen(context, inbox);
  const polling = poll(context, exchange);
  const oximetry = createOximetry();
  const isNews = createNews();
  for await (const answer of heardWhile(inbox, exchange, polling)) {
    yield { body: samplesBody(answer, oximetry) };
    for (const body of [ownAlarmBody(answer), statusBody(answer)]) {
      if (isNews(body, context.clock.mono())) yield { body };
    }
  }
}

/** An answer is complete with its `$`; one without a part that is read is none. */
function listen({ link, clock, trace, signal }: DriverContext, inbox: Inbox<Answer>): Exchange<Answer> {
  let parts = new Map<Quantity, Part>();
  return framedExchange<Answer>({ link, clock, trace, signal }, (deliver) =>
    createFramer({
      rule: TOSCA_RULE,
      confirm: 1,
      onFrame(bytes, at, length) {
        const piece = pieceIn(bytes, at, length);
        if (piece === undefined || piece.kind === "gap") return;
        if (piece.kind === "part") parts.set(piece.part.quantity, piece.part);
        if (piece.kind === "part") trace.frame(bytes.subarray(at, at + length), () => meaningOf(piece.part));
        if (piece.kind === "other")
          trace.frame(bytes.subarray(at, at + length), () => `${piece.name}: read over`);
        if (piece.kind !== "end" || parts.size === 0) return;
        const answer = parts;
        parts = new Map();
        inbox.put(answer);
        deliver(answer);
      },
      onNoise(bytes, reason) {
        // What was cut or damaged may have been the end of the answer before.
        parts = new Map();
        trace.reject(bytes, reason);
      },
    }),
  );
}

async function poll({ clock, trace }: DriverContext, exchange: Exchange<Answer>): Promise<void> {
  while (!exchange.ended) {
    const askedMs = clock.mono();
    const answer = await exchange.request({
      bytes: QUESTION,
      meaning: "02$: send the values",
      matches: () => true,
      timeoutMs: NO_REPLY_MS,
    });
    if (answer === undefined && !exchange.ended) trace.reject(NO_BYTES, "no answer within 2 s");
    const waitMs = askedMs + POLL_MS - clock.mono();
    if (waitMs > 0) await exchange.pause(waitMs);
  }
}

/** A quantity that is not in the answer is not spoken of. */
function samplesBody(answer: Answer, oximetry: Oximetry): SamplesBody {
  const co2 = answer.get("PCO2");
  const gate = co2 === undefined ? undefined : gateOf(co2);
  return {
    kind: "samples",
    samples: {
      ...(co2 !== undefined && {
        tcco2:
          gate !== undefined
            ? absent(gate)
            : co2.value === undefined
              ? absent("not_measured")
              : measured("tcco2", co2.value),
      }),
      ...oximeterSamples(answer, oximetry),
    },
  };
}

function oximeterSamples(answer: Answer, oximetry: Oximetry): Samples {
  const spo2 = answer.get("SPO2");
  const pulse = answer.get("PR");
  if (spo2 === undefined && pulse === undefined) return {};
  const gate = [spo2, pulse].flatMap((part) => (part === undefined ? [] : (gateOf(part) ?? [])))[0];
  if (gate !== undefined) {
    // A saturation from before does not speak for what comes after a failure.
    oximetry(undefined, undefined, gate);
    return bothAbsent(gate);
  }
  return oximetry(spo2?.value, pulse?.value, "not_measured");
}

const ALARMS = [
  { quantity: "PCO2", code: "tcco2", text: "transcutaneous CO2 beyond a limit", priority: "medium" },
  { quantity: "SPO2", code: "spo2", text: "SpO2 beyond a limit", priority: "high" },
  { quantity: "PR", code: "pulse", text: "pulse beyond a limit", priority: "medium" },
] as const;

/** Which limit is broken the flags do not say. */
const ownAlarmBody = (answer: Answer): OwnAlarmBody => ({
  kind: "ownAlarm",
  alarms: ALARMS.map(({ quantity, code, text, priority }) => {
    const flags = flagsOf(answer, quantity);
    return { code, text, priority, active: flags.includes("A") || flags.includes("S") };
  }),
});

function statusBody(answer: Answer): StatusBody {
  const co2 = flagsOf(answer, "PCO2");
  const codes: string[] = [];
  if (co2.includes("C") || co2.includes("U")) codes.push("not_calibrated");
  if ([...answer.values()].some(({ flags }) => flags.includes("F"))) codes.push("failure");
  if ([...answer.values()].some(({ flags }) => flags.includes("S"))) codes.push("alarm_silenced");
  return { kind: "status", codes };
}

const flagsOf = (answer: Answer, quantity: Quantity): readonly string[] => answer.get(quantity)?.flags ?? [];

const meaningOf = ({ quantity, value, flags }: Part): string =>
  `${quantity} ${value?.toFixed(1) ?? "none"}; ${flags.map((letter) => FLAGS[letter]?.meaning ?? letter).join(", ")}`;

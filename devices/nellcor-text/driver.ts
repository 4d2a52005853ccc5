import { createNews } from "../../src/domain/news.ts";
import type { ObservationBody, OwnAlarmBody } from "../../src/domain/observation.ts";
import { bothAbsent, createOximetry, flagsOf, type Oximetry } from "../../src/domain/oximetry.ts";
import type { Samples } from "../../src/domain/sample.ts";
import type { DeviceReading, DriverContext, OptionSpecs } from "../../src/driver/contract.ts";
import { createExchange, type Exchange } from "../../src/driver/exchange.ts";
import { createInbox, type Inbox } from "../../src/wire/inbox.ts";
import { createLineFramer } from "../../src/wire/line.ts";
import {
  decodeLine,
  gateOf,
  LONGEST_LINE_BYTES,
  type NellcorHeading,
  type NellcorLine,
  START,
  STATUS,
  XON,
} from "./codec.ts";

export const NELLCOR_OPTIONS = {
  start: {
    kind: "flag",
    default: false,
    help: "Send the commands that make some models begin to print; leave it off where lines come by themselves.",
  },
} as const satisfies OptionSpecs;

/** Without a line for so long the monitor is told that it may send. */
const SILENT_MS = 6_000;
/** Between the start commands. */
const START_PAUSE_MS = 500;
/** More than a link hands over at once (64 kB) can hold; while it is live hardly anything waits. */
const UNREAD = 4_096;

/** Reads the printed lines of a Nellcor monitor; README.md says what each status code does to the numbers. */
export async function* observeNellcor(context: DriverContext): AsyncGenerator<DeviceReading> {
  const inbox = createInbox<NellcorLine | NellcorHeading>(UNREAD);
  let heard = 0;
  const exchange = listen(context, inbox, () => {
    heard += 1;
  });
  const asking = encourage(context, exchange, () => heard).then(
    () => inbox.end(),
    (cause: unknown) => inbox.end({ cause }),
  );
  const oximetry = createOximetry();
  const isNews = createNews();
  try {
    for (let line = await inbox.next(); line !== undefined; line = await inbox.next()) {
      const [first, ...slow] = bodiesOf(line, oximetry);
      if (first?.kind === "samples") yield { body: first };
      else if (first !== undefined) slow.unshift(first);
      for (const body of slow) if (isNews(body, context.clock.mono())) yield { body };
    }
  } finally {
    await exchange.stop();
    await asking;
  }
}

/** Nobody waits for a line: whatever is understood goes to the inbox. */
function listen(
  { link, clock, trace, signal }: DriverContext,
  inbox: Inbox<NellcorLine | NellcorHeading>,
  onLine: () => void,
): Exchange<never> {
  const framer = createLineFramer({
    end: "lf",
    maxBytes: LONGEST_LINE_BYTES,
    onLine(bytes, whole) {
      const line = decodeLine(bytes, whole);
      if (line === "heading") return;
      if (typeof line === "string") return trace.reject(bytes, line);
      onLine();
      trace.frame(bytes, () => meaningOf(line));
      inbox.put(line);
    },
    onNoise: (bytes, reason) => trace.reject(bytes, reason),
  });
  const exchange = createExchange<never>({
    link,
    clock,
    trace,
    signal,
    read: (chunk) => framer.push(chunk),
    unasked: () => undefined,
  });
  exchange.start();
  return exchange;
}

/** Starts a monitor that wants it, and says XON into every long silence. */
async function encourage(
  { options }: DriverContext,
  exchange: Exchange<never>,
  heard: () => number,
): Promise<void> {
  const send = (bytes: Uint8Array, meaning: string, timeoutMs: number): Promise<unknown> =>
    exchange.request({ bytes, meaning, timeoutMs, matches: () => false });
  if (options["start"] === true) {
    for (const command of START) if (!exchange.ended) await send(command, "start printing", START_PAUSE_MS);
  }
  for (let before = heard(); await exchange.pause(SILENT_MS); before = heard()) {
    if (heard() === before) await send(XON, "XON: send", 0);
  }
}

function bodiesOf(line: NellcorLine | NellcorHeading, oximetry: Oximetry): ObservationBody[] {
  if ("model" in line) return [{ kind: "identity", ...line, model: `Nellcor ${line.model}` }];
  const codes = line.status.flatMap(({ code, alarm }) => (alarm === undefined ? code : []));
  return [
    { kind: "samples", samples: samplesOf(line, oximetry), ...flagsIn(line) },
    ownAlarmBody(line),
    { kind: "status", codes: line.unknown.length === 0 ? codes : [...codes, "unknown_status"] },
  ];
}

function samplesOf(line: NellcorLine, oximetry: Oximetry): Samples {
  const gate = gateOf(line);
  if (gate === undefined) return oximetry(line.spo2, line.pulse, "not_measured");
  // A saturation from before does not speak for what comes after the sensor was off.
  oximetry(undefined, undefined, gate);
  return bothAbsent(gate);
}

const flagsIn = (line: NellcorLine): ReturnType<typeof flagsOf> =>
  flagsOf({ motion: line.status.some(({ flag }) => flag === "motion") });

function ownAlarmBody(line: NellcorLine): OwnAlarmBody {
  const unworn = line.status.some(({ gates }) => gates === "sensor_off" || gates === "not_connected");
  return {
    kind: "ownAlarm",
    alarms: Object.values(STATUS).flatMap((status) =>
      status.alarm === undefined
        ? []
        : [
            {
              code: status.code,
              text: status.meaning,
              priority: status.alarm,
              active: line.status.includes(status) && (!unworn || status.code === "battery_low"),
            },
          ],
    ),
  };
}

function meaningOf(line: NellcorLine | NellcorHeading): string {
  if ("model" in line) return `heading of ${line.model}`;
  const codes = [...line.status.map(({ meaning }) => meaning), ...line.unknown];
  const numbers = `SpO2 ${line.spo2 ?? "none"}, pulse ${line.pulse ?? "none"}`;
  return codes.length === 0 ? numbers : `${numbers}; ${codes.join(", ")}`;
}

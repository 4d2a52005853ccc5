import { createNews } from "../../src/domain/news.ts";
import type { ObservationBody } from "../../src/domain/observation.ts";
import { createOximetry } from "../../src/domain/oximetry.ts";
import { roundTo, WAVES } from "../../src/domain/signal.ts";
import type { DeviceReading, DriverContext, OptionSpecs } from "../../src/driver/contract.ts";
import { type Exchange, framedExchange, heardWhile } from "../../src/driver/exchange.ts";
import { createFramer } from "../../src/wire/framer.ts";
import { createInbox, type Inbox } from "../../src/wire/inbox.ts";
import {
  COMMAND,
  co2Of,
  DEVICE_RULE,
  decodeMessage,
  encodeMessage,
  identityIn,
  type Message,
  NUMERICS,
  RESPONSE,
  WAVE,
  WAVES_PER_SECOND,
  type Wave,
} from "./codec.ts";
import {
  capnographSamples,
  createShiftFilter,
  gateOf,
  ownAlarmBody,
  oximeterSamples,
  statusBody,
} from "./readings.ts";

export const MICROSTREAM_OPTIONS = {
  model: {
    kind: "choice",
    values: ["capnostream20", "micropod"],
    default: "capnostream20",
    help: "Capnostream 20 monitor (115200 baud, with an oximeter) or MicroPod module (9600 baud, CO2 alone).",
  },
} as const satisfies OptionSpecs;

/** The device ends the connection when it does not hear from the host. */
const LINK_ACTIVE_MS = 5_000;
/** How long an answer to "enable" is waited for before it is asked again. */
const ENABLE_MS = 1_000;
/** Numerics since the newest wave; then nobody vouches for their CO2. */
const WAVELESS_NUMERICS = 3;
/** More than a link hands over at once (64 kB) can hold; while it is live hardly anything waits. */
const UNREAD = 4_096;
const NO_BYTES = new Uint8Array(0);

/** Reads a Capnostream 20 or a MicroPod; README.md says what each status bit does to the numbers. */
export async function* observeMicrostream(context: DriverContext): AsyncGenerator<DeviceReading> {
  const inbox = createInbox<ObservationBody>(UNREAD);
  const { take, heard } = createReader(context, inbox);
  const exchange = listen(context, take);
  const asking = keepAlive(exchange, heard);
  const isNews = createNews();
  for await (const body of heardWhile(inbox, exchange, asking)) {
    if (isNews(body, context.clock.mono())) yield { body };
  }
}

function listen(
  { link, clock, trace, signal }: DriverContext,
  take: (message: Message) => void,
): Exchange<Message> {
  return framedExchange<Message>({ link, clock, trace, signal }, (deliver) =>
    createFramer({
      rule: DEVICE_RULE,
      confirm: 1,
      onFrame(bytes, at, length) {
        const message = decodeMessage(bytes, at, length);
        trace.frame(bytes.subarray(at, at + length), () => meaningOf(message));
        take(message);
        deliver(message);
      },
      onNoise: (bytes, reason) => trace.reject(bytes, reason),
    }),
  );
}

/** Enables until anything answers, starts the wave, then says every 5 s that somebody listens. */
async function keepAlive(exchange: Exchange<Message>, heard: () => number): Promise<void> {
  const say = (command: number, meaning: string, timeoutMs: number): Promise<unknown> =>
    exchange.request({
      bytes: encodeMessage(command),
      meaning,
      matches: () => timeoutMs > 0,
      timeoutMs,
    });
  while (!exchange.ended) {
    const before = heard();
    await say(COMMAND.enable, "enable", ENABLE_MS);
    if (heard() === before) continue;
    await say(COMMAND.linkActive, "somebody listens", 0);
    await say(COMMAND.startRealtime, "start the wave", 0);
    for (let last = -1; heard() !== last; ) {
      last = heard();
      if (!(await exchange.pause(LINK_ACTIVE_MS))) return;
      await say(COMMAND.linkActive, "somebody listens", 0);
    }
  }
}

/** Turns messages into readings: a second of wave, the rest with each numerics message. */
function createReader({ trace, options }: DriverContext, inbox: Inbox<ObservationBody>) {
  const oximetry = createOximetry();
  const isShifted = createShiftFilter();
  const hasOximeter = options["model"] !== "micropod";
  let messages = 0;
  let samples: number[] = [];
  let newest: Wave | undefined;
  let wavelessNumerics = 0;

  const takeWave = (wave: Wave): void => {
    // A wave body has no gap: what was before stands alone.
    const gap = newest !== undefined && wave.number !== ((newest.number + 1) & 0xff);
    if (gap) trace.reject(NO_BYTES, `the message number went from ${newest?.number} to ${wave.number}`);
    newest = wave;
    wavelessNumerics = 0;
    if (gap || gateOf(wave) !== undefined) samples = [];
    if (gateOf(wave) !== undefined) return;
    samples.push(roundTo(co2Of(wave), WAVES.co2.resolution));
    if (samples.length < WAVES_PER_SECOND) return;
    inbox.put({ kind: "wave", rateHz: WAVES_PER_SECOND, channels: { co2: samples } });
    samples = [];
  };

  const takeNumerics = (data: Uint8Array): void => {
    const numerics = NUMERICS.decode(data, 0);
    if (isShifted(numerics)) return trace.reject(data, "numerics shifted by one");
    wavelessNumerics += 1;
    const wave = wavelessNumerics > WAVELESS_NUMERICS ? undefined : newest;
    inbox.put({
      kind: "samples",
      samples: {
        ...capnographSamples(numerics, wave),
        ...(hasOximeter && oximeterSamples(numerics, oximetry)),
      },
    });
    inbox.put(ownAlarmBody(numerics));
    inbox.put(statusBody(numerics, wave));
  };

  return {
    heard: () => messages,
    take({ code, data }: Message): void {
      messages += 1;
      if (code === RESPONSE.wave) takeWave(WAVE.decode(data, 0));
      if (code === RESPONSE.numerics) takeNumerics(data);
      if (code === RESPONSE.identity) inbox.put({ kind: "identity", ...identityIn(data) });
    },
  };
}

function meaningOf({ code, data }: Message): string {
  if (code === RESPONSE.wave) {
    const wave = WAVE.decode(data, 0);
    return `CO2 ${co2Of(wave).toFixed(1)} mmHg${gateOf(wave) === undefined ? "" : ", not valid"}`;
  }
  if (code === RESPONSE.numerics) {
    const { etco2, respRate, spo2, pulse } = NUMERICS.decode(data, 0);
    const [a, b, c, d] = [etco2, respRate, spo2, pulse].map((value) => value ?? "none");
    return `end-tidal CO2 ${a}, rate ${b}, SpO2 ${c}, pulse ${d}`;
  }
  if (code === RESPONSE.identity) return `identity ${identityIn(data).serial ?? "unreadable"}`;
  return `message ${code}`;
}

import { createNews } from "../../src/domain/news.ts";
import type { ObservationBody } from "../../src/domain/observation.ts";
import type { DeviceReading, DriverContext, OptionSpecs } from "../../src/driver/contract.ts";
import { type Exchange, framedExchange, heardWhile } from "../../src/driver/exchange.ts";
import { createFramer } from "../../src/wire/framer.ts";
import { createInbox, type Inbox } from "../../src/wire/inbox.ts";
import { lineText } from "../../src/wire/line.ts";
import { toHex } from "../../src/wire/transcript.ts";
import {
  ASK_REVISION,
  barometricPressure,
  CAPNOSTAT_RULE,
  COMMAND,
  decodeFrame,
  decodeWave,
  type Frame,
  gasCompensation,
  SETTING,
  START_WAVE,
  STATUS,
} from "./codec.ts";
import { type Collector, createCollector } from "./collect.ts";

export const CAPNOSTAT_OPTIONS = {
  barometric: {
    kind: "number",
    min: 400,
    max: 850,
    default: 760,
    unit: "mmHg",
    help: "Air pressure where the bed stands: 760 at sea level, about 9 less for every 100 m of height.",
  },
  oxygen: {
    kind: "number",
    min: 21,
    max: 100,
    default: 21,
    unit: "%",
    help: "Oxygen in the breathing gas, which the module corrects for.",
  },
} as const satisfies OptionSpecs;

/** Two frames in a row, since the checksum has seven bits only. */
const CONFIRM = 2;
const REPLY_MS = 1_000;
/** How often the module is looked after. */
const LOOK_MS = 1_000;
/** The status that asks for settings stays for a while after they were sent. */
const SETTINGS_AGAIN_MS = 5_000;
/** More than a link hands over at once (64 kB) can hold; while it is live hardly anything waits. */
const UNREAD = 4_096;
const NEEDS_SETTINGS = 3;

/** Reads a Capnostat or LoFlo module; README.md says what each status does to the numbers. */
export async function* observeCapnostat(context: DriverContext): AsyncGenerator<DeviceReading> {
  const inbox = createInbox<ObservationBody>(UNREAD);
  const collector = createCollector();
  let waves = 0;
  const exchange = listen(context, collector, inbox, () => {
    waves += 1;
  });
  const asking = lookAfter(context, exchange, collector, () => waves);
  const isNews = createNews();
  for await (const body of heardWhile(inbox, exchange, asking)) {
    if (isNews(body, context.clock.mono())) yield { body };
  }
}

function listen(
  { link, clock, trace, signal }: DriverContext,
  collector: Collector,
  inbox: Inbox<ObservationBody>,
  onWave: () => void,
): Exchange<Frame> {
  return framedExchange<Frame>({ link, clock, trace, signal }, (deliver) =>
    createFramer({
      rule: CAPNOSTAT_RULE,
      confirm: CONFIRM,
      onFrame(bytes, at, length) {
        const frame = decodeFrame(bytes, at, length);
        trace.frame(bytes.subarray(at, at + length), () => meaningOf(frame));
        if (frame.command === COMMAND.wave) {
          const wave = decodeWave(frame);
          if (wave !== undefined) onWave();
          const lost = wave === undefined ? 0 : collector.take(wave);
          if (lost > 0) trace.reject(new Uint8Array(0), `${lost} frames missing by the counter`);
          for (const body of collector.drain()) inbox.put(body);
        }
        if (frame.command === COMMAND.revision) inbox.put({ kind: "identity", ...revisionIn(frame) });
        deliver(frame);
      },
      onNoise: (bytes, reason) => trace.reject(bytes, reason),
    }),
  );
}

/** Asks who it is, starts the wave and starts it again when it stays away, sends settings when they are asked for. */
async function lookAfter(
  { clock, options }: DriverContext,
  exchange: Exchange<Frame>,
  collector: Collector,
  waves: () => number,
): Promise<void> {
  const ask = (bytes: Uint8Array, meaning: string, command: number, setting?: number): Promise<unknown> =>
    exchange.request({
      bytes,
      meaning,
      matches: (frame) => frame.command === command && (setting === undefined || frame.data[0] === setting),
      timeoutMs: REPLY_MS,
    });
  await ask(ASK_REVISION, "which revision?", COMMAND.revision);
  let before = -1;
  let settledMs = Number.NEGATIVE_INFINITY;
  while (!exchange.ended) {
    if (waves() === Math.max(0, before)) await ask(START_WAVE, "start the wave", COMMAND.wave);
    before = waves();
    if (collector.priority === NEEDS_SETTINGS && clock.mono() - settledMs >= SETTINGS_AGAIN_MS) {
      settledMs = clock.mono();
      const mmHg = Number(options["barometric"]);
      const oxygen = Number(options["oxygen"]);
      const { barometricPressure: pressure, gasCompensation: gas } = SETTING;
      await ask(barometricPressure(mmHg), `air pressure ${mmHg} mmHg`, COMMAND.settings, pressure);
      if (!exchange.ended) await ask(gasCompensation(oxygen), `oxygen ${oxygen} %`, COMMAND.settings, gas);
    }
    await exchange.pause(LOOK_MS);
  }
}

/** The text after the format byte; nothing where it cannot be read. */
function revisionIn({ data }: Frame): { readonly firmware?: string } {
  const text = lineText(data.subarray(1)).trim();
  return data[0] === 0 && /^[\x20-\x7e]+$/.test(text) ? { firmware: text } : {};
}

function meaningOf(frame: Frame): string {
  switch (frame.command) {
    case COMMAND.wave: {
      const { co2, told } = decodeWave(frame) ?? {};
      const wave = `CO2 ${co2 === undefined ? "none" : `${co2.toFixed(2)} mmHg`}`;
      if (told === undefined) return wave;
      if (told.kind === "status") return `${wave}; ${STATUS[told.priority]?.meaning ?? "unknown status"}`;
      return `${wave}; ${told.kind === "etco2" ? "end-tidal CO2" : "rate"} ${told.value}`;
    }
    case COMMAND.revision:
      return `revision ${revisionIn(frame).firmware ?? "unreadable"}`;
    case COMMAND.refusal:
      return `a command was refused: ${toHex(frame.data)}`;
    case COMMAND.settings:
      return `setting ${frame.data[0] ?? "?"}`;
    default:
      return `command ${frame.command.toString(16).toUpperCase()}`;
  }
}

import type { DeviceReading, DriverContext, OptionSpecs } from "../../src/driver/contract.ts";
import { createExchange, type Exchange } from "../../src/driver/exchange.ts";
import { createInbox } from "../../src/wire/inbox.ts";
import { createEars } from "./ears.ts";
import { type Arrival, converse, farewell, type Situation } from "./session.ts";

export const MEDIBUS_OPTIONS = {
  baud: {
    kind: "choice",
    values: ["19200", "9600", "38400"],
    default: "19200",
    help: "Speed as set in the ventilator's menu; 38400 for an Evita V500.",
  },
  parity: {
    kind: "choice",
    values: ["even", "none"],
    default: "even",
    help: "Parity as set in the ventilator's menu; none for an Evita XL or V500.",
  },
  codes: {
    kind: "choice",
    values: ["auto", "medibus", "medibus-x"],
    default: "auto",
    help: "Which meaning of the codes holds that changed with MEDIBUS.X; auto goes by the version that the ventilator names.",
  },
  waves: {
    kind: "flag",
    default: true,
    help: "Airway pressure and flow as waveforms, and breaths by them.",
  },
  spo2: { kind: "flag", default: false, help: "The ventilator has an oximeter." },
  co2: { kind: "flag", default: false, help: "The ventilator has a CO2 sensor." },
} as const satisfies OptionSpecs;

/** Readings that nobody has read yet; the ventilator gives less than five a second. */
const UNREAD = 256;
/** Talks with the ventilator and reads its streams; README.md says what each number means. */
export async function* observeMedibus(context: DriverContext): AsyncGenerator<DeviceReading> {
  const inbox = createInbox<DeviceReading>(UNREAD);
  const ears = createEars(context, inbox);
  const exchange = createExchange<Arrival>({
    link: context.link,
    clock: context.clock,
    trace: context.trace,
    signal: context.signal,
    read: ears.read,
    // Every message was heard already.
    unasked: () => undefined,
  });
  exchange.start();
  const talking = talk(context, exchange, ears.situation).then(
    () => inbox.end(),
    (cause: unknown) => inbox.end({ cause }),
  );
  try {
    for (let reading = await inbox.next(); reading !== undefined; reading = await inbox.next()) yield reading;
  } finally {
    await exchange.stop();
    await talking;
    await ears.answered();
  }
}

async function talk(
  context: DriverContext,
  exchange: Exchange<Arrival>,
  situation: Situation,
): Promise<void> {
  await converse(context, exchange, situation);
  if (context.signal.aborted) await farewell(context);
}

import { SECOND_MS } from "../../src/domain/time.ts";
import type { DeviceReading, DriverContext, OptionSpecs } from "../../src/driver/contract.ts";
import type { Clock } from "../../src/port/clock.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { createFramer, fixedLengthRule } from "../../src/wire/framer.ts";
import { INPUTS_CHANNEL, MODEM_INPUTS, MODEM_OUTPUTS, OUTPUTS_CHANNEL } from "../../src/wire/modem-lines.ts";
import { EV_KEY, INPUT_EVENT, PRESSED } from "./codec.ts";

export const WIRE_OPTIONS = {
  line: {
    kind: "choice",
    values: ["cts", "dsr", "dcd", "ri"],
    default: "cts",
    help: "Input line that the switch is on; DTR feeds it.",
  },
  pressed: {
    kind: "choice",
    values: ["closed", "open"],
    default: "closed",
    help: "What the switch does when it is pressed; a switch that opens also notices a broken cable, as a call.",
  },
} as const satisfies OptionSpecs;

export const KEY_OPTIONS = {
  key: {
    kind: "number",
    min: 0,
    max: 767,
    default: 0,
    unit: "code",
    help: "Code of the key that calls, as `evtest` shows it; 0: any key.",
  },
} as const satisfies OptionSpecs;

/** Presses so close together are one call. */
const ONE_CALL_MS = SECOND_MS;

/** So often a switch that rests is told to be there: silence for a minute is an alarm of its own (hazard 41). */
const READY_MS = 20_000;

const CALL: DeviceReading = { body: { kind: "status", codes: ["call"] } };
const READY: DeviceReading = { body: { kind: "status", codes: ["ready"] } };

/** A wired switch: a status `call` for each press, and `ready` while the port tells its lines. */
export async function* observeWire(context: DriverContext<PacketLink>): AsyncGenerator<DeviceReading> {
  const { link, clock, options, trace, signal } = context;
  const isNewPress = createPresses();
  const feed = MODEM_OUTPUTS.encode({ dtr: true, rts: true });
  trace.sent(feed, () => "DTR up: the switch is fed");
  await link.write({ channel: OUTPUTS_CHANNEL, bytes: feed });
  let before = false;
  let saidMs = Number.NEGATIVE_INFINITY;
  for await (const { channel, bytes } of chunksUntil(link.chunks, signal)) {
    if (channel !== INPUTS_CHANNEL || bytes.length !== 1 || MODEM_INPUTS.check(bytes, 0) !== 0) {
      trace.reject(bytes, "not the inputs of a serial port");
      continue;
    }
    const inputs = MODEM_INPUTS.decode(bytes, 0);
    const closed = Object.entries(inputs).some(([line, isClosed]) => line === options["line"] && isClosed);
    const pressed = closed === (options["pressed"] === "closed");
    trace.frame(bytes, () => (pressed ? "pressed" : "not pressed"));
    // Lines are polled, so a bounce is seen at most once; a call too many is better than one too few.
    const isCall = pressed && !before && isNewPress(clock.mono());
    before = pressed;
    if (!isCall && clock.mono() - saidMs < READY_MS) continue;
    saidMs = clock.mono();
    yield isCall ? CALL : READY;
  }
}

/** A key: a status `call` for each press, and `ready` while the kernel has the device. */
export async function* observeKey({
  link,
  clock,
  options,
  trace,
  signal,
}: DriverContext): AsyncGenerator<DeviceReading> {
  const ready: DeviceReading[] = [];
  const isNewPress = createPresses();
  const wanted = Number(options["key"]);
  const framer = createFramer({
    rule: fixedLengthRule(INPUT_EVENT),
    // The kernel closes every press with an event of its own; that one alone is too empty to tell where it begins.
    confirm: 2,
    onFrame(bytes, at, length) {
      const { type, code, value } = INPUT_EVENT.decode(bytes, at);
      trace.frame(bytes.subarray(at, at + length), () => `type ${type}, code ${code}, value ${value}`);
      const isKey = type === EV_KEY && value === PRESSED && (wanted === 0 || code === wanted);
      if (isKey && isNewPress(clock.mono())) ready.push(CALL);
    },
    onNoise: (bytes, reason) => trace.reject(bytes, reason),
  });
  yield READY;
  for await (const chunk of withBeats(chunksUntil(link.chunks, signal), clock)) {
    if (chunk === undefined) {
      yield READY;
      continue;
    }
    framer.push(chunk);
    for (const reading of ready) yield reading;
    ready.length = 0;
  }
}

/** The chunks, and undefined every READY_MS, whether any come or not. */
async function* withBeats(
  chunks: AsyncIterable<Uint8Array>,
  clock: Clock,
): AsyncGenerator<Uint8Array | undefined> {
  const source = chunks[Symbol.asyncIterator]();
  let beats = 0;
  let wake: () => void = () => undefined;
  const stop = clock.every(READY_MS, () => {
    beats = 1;
    wake();
  });
  try {
    let next = source.next();
    for (;;) {
      const beat = new Promise<undefined>((resolve) => {
        wake = () => resolve(undefined);
        if (beats > 0) resolve(undefined);
      });
      const first = await Promise.race([next, beat]);
      if (first === undefined) {
        beats = 0;
        yield undefined;
        continue;
      }
      if (first.done === true) return;
      yield first.value;
      next = source.next();
    }
  } finally {
    stop();
    await source.return?.();
  }
}

/** Tells a press from the echo of the one before. */
function createPresses(): (nowMs: number) => boolean {
  let lastMs = Number.NEGATIVE_INFINITY;
  return (nowMs) => {
    const isNew = nowMs - lastMs >= ONE_CALL_MS;
    if (isNew) lastMs = nowMs;
    return isNew;
  };
}

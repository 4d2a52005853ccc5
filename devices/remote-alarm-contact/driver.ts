import { absent, type Sample } from "../../src/domain/sample.ts";
import { MINUTE_MS, SECOND_MS } from "../../src/domain/time.ts";
import type { DeviceReading, DriverContext, OptionSpecs, OptionValues } from "../../src/driver/contract.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import {
  INPUTS_CHANNEL,
  MODEM_INPUTS,
  MODEM_OUTPUTS,
  type ModemInputs,
  OUTPUTS_CHANNEL,
} from "../../src/wire/modem-lines.ts";
import { anyClosed, type ContactState, contactState, isLine, type Wiring } from "./codec.ts";

export const CONTACT_OPTIONS = {
  wiring: {
    kind: "choice",
    values: ["nc", "no", "both"],
    default: "nc",
    help: "Which pair of the contact is wired: normally closed (best alone), normally open, or both (best).",
  },
  nc_line: {
    kind: "choice",
    values: ["dsr", "cts", "dcd", "ri"],
    default: "dsr",
    help: "Input line of the normally closed pair.",
  },
  no_line: {
    kind: "choice",
    values: ["cts", "dsr", "dcd", "ri"],
    default: "cts",
    help: "Input line of the normally open pair.",
  },
  clear_s: {
    kind: "number",
    min: 2,
    max: 60,
    default: 10,
    unit: "s",
    help: "Quiet time after which the contact counts as released; contacts chatter and pulse with the beeper.",
  },
} as const satisfies OptionSpecs;

/** So much alarm within the window counts: a contact that chatters is believed, a single spike is not. */
const ASSERT_MS = 500;
const WINDOW_MS = 2_000;
/** The adapter and the wire are tried so often, and so soon after the start. */
const SELF_TEST_MS = 10 * MINUTE_MS;
const FIRST_TEST_MS = 2_000;
const RETEST_MS = 30_000;
/** Lines that do not fall by then are stuck; lines are looked at for so long after they were fed again. */
const FALL_MS = 1_500;
const SETTLE_MS = 250;

export function wiringOf(options: OptionValues): Wiring {
  const { wiring, nc_line: closedLine, no_line: openLine } = options;
  return {
    normallyClosed: wiring !== "no" && isLine(closedLine) ? closedLine : undefined,
    normallyOpen: wiring !== "nc" && isLine(openLine) ? openLine : undefined,
  };
}

const FED = MODEM_OUTPUTS.encode({ dtr: true, rts: true });
const UNFED = MODEM_OUTPUTS.encode({ dtr: false, rts: false });

/** Reads the contact: `remote_alarm` once a second, and at once when it begins. */
export async function* observeContact(context: DriverContext<PacketLink>): AsyncGenerator<DeviceReading> {
  const { link, clock, options, trace, signal } = context;
  const wiring = wiringOf(options);
  const alarm = createAlarm(Number(options["clear_s"]) * SECOND_MS);
  const test = createSelfTest(wiring, clock.mono());
  let told: { readonly sample: Sample; readonly atMs: number } | undefined;

  const feed = async (bytes: Uint8Array, meaning: string): Promise<void> => {
    trace.sent(bytes, () => meaning);
    await link.write({ channel: OUTPUTS_CHANNEL, bytes });
  };
  await feed(FED, "DTR and RTS up: the contact is fed");

  for await (const { channel, bytes } of chunksUntil(link.chunks, signal)) {
    if (channel !== INPUTS_CHANNEL || bytes.length !== 1 || MODEM_INPUTS.check(bytes, 0) !== 0) {
      trace.reject(bytes, "not the inputs of a serial port");
      continue;
    }
    const inputs = MODEM_INPUTS.decode(bytes, 0);
    const state = contactState(wiring, inputs);
    trace.frame(bytes, () => `${state}: ${closedLines(inputs)}`);
    const nowMs: number = clock.mono();
    switch (test.step(inputs, nowMs, alarm.sounds)) {
      case "begin":
        await feed(UNFED, "DTR and RTS down: every line must fall");
        continue;
      case "wait":
        continue;
      case "end":
        await feed(FED, test.passed ? "self-test passed" : "self-test failed: a line stays up");
        if (!test.passed) yield { body: { kind: "status", codes: ["self_test_failed"] } };
        continue;
      case "idle":
        break;
    }
    alarm.hear(state === "alarm", nowMs);
    const sample = sampleOf(state, alarm.sounds, test.passed);
    // A line that bounces speaks twenty times a second: it is told once a second, and when it changes.
    if (told !== undefined && told.sample === sample && nowMs - told.atMs < SECOND_MS) continue;
    told = { sample, atMs: nowMs };
    yield { body: { kind: "samples", samples: { remote_alarm: sample } } };
  }
}

function sampleOf(state: ContactState, sounds: boolean, passed: boolean): Sample {
  // Whatever else is wrong with the wire: an alarm that was heard is told.
  if (sounds) return 1;
  if (!passed || state === "miswired") return absent("invalid");
  return state === "broken" ? absent("not_connected") : 0;
}

const closedLines = (inputs: ModemInputs): string => {
  const closed = Object.entries(inputs).flatMap(([line, isClosed]) => (isClosed ? [line.toUpperCase()] : []));
  return closed.length === 0 ? "no line closed" : `${closed.join(", ")} closed`;
};

/** Debounce: on after 0.5 s of alarm within 2 s, off after the quiet time. */
function createAlarm(clearMs: number) {
  let spans: { readonly fromMs: number; readonly toMs: number }[] = [];
  let since: number | undefined;
  let lastMs = Number.NEGATIVE_INFINITY;
  let sounds = false;
  return {
    hear(alarm: boolean, nowMs: number): void {
      if (since !== undefined) spans.push({ fromMs: since, toMs: nowMs });
      since = alarm ? nowMs : undefined;
      if (alarm || spans.some(({ toMs }) => toMs === nowMs)) lastMs = nowMs;
      spans = spans.filter(({ toMs }) => toMs > nowMs - WINDOW_MS);
      const heardMs = spans.reduce(
        (sum, { fromMs, toMs }) => sum + toMs - Math.max(fromMs, nowMs - WINDOW_MS),
        0,
      );
      if (heardMs >= ASSERT_MS) sounds = true;
      else if (!alarm && nowMs - lastMs >= clearMs) sounds = false;
    },
    get sounds() {
      return sounds;
    },
  };
}

/** Takes the feed away for a moment: lines that stay up are stuck, and nothing they say can be trusted. */
function createSelfTest(wiring: Wiring, startMs: number) {
  let dueMs = startMs + FIRST_TEST_MS;
  let testingMs: number | undefined;
  let settledMs = Number.NEGATIVE_INFINITY;
  let passed = true;
  return {
    step(inputs: ModemInputs, nowMs: number, sounds: boolean): "begin" | "wait" | "end" | "idle" {
      if (testingMs !== undefined) {
        const stuck = anyClosed(wiring, inputs);
        if (stuck && nowMs - testingMs < FALL_MS) return "wait";
        passed = !stuck;
        testingMs = undefined;
        settledMs = nowMs + SETTLE_MS;
        dueMs = nowMs + (passed ? SELF_TEST_MS : RETEST_MS);
        return "end";
      }
      if (nowMs < settledMs) return "wait";
      // A line that was seen to fall by itself is not stuck.
      if (!anyClosed(wiring, inputs)) passed = true;
      // Never in the middle of an alarm; and with nothing closed there is nothing to fall.
      if (nowMs < dueMs || sounds || !anyClosed(wiring, inputs)) return "idle";
      testingMs = nowMs;
      return "begin";
    },
    get passed() {
      return passed;
    },
  };
}

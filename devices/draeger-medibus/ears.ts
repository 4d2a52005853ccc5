import type { DeviceReading, DriverContext } from "../../src/driver/contract.ts";
import type { Inbox } from "../../src/wire/inbox.ts";
import { CODE, createMedibusFramer, encodeResponse, type Message, messageMeaning } from "./codec.ts";
import { createReader, UNFIT } from "./reader.ts";
import type { Arrival, Situation } from "./session.ts";
import { createStreamInput } from "./stream-input.ts";

/** The device says that it begins, too, when the host begins: so long after that it is no restart. */
const BEGINNING_MS = 3_000;
/** Answers that wait for the port. */
const MOST_UNSENT = 16;

const NO_BYTES = new Uint8Array(0);

export interface Ears {
  readonly situation: Situation;
  /** Takes a chunk; `arrived` is called for each message in it. */
  read(chunk: Uint8Array, arrived: (arrival: Arrival) => void): void;
  /** Resolves when every answer to the device's own questions is out, or failed. */
  answered(): Promise<void>;
}

/** Hears everything that the ventilator says, whoever waits for it, and answers what it asks. */
export function createEars(context: DriverContext, inbox: Inbox<DeviceReading>): Ears {
  const { clock, trace, options, link, zone } = context;
  const reader = createReader({ options, zone });
  let heardAtMs: number = clock.mono();
  let beganAtMs = Number.NEGATIVE_INFINITY;
  let restarting = false;
  let streamsChanged = false;
  let timeChanged = false;
  let answers: Promise<void> = Promise.resolve();
  let unsent = 0;
  let arrived: (arrival: Arrival) => void = () => undefined;

  const pass = (readings: readonly DeviceReading[]): void => {
    for (const reading of readings) inbox.put(reading);
  };

  const answer = (code: number): void => {
    // A port that takes nothing while commands pour in: the device will ask again.
    if (unsent === MOST_UNSENT) return trace.reject(NO_BYTES, "too many answers wait for the port");
    unsent += 1;
    const bytes = encodeResponse(code);
    trace.sent(bytes, () => messageMeaning({ kind: "response", code, data: "" }));
    answers = answers
      .then(() => link.write(bytes))
      .catch((cause: unknown) => inbox.end({ cause }))
      .then(() => {
        unsent -= 1;
      });
  };

  const obey = ({ code }: Message): void => {
    answer(code);
    switch (code) {
      case CODE.initialise:
        reader.restart();
        streams.forget();
        restarting = clock.mono() - beganAtMs > BEGINNING_MS;
        return;
      case CODE.stop:
        restarting = true;
        return;
      case CODE.realtimeChanged:
        streams.forget();
        streamsChanged = true;
        return;
      case CODE.timeChanged:
        timeChanged = true;
        return;
    }
  };

  const understand = (message: Message): string | undefined => {
    if (message.kind === "command") obey(message);
    else if (message.code === CODE.initialise) beganAtMs = clock.mono();
    else if (message.code === CODE.realtimeConfiguration) {
      return streams.offer(message.data) ? undefined : UNFIT;
    } else return reader.take(message, clock.mono());
    return undefined;
  };

  const framer = createMedibusFramer({
    onMessage(message, bytes) {
      heardAtMs = clock.mono();
      const problem = understand(message);
      pass(reader.drain());
      if (problem === undefined) trace.frame(bytes, () => messageMeaning(message));
      else trace.reject(bytes, problem);
      arrived(message);
    },
    onRefused(kind, bytes, reason) {
      trace.reject(bytes, reason);
      if (kind === "response") arrived({ kind: "damaged" });
      else if (reason === "checksum does not fit") answer(CODE.corrupt);
    },
    onRealtime: (byte) => streams.push(byte),
    onNoise: (bytes) => trace.reject(bytes, "outside every frame"),
  });

  const streams = createStreamInput({
    context,
    isSimulating: () => reader.simulating,
    heard: () => {
      heardAtMs = clock.mono();
    },
    pass,
  });

  const situation: Situation = {
    get heardAtMs() {
      return heardAtMs;
    },
    get restarting() {
      return restarting;
    },
    takeRestart() {
      const was = restarting;
      restarting = false;
      return was;
    },
    takeStreamsChanged() {
      const was = streamsChanged;
      streamsChanged = false;
      return was;
    },
    takeTimeChanged() {
      const was = timeChanged;
      timeChanged = false;
      return was;
    },
    plan: () => streams.plan,
  };

  return {
    situation,
    read(chunk, deliver) {
      arrived = deliver;
      framer.push(chunk);
    },
    answered: () => answers,
  };
}

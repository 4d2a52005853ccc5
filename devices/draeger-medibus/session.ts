import { Fault } from "../../src/domain/fault.ts";
import type { DriverContext } from "../../src/driver/contract.ts";
import type { Exchange } from "../../src/driver/exchange.ts";
import { CODE, codeName, encodeCommand, type Message } from "./codec.ts";
import { enableStreams, encodeWanted } from "./realtime.ts";
import type { StreamPlan } from "./streams.ts";

/** What arrived, for whoever waits: a message, or one that was damaged. */
export type Arrival = Message | { readonly kind: "damaged" };

/** What the conversation must know of what arrived meanwhile. */
export interface Situation {
  /** When the device was last understood, monotonic. */
  readonly heardAtMs: number;
  /** The device began anew or stopped; asking clears it. */
  takeRestart(): boolean;
  readonly restarting: boolean;
  /** The device changed its streams; asking clears it. */
  takeStreamsChanged(): boolean;
  /** The device's clock was set; asking clears it. */
  takeTimeChanged(): boolean;
  /** The streams to ask for, of those that the device last offered. */
  plan(): StreamPlan | undefined;
}

const INITIALISE_MS = 1_000;
const REPLY_MS = 5_000;
/** Nothing sent for so long: a sign of life. */
const LIFE_MS = 1_500;
/** Nothing heard for so long: the connection is lost. */
const SILENCE_MS = 3_000;
const PAUSE_MS = 200;
/** A round of questions takes this long at least: samples come once a second at most. */
const ROUND_MS = 1_000;
/** Damaged answers to a question that is asked once. */
const TRIES = 3;

const NO_BYTES = new Uint8Array(0);

/** Asked in every round: alarms before the values that they speak of, and the second page before the first. */
const EVERY_ROUND = [CODE.alarms1, CODE.alarms2, CODE.measured2, CODE.measured1] as const;
/** One of these a round, in turn: texts every other round, since they say whether there is therapy. */
const IN_TURN = [
  CODE.texts,
  CODE.settings,
  CODE.texts,
  CODE.dateTime,
  CODE.texts,
  CODE.lowLimits1,
  CODE.texts,
  CODE.highLimits1,
  CODE.texts,
  CODE.settings,
  CODE.texts,
  CODE.lowLimits2,
  CODE.texts,
  CODE.highLimits2,
] as const;

/** How a question ended. `over`: nothing will be answered any more; `lost`: begin anew. */
type Outcome = "answered" | "damaged" | "late" | "lost" | "over";

/** Talks with the device until the exchange ends: initialises, asks round after round, begins anew when it must. */
export async function converse(
  { clock, trace, options, link }: DriverContext,
  exchange: Exchange<Arrival>,
  situation: Situation,
): Promise<void> {
  const silent = (): boolean => clock.mono() - situation.heardAtMs >= SILENCE_MS;

  /** One question, with signs of life while it is waited for. */
  const ask = async (code: number, argument = ""): Promise<Outcome> => {
    const askedAt = clock.mono();
    let bytes = encodeCommand(code, argument);
    let meaning = `asks ${codeName(code)}`;
    for (;;) {
      const leftMs = askedAt + REPLY_MS - clock.mono();
      const answer = await exchange.request({
        bytes,
        meaning,
        matches: (arrival) => situation.restarting || isAnswer(arrival, code),
        timeoutMs: Math.min(LIFE_MS, leftMs),
      });
      if (exchange.ended) return "over";
      if (situation.restarting) return "lost";
      if (answer !== undefined) return isGood(answer) ? "answered" : "damaged";
      if (silent()) {
        trace.reject(NO_BYTES, "nothing heard for 3 s");
        return "lost";
      }
      if (clock.mono() - askedAt >= REPLY_MS) {
        trace.reject(NO_BYTES, `no answer to ${codeName(code)} within 5 s`);
        return "late";
      }
      bytes = encodeCommand(CODE.nop);
      meaning = "sign of life";
    }
  };

  const askTillGood = async (code: number, argument = ""): Promise<Outcome> => {
    let outcome: Outcome = "damaged";
    for (let left = TRIES; left > 0 && outcome === "damaged"; left--) outcome = await ask(code, argument);
    return outcome;
  };

  const initialise = async (): Promise<void> => {
    while (!exchange.ended) {
      const answer = await exchange.request({
        bytes: encodeCommand(CODE.initialise),
        meaning: `asks ${codeName(CODE.initialise)}`,
        matches: (arrival) => arrival.kind === "response" && arrival.code === CODE.initialise,
        timeoutMs: INITIALISE_MS,
      });
      if (answer !== undefined) return;
    }
  };

  const send = async (bytes: Uint8Array, meaning: string): Promise<void> => {
    trace.sent(bytes, () => meaning);
    await link.write(bytes);
  };

  /** Asks for the streams that it can use, and switches them on. */
  const startStreams = async (): Promise<Outcome> => {
    if (options["waves"] === false) return "answered";
    const configuration = await askTillGood(CODE.realtimeConfiguration);
    const plan = situation.plan();
    if (configuration !== "answered" || plan === undefined) return configuration;
    const configured = await askTillGood(CODE.configureRealtime, encodeWanted(plan.streams));
    if (configured === "answered") await send(enableStreams(plan.streams.length), "switches streams on");
    return configured;
  };

  const pause = async (ms: number): Promise<Outcome> => {
    await exchange.pause(Math.max(0, ms));
    if (exchange.ended) return "over";
    return situation.restarting ? "lost" : "answered";
  };

  let turn = 0;
  const round = async (): Promise<Outcome> => {
    const beganAt = clock.mono();
    const inTurn = situation.takeTimeChanged()
      ? CODE.dateTime
      : (IN_TURN[turn++ % IN_TURN.length] ?? CODE.texts);
    for (const code of [...EVERY_ROUND, inTurn]) {
      if (situation.takeStreamsChanged()) {
        await send(enableStreams(0), "switches streams off");
        if (isOver(await startStreams())) return "lost";
      }
      const outcome = await ask(code);
      if (isOver(outcome)) return outcome;
      const paused = await pause(PAUSE_MS);
      if (isOver(paused)) return paused;
    }
    return pause(beganAt + ROUND_MS - clock.mono());
  };

  while (!exchange.ended) {
    await initialise();
    situation.takeRestart();
    if (isOver(await askTillGood(CODE.identity))) continue;
    situation.takeStreamsChanged();
    if (isOver(await startStreams())) continue;
    let outcome: Outcome = "answered";
    while (!isOver(outcome)) outcome = await round();
  }
}

/** Tells the device that nobody asks any more; it is on its way out, so that a link that is gone is only noted. */
export async function farewell({ link, trace }: DriverContext): Promise<void> {
  const bytes = encodeCommand(CODE.stop);
  trace.sent(bytes, () => `asks ${codeName(CODE.stop)}`);
  try {
    await link.write(bytes);
  } catch (error) {
    trace.reject(
      NO_BYTES,
      error instanceof Fault ? error.message : "the link was gone before the end was said",
    );
  }
}

const isOver = (outcome: Outcome): boolean => outcome === "lost" || outcome === "over";

/** A damaged answer ends the wait too: the next question comes sooner than any timeout. */
const isAnswer = (arrival: Arrival, code: number): boolean =>
  arrival.kind === "damaged" ||
  (arrival.kind === "response" && (arrival.code === code || arrival.code === CODE.corrupt));

const isGood = (arrival: Arrival): boolean => arrival.kind === "response" && arrival.code !== CODE.corrupt;

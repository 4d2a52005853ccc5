import { SECOND_MS } from "../../domain/time.ts";
import type { Clock } from "../../port/clock.ts";
import { type AtReply, isCallEnd, keyOf } from "./at-reply.ts";
import { type CallState, callOf, endReasonOf } from "./at-values.ts";
import type { Ask } from "./introduce.ts";
import { type Trouble, troubleOf } from "./trouble.ts";

export interface CallOrder {
  /** How long it may ring from now on counted from the beginning; asked again and again. */
  readonly ringMs: () => number;
  /** Hangs up. */
  readonly signal: AbortSignal;
  /** `placed`: the network has taken it. `reached`: somebody, or something, picked up. */
  readonly onState: (state: "placed" | "reached") => void;
}

export type CallEnd =
  /** A key was pressed. */
  | { readonly end: "key" }
  /** Picked up, and no key pressed. */
  | { readonly end: "reached" }
  /** Busy, rejected, not picked up; in the network's words where it had any. */
  | { readonly end: "no answer"; readonly said?: string }
  | { readonly end: "stopped" }
  | { readonly end: "trouble"; readonly trouble: Trouble };

export interface CallDeps {
  readonly ask: Ask;
  readonly clock: Clock;
  /** Who hears the stick's news while this call lasts. */
  readonly onHear: (listener: (line: string) => void) => void;
  /** The call could not be hung up. */
  readonly onStuck: () => void;
}

/** Most sticks answer at once; some only when it rings. */
const DIAL_MS = 20 * SECOND_MS;
const LOOK_EVERY_MS = SECOND_MS;
const LOOK_MS = 3 * SECOND_MS;
/** Nobody who picked up presses a key after this; a mailbox would go on listening. */
const PICKED_UP_MS = 25 * SECOND_MS;
/** Sticks list a call only some time after it was dialled. */
const LISTED_WITHIN_MS = 5 * SECOND_MS;
/** An empty list may be damaged, or the late answer to something else. */
const EMPTY_LISTS = 3;
const HANG_UP_TRIES = 3;
/** Somebody picked up: Quectel and others say nothing, SIMCom and Huawei do. */
const CONNECTED = /^(?:VOICE CALL: ?BEGIN|\^CONN:)/;

/** Places a call, watches it and ends it. */
export async function placeCall(number: string, order: CallOrder, deps: CallDeps): Promise<CallEnd> {
  const { ask, clock, onHear } = deps;
  const { signal } = order;
  const heard = { key: false, end: false, connected: false, other: false };
  let wake: (() => void) | undefined;
  onHear((line) => {
    if (keyOf(line) !== undefined) heard.key = true;
    else if (isCallEnd(line)) heard.end = true;
    else if (CONNECTED.test(line)) heard.connected = true;
    else heard.other = true;
    wake?.();
  });
  const pause = (): Promise<void> =>
    new Promise((resolve) => {
      const cancel = clock.after(LOOK_EVERY_MS, resolve);
      wake = () => {
        cancel();
        resolve();
      };
    });
  const onAbort = (): void => wake?.();
  signal.addEventListener("abort", onAbort);
  try {
    if (signal.aborted) return { end: "stopped" };
    const startedAt = clock.mono();
    const dialled = await ask({ text: `ATD${number};`, dials: true }, DIAL_MS);
    const failed = await dialFailure(dialled, ask);
    if (failed !== undefined) return failed;
    order.onState("placed");
    return await watch(startedAt);
  } finally {
    signal.removeEventListener("abort", onAbort);
    wake = undefined;
  }

  async function watch(startedAt: number): Promise<CallEnd> {
    let pickedUpAt: number | undefined;
    let wasListed = false;
    let empty = 0;
    for (;;) {
      if (signal.aborted) return hangUp(deps, { end: "stopped" });
      const isPressed = heard.key;
      heard.key = false;
      heard.other = false;
      const reply = await ask({ text: "AT+CLCC" }, LOOK_MS);
      if (reply.result === "lost") return { end: "trouble", trouble: { code: "no_stick", said: reply.said } };
      const now = clock.mono();
      const state: CallState | undefined = reply.result === "ok" ? callOf(reply.lines) : undefined;
      if (state !== undefined) wasListed = true;
      const isEmpty = reply.result === "ok" && state === undefined;
      // A line that is no news may be the damaged one about our call.
      if (!isEmpty) empty = 0;
      else if (!heard.other && reply.lines.every((line) => line.startsWith("+CLCC:"))) empty += 1;
      if (pickedUpAt === undefined && (state === "active" || heard.connected)) {
        pickedUpAt = now;
        order.onState("reached");
      }
      if (isPressed && pickedUpAt !== undefined) return hangUp(deps, { end: "key" });
      // While it rings only the network's own tones can have sounded like a key; a damaged list says nothing.
      if (isPressed && state === undefined) heard.key = true;
      const isOver = heard.end
        ? isEmpty
        : empty >= EMPTY_LISTS && (wasListed || now - startedAt > LISTED_WITHIN_MS);
      if (isOver) {
        // Hung up all the same: a call that only seemed to be over must not go on unwatched.
        if (pickedUpAt === undefined) return hangUp(deps, await notAnswered(ask));
        return hangUp(deps, { end: heard.key ? "key" : "reached" });
      }
      if (pickedUpAt !== undefined && now - pickedUpAt >= PICKED_UP_MS)
        return hangUp(deps, { end: "reached" });
      if (pickedUpAt === undefined && now - startedAt >= order.ringMs()) {
        return hangUp(deps, { end: "no answer" });
      }
      if (!heard.key || isPressed) await pause();
    }
  }
}

/** Why dialling led to no call; undefined when it did, or may have. */
async function dialFailure(reply: AtReply, ask: Ask): Promise<CallEnd | undefined> {
  switch (reply.result) {
    case "ok":
    // The list of calls tells whether there is one.
    case "silent":
      return undefined;
    case "lost":
      return { end: "trouble", trouble: { code: "no_stick", said: reply.said } };
    case "error":
      return { end: "trouble", trouble: troubleOf(reply.said) };
    case "no call": {
      if (reply.said === "BUSY" || reply.said === "NO ANSWER") return { end: "no answer", said: reply.said };
      const said = (await reasonOf(ask)) ?? reply.said;
      return { end: "trouble", trouble: { code: "not_taken", said } };
    }
  }
}

async function notAnswered(ask: Ask): Promise<CallEnd> {
  const said = await reasonOf(ask);
  return { end: "no answer", ...(said === undefined ? {} : { said }) };
}

async function reasonOf(ask: Ask): Promise<string | undefined> {
  const reply = await ask({ text: "AT+CEER" });
  return reply.result === "ok" ? endReasonOf(reply.lines) : undefined;
}

/** Ends the call and makes sure of it. */
async function hangUp({ ask, onStuck }: CallDeps, end: CallEnd): Promise<CallEnd> {
  for (let tries = 0; tries < HANG_UP_TRIES; tries++) {
    for (const text of ["AT+CHUP", "ATH"]) {
      const reply = await ask({ text }, LOOK_MS);
      if (reply.result === "ok") break;
    }
    const reply = await ask({ text: "AT+CLCC" }, LOOK_MS);
    if (reply.result === "lost") return end;
    if (reply.result === "ok" && callOf(reply.lines) === undefined) return end;
  }
  onStuck();
  return end;
}

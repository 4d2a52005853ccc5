import { SECOND_MS } from "../../domain/time.ts";
import type { Clock } from "../../port/clock.ts";
import type { Links } from "../../port/link.ts";
import type { Log } from "../../port/log.ts";
import { createAtPort } from "./at-port.ts";
import type { AtCommand, AtReply } from "./at-reply.ts";
import { isRinging } from "./at-reply.ts";
import { operatorOf, type Registration, registrationOf, signalOf } from "./at-values.ts";
import { type CallEnd, type CallOrder, placeCall } from "./call.ts";
import type { Credit } from "./credit.ts";
import { introduce, type StickFacts, simTrouble } from "./introduce.ts";
import { openPort, type StickSettings, type TriedPins } from "./open-port.ts";
import type { SmsPdu } from "./sms-pdu.ts";
import { type Trouble, troubleOf } from "./trouble.ts";
import type { UssdAnswer } from "./ussd.ts";
import { askUssd } from "./ussd-session.ts";

/** How the stick and its SIM are, for the evening check and `breathwatch check`. */
export type ModemHealth =
  | {
      readonly ready: true;
      readonly network: "home" | "roaming" | "texts only";
      readonly operator?: string;
      /** dBm; absent: the stick does not say. Below -105 is weak. */
      readonly signalDbm?: number;
      /** It can call: the stick can, and the network lets it. */
      readonly calls: boolean;
      /** A key pressed during a call is heard, so a call can acknowledge. */
      readonly keys: boolean;
      readonly model: string;
      /** Not a stick but a program. */
      readonly simulated: boolean;
      /** What the SIM's provider last said of its credit; absent: not asked, or not answered yet. */
      readonly credit?: Credit;
    }
  | { readonly ready: false; readonly trouble: Trouble };

/** A stick that was opened and has introduced itself. One thing at a time. */
export interface Stick {
  readonly facts: StickFacts;
  readonly settings: StickSettings;
  health(): Promise<ModemHealth>;
  call(number: string, order: CallOrder): Promise<CallEnd>;
  /** Sends the parts of one text; what went wrong, or undefined. */
  text(parts: readonly SmsPdu[]): Promise<Trouble | undefined>;
  /** Asks the network by a short code (USSD); undefined: stopped before there was an answer. Never rejects. */
  ussd(code: string, stop: AbortSignal): Promise<UssdAnswer | undefined>;
  isGone(): boolean;
  readonly gone: Promise<string>;
  close(): Promise<void>;
}

export interface StickOptions {
  readonly links: Links;
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: StickSettings;
  readonly tried: TriedPins;
  readonly signal: AbortSignal;
}

const QUICK_MS = 5 * SECOND_MS;
/** The network may take long over a text; nothing else can be done meanwhile. */
const TEXT_MS = 30 * SECOND_MS;
/** So many commands without any answer, and the port is opened anew. */
const SILENCES_MAX = 4;
/** The stick has started anew by itself and has forgotten what it was told. */
const RESTARTED = /^(?:RDY|START)$/;

/** Opens the port, wakes the stick, unlocks its SIM. Never rejects. */
export async function openStick(options: StickOptions): Promise<Stick | { readonly trouble: Trouble }> {
  const { clock, log, settings, tried } = options;
  const opened = await openPort(options);
  if ("trouble" in opened) return opened;

  let silences = 0;
  let isGone = false;
  let isCalling = false;
  let hear: ((line: string) => void) | undefined;
  let hearUssd: ((line: string) => void) | undefined;

  const onNews = (line: string): void => {
    hear?.(line);
    hearUssd?.(line);
    if (RESTARTED.test(line)) return close();
    // Whoever calls this SIM would keep the line busy when it is needed.
    if (isRinging(line) && !isCalling && !isGone) reject();
  };
  const port = createAtPort({ link: opened.link, clock, onNews });
  const gone = port.gone.then((why) => {
    isGone = true;
    log.note("modem.gone", { why }, "warn");
    return why;
  });

  const close = (): void => {
    isGone = true;
    port.close().catch(() => log.note("modem.stuck", {}, "warn"));
  };
  const reject = (): void => {
    ask({ text: "AT+CHUP" }).catch(() => log.note("modem.stuck", {}, "warn"));
  };

  const ask = async (command: AtCommand, timeoutMs = QUICK_MS, stop?: AbortSignal): Promise<AtReply> => {
    const reply = await port.ask(command, timeoutMs, stop);
    // Nobody waited for the answer any more: that says nothing about the stick.
    if (stop?.aborted === true) return reply;
    silences = reply.result === "silent" ? silences + 1 : 0;
    if (silences >= SILENCES_MAX) close();
    return reply;
  };

  const registration = async (): Promise<Registration | undefined> => {
    const found: Registration[] = [];
    for (const name of ["CREG", "CEREG"]) {
      const reply = await ask({ text: `AT+${name}?` });
      const value = reply.result === "ok" ? registrationOf(reply.lines) : undefined;
      if (value !== undefined) found.push(value);
    }
    return BEST_FIRST.find((value) => found.includes(value));
  };

  /** What stands in the way of calling (or texting) now. */
  const obstacle = async (): Promise<{ readonly trouble: Trouble } | { readonly network: Network }> => {
    const found = await registration();
    if (found === "home" || found === "roaming" || found === "texts only") return { network: found };
    const sim = isGone ? undefined : await simTrouble(ask);
    if (isGone) return { trouble: { code: "no_stick" } };
    if (sim !== undefined) return { trouble: sim };
    if (found === undefined) return { trouble: { code: "silent" } };
    return { trouble: { code: found === "denied" ? "denied" : "no_network" } };
  };

  const introduced = await introduce(ask, settings, tried, clock);
  if ("trouble" in introduced) {
    await port.close();
    return introduced;
  }
  const facts: StickFacts = { ...introduced, simulated: opened.simulated };
  log.note("modem.opened", { model: facts.model, keys: facts.keys, simulated: facts.simulated });

  return {
    facts,
    settings,
    gone,
    isGone: () => isGone,
    async health() {
      const now = await obstacle();
      if ("trouble" in now) return { ready: false, trouble: now.trouble };
      const signal = await ask({ text: "AT+CSQ" });
      const operator = await ask({ text: "AT+COPS?" });
      if (isGone) return { ready: false, trouble: { code: "no_stick" } };
      const signalDbm = signal.result === "ok" ? signalOf(signal.lines) : undefined;
      const name = operator.result === "ok" ? operatorOf(operator.lines) : undefined;
      return {
        ready: true,
        network: now.network,
        ...(name === undefined ? {} : { operator: name }),
        ...(signalDbm === undefined ? {} : { signalDbm }),
        calls: facts.voice && now.network !== "texts only",
        keys: facts.keys,
        model: facts.model,
        simulated: facts.simulated,
      };
    },
    async call(number, order) {
      if (!facts.voice) return { end: "trouble", trouble: { code: "no_voice" } };
      const now = await obstacle();
      if ("trouble" in now) return { end: "trouble", trouble: now.trouble };
      if (now.network === "texts only") return { end: "trouble", trouble: { code: "texts_only" } };
      isCalling = true;
      const end = await placeCall(number, order, {
        ask,
        clock,
        onHear: (listener) => {
          hear = listener;
        },
        // A line that cannot be hung up must not ring on: opening anew hangs up.
        onStuck: close,
      });
      hear = undefined;
      isCalling = false;
      return end;
    },
    async text(parts) {
      const now = await obstacle();
      if ("trouble" in now) return now.trouble;
      for (const { length, hex } of parts) {
        const reply = await ask({ text: `AT+CMGS=${length}`, payload: hex }, TEXT_MS);
        if (reply.result === "error") return troubleOf(reply.said);
        if (reply.result === "lost") return { code: "no_stick" };
        // An OK alone may be the late answer to something else.
        if (reply.result !== "ok" || !reply.lines.some((line) => line.startsWith("+CMGS:"))) {
          return { code: "silent" };
        }
      }
      return undefined;
    },
    ussd: (code, stop) =>
      askUssd(code, stop, {
        ask,
        clock,
        gone,
        onHear: (listener) => {
          hearUssd = listener;
        },
      }),
    async close() {
      isGone = true;
      await port.close();
    },
  };
}

type Network = "home" | "roaming" | "texts only";

/** Of the registrations for calls and for LTE the better one counts. */
const BEST_FIRST: readonly Registration[] = ["home", "roaming", "texts only", "denied", "searching", "none"];

import type { Actor, AlarmCommand } from "../domain/alarm.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import { base32Id, type HomeId } from "../domain/ids.ts";
import { MINUTE_MS, type Mono, SECOND_MS, type Wall, wall } from "../domain/time.ts";
import type { Bus } from "../port/bus.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";
import { type CheckBody, type CommandAnswer, isFaultCode, type LookBody, toRemote } from "./commands.ts";
import { type CommandMessage, type CommandResultMessage, readCommandResult, write } from "./messages.ts";
import { readSaid } from "./said.ts";
import { signCommand } from "./signing.ts";
import { allHomesFilter, bedTopic, createTopicReader, type Place } from "./topics.ts";

export interface CommanderOptions {
  /** The commander never closes it. */
  readonly bus: Bus;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** What hub and box of a home share since pairing; undefined: not paired. */
  readonly pairingKeyOf: (home: HomeId) => Uint8Array | undefined;
  /** Whether the home's box has signed what it says before; absent: none does. */
  readonly signs?: (home: HomeId) => boolean;
  /** Of the edge run that is online or was last; undefined: never heard. */
  readonly epochOf: (place: Place) => string | undefined;
}

/** Brings what people ask on the hub's pages to the box that owns the bed, and its answer back. */
export interface Commander {
  start(): void;
  /**
   * Rejects with EDGE_SILENT when the box has not answered in 10 s, CONFLICT where none is paired, RATE_LIMITED where
   * too much waits, COMMAND_INVALID. What answers an alarm is brought on for 5 min all the same, with how long ago it was
   * given; anything else is not: what a person was told has failed must not happen later.
   */
  send(place: Place, command: AlarmCommand): Promise<CommandAnswer>;
  /** Asks the box itself, for what it shows or about its evening check; `id`: under which it answers in pieces. Rejects like `send`. */
  look(place: Place, body: LookBody | CheckBody, by: Actor, id?: string): Promise<CommandAnswer>;
  /** A box is there (again), perhaps in another run: what waits for it goes out at once. */
  edgeChanged(place: Place): void;
  /** Commands under way. */
  readonly waiting: number;
  /** What waits is given up. */
  stop(): void;
}

const ANSWER_MS = 10 * SECOND_MS;
const RETRY_MS = 2 * SECOND_MS;
/** So long a box may take to come back for what must reach it; no command is valid for longer (signing.ts). */
const FORWARD_MS = 5 * MINUTE_MS;
/** More than the clocks of hub and box may differ. */
const VALID_MS = 1 * MINUTE_MS;
const WAITING_MAX = 10_000;
const WAITING_OF_HOME_MAX = 100;

/** What stops an alarm from calling people, or calls them: it is brought on until the box has it. */
const FORWARDED: readonly AlarmCommand["kind"][] = ["acknowledge", "with_patient", "seen", "call"];

interface Waiting {
  readonly place: Place;
  readonly id: string;
  readonly person: Actor;
  readonly body: CommandMessage["command"]["body"];
  readonly issuedAt: Wall;
  readonly askedAt: Mono;
  readonly expiresAt: Wall;
  readonly answer: PromiseWithResolvers<CommandAnswer>;
  /** The run that refused it as another's. */
  foreignTo: string | undefined;
  cancel: readonly (() => void)[];
}

/** Idle until `start`. */
export function createCommander(options: CommanderOptions): Commander {
  const { bus, clock, random, log } = options;
  const waiting = new Map<string, Waiting>();
  const readTopic = createTopicReader();
  const stops: (() => void)[] = [];

  const keyOf = ({ home, bed }: Place, id: string): string => `${home} ${bed} ${id}`;

  const drop = (one: Waiting): void => {
    for (const cancel of one.cancel) cancel();
    waiting.delete(keyOf(one.place, one.id));
  };

  const go = (one: Waiting): void => {
    const { place, id, person, issuedAt, expiresAt } = one;
    const body = aged(one.body, clock.mono() - one.askedAt);
    const pairingKey = options.pairingKeyOf(place.home);
    const edgeEpoch = options.epochOf(place);
    if (!bus.connected || pairingKey === undefined || edgeEpoch === undefined || edgeEpoch === one.foreignTo)
      return;
    const message = signCommand(pairingKey, place, { id, person, issuedAt, expiresAt, edgeEpoch, body });
    bus
      .publish(bedTopic(place.home, place.bed, "command"), write(message), { retain: false })
      .catch((error: unknown) => log.note("command.unsent", { detail: messageOf(error) }, "debug"));
  };

  const ask = (
    place: Place,
    id: string,
    { person, body }: Pick<Waiting, "person" | "body">,
    forwarded: boolean,
  ): Promise<CommandAnswer> => {
    const known = waiting.get(keyOf(place, id));
    if (known !== undefined) return known.answer.promise;
    const refused = refusalOf(place);
    if (refused !== undefined) return Promise.reject(refused);
    const issuedAt = clock.wall();
    const one: Waiting = {
      ...{ place, id, person, body, issuedAt, askedAt: clock.mono() },
      expiresAt: wall(issuedAt + (forwarded ? FORWARD_MS : VALID_MS)),
      answer: Promise.withResolvers<CommandAnswer>(),
      foreignTo: undefined,
      cancel: [],
    };
    one.cancel = [
      clock.every(RETRY_MS, () => go(one)),
      clock.after(ANSWER_MS, () => {
        one.answer.reject(silent(forwarded));
        if (!forwarded) drop(one);
      }),
      clock.after(FORWARD_MS, () => {
        log.note("command.given_up", { home: place.home, bed: place.bed, id }, "warn");
        drop(one);
      }),
    ];
    waiting.set(keyOf(place, id), one);
    go(one);
    return one.answer.promise;
  };

  const refusalOf = ({ home }: Place): Fault | undefined => {
    if (options.pairingKeyOf(home) === undefined) return notPaired();
    if (waiting.size >= WAITING_MAX) return tooMany();
    const own = [...waiting.values()].filter(({ place }) => place.home === home).length;
    return own >= WAITING_OF_HOME_MAX ? tooMany() : undefined;
  };

  /** An id is asked for once, and nobody else knows it before: a signature alone makes the answer the box's. */
  const isOfBox = (place: Place, payload: string): boolean => {
    const key = options.pairingKeyOf(place.home);
    const said = key === undefined ? "unsigned" : readSaid(key, place, "command/result", payload);
    return said === "unsigned" ? options.signs?.(place.home) !== true : said !== "forged";
  };

  const onResult = (topic: string, payload: string): void => {
    const place = readTopic(topic);
    const read = readCommandResult(payload);
    if (place === undefined || !read.ok) return;
    const result = read.message;
    const one = waiting.get(keyOf(place, result.id));
    if (one === undefined || !isOfBox(place, payload)) return;
    if (result.refusal === "foreign") {
      // It began anew between its state and the command: its new state says which run to sign for.
      one.foreignTo = options.epochOf(place);
      return;
    }
    drop(one);
    one.answer.resolve(answerOf(result));
  };

  return {
    start() {
      stops.push(
        bus.subscribe(allHomesFilter("command/result"), onResult),
        bus.onConnected((connected) => {
          if (connected) for (const one of waiting.values()) go(one);
        }),
      );
    },
    async send(place, command) {
      const forwarded = FORWARDED.includes(command.kind);
      return ask(place, command.id, toRemote(command), forwarded);
    },
    look(place, body, by, id = `look-${base32Id(random.bytes(10))}`) {
      return ask(place, id, { person: by, body }, false);
    },
    edgeChanged({ home, bed }) {
      for (const one of waiting.values()) {
        if (one.place.home === home && one.place.bed === bed) go(one);
      }
    },
    get waiting() {
      return waiting.size;
    },
    stop() {
      for (const stop of stops.splice(0)) stop();
      for (const one of waiting.values()) {
        drop(one);
        one.answer.reject(silent(false));
      }
    },
  };
}

/** An answer says how long ago it was given: by this clock alone, since that of the box may be another. */
function aged(body: Waiting["body"], ms: number): Waiting["body"] {
  const isAnswer = body.kind === "acknowledge" || body.kind === "with_patient";
  return isAnswer && ms > 0 ? { ...body, agoMs: Math.round((body.agoMs ?? 0) + ms) } : body;
}

function answerOf({ outcome, reason, code, refusal }: CommandResultMessage): CommandAnswer {
  if (outcome === "done") return { accepted: true };
  if (refusal !== undefined) {
    return {
      accepted: false,
      code: "NOT_ALLOWED",
      reason: `The bedside box did not take it (${refusal}).`,
    };
  }
  return {
    accepted: false,
    ...(reason === undefined ? {} : { reason }),
    ...(code !== undefined && isFaultCode(code) ? { code } : {}),
  };
}

const silent = (forwarded: boolean): Fault =>
  new Fault("EDGE_SILENT", "The bedside box has not answered.", {
    fix: forwarded
      ? "It is told as soon as it can be reached, for five minutes. Until then somebody goes to the bed."
      : "Go to the bed, or try again when the box is back.",
  });

const notPaired = (): Fault =>
  new Fault("CONFLICT", "No bedside box is paired with this home.", {
    fix: "Pair the box, then try again.",
    permanent: true,
  });

const tooMany = (): Fault =>
  new Fault("RATE_LIMITED", "Too many commands wait for bedside boxes.", { fix: "Try again in a minute." });

import { Compile } from "typebox/compile";
import type { WebSocket } from "ws";
import { messageOf } from "../domain/fault.ts";
import type { BedId } from "../domain/ids.ts";
import { MINUTE_MS, type Mono, mono, SECOND_MS } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { BedState, LiveMessage } from "./contract.ts";
import { type Cursor, createLiveChanges, type LiveChanges } from "./live-changes.ts";
import type { LiveChange, LiveModel } from "./live-model.ts";
import { LiveAsk } from "./schemas.ts";

/** At most four states a second; alarms do not wait. */
const STATE_EVERY_MS = 250;
const HEARTBEAT_MS = 5 * SECOND_MS;
/** A page that has taken nothing for so long is gone, or as good as gone: it sees that itself after 12 s. */
const SILENT_MS = 30 * SECOND_MS;
const RECHECK_MS = MINUTE_MS;
/** Messages on their way to one page that it has not taken yet; alarms may be two further ones. */
const IN_FLIGHT_MAX = 1;
const IN_FLIGHT_ALARM_MAX = 3;
const ASKS_PER_HEARTBEAT_MAX = 20;
const CLIENTS_MAX = 256;
/** Pages of one sign-in: a browser with many tabs, but not the whole house's share. */
const CLIENTS_PER_SIGN_IN_MAX = 32;
/** A page that says it took what lies here unread is no page; a state is a few kilobytes. */
const UNREAD_BYTES_MAX = 1 << 20;

/** Close codes of our own (RFC 6455 leaves 4000 and up to applications). */
export const CLOSE_SIGNED_OUT = 4401;
export const CLOSE_SLOW = 4408;
/** A page that is shown out answers within this time, or is cut off. */
const CLOSING_MS = 2 * SECOND_MS;

const isAsk = Compile(LiveAsk);

/** Pushes the live model to every connected page. A page that reads slowly gets fewer states, never older ones. */
export interface LiveHub {
  /** Whether no further page of this sign-in may connect. */
  full(tokenHash: string): boolean;
  readonly size: number;
  /**
   * Takes an accepted socket over; `tokenHash` names the sign-in that it lives on, `sight` is what it may see. `after`
   * is what it has seen before: then it gets what changed since, and the whole picture where that is not known.
   */
  add(socket: WebSocket, tokenHash: string, sight: Sight, after?: Cursor): void;
  /** Closes every socket of a sign-in that ended. */
  drop(tokenHash: string): void;
  /** Asks anew what every page may see: roles or consents have changed. */
  recheck(): void;
  start(): void;
  stop(): void;
}

/** Which beds a page may see. */
export type Sight = (bed: BedId) => boolean;

export interface LiveHubDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly model: LiveModel;
  /** Undefined when the sign-in has ended; rejecting means not known now, and the page stays as it is. */
  readonly sightOf: (tokenHash: string) => Promise<Sight | undefined>;
}

/** Idle until start(). */
export function createLiveHub(deps: LiveHubDeps): LiveHub {
  return new Hub(deps);
}

interface Client {
  readonly socket: WebSocket;
  readonly tokenHash: string;
  sight: Sight;
  readonly waves: Set<BedId>;
  /** Bed and device whose last wave was held back: the next one does not go on from what the page has. */
  readonly torn: Set<string>;
  /** Ends the wait for a page that was shown out. */
  leaving: (() => void) | undefined;
  /**
   * Every message is followed by a ping with its number, and the page's answer says that it took it: what lies in
   * buffers between here and there would otherwise look sent, and be old when it arrives.
   */
  sent: number;
  taken: number;
  lastTaken: Mono;
  /** A state was held back: the newest goes out as soon as the page has taken what is on its way. */
  owed: boolean;
  asks: number;
}

class Hub implements LiveHub {
  readonly #deps: LiveHubDeps;
  readonly #clients = new Set<Client>();
  readonly #changes: LiveChanges;
  #stops: (() => void)[] = [];
  #cancelPush: (() => void) | undefined;
  #pushAt: Mono | undefined;
  #urgent = false;
  #lastPush: Mono | undefined;

  constructor(deps: LiveHubDeps) {
    this.#deps = deps;
    const { clock, model } = deps;
    this.#changes = createLiveChanges(clock.wall().toString(36), (bed) => model.bed(bed) !== undefined);
  }

  get size(): number {
    return this.#clients.size;
  }

  full(tokenHash: string): boolean {
    const own = [...this.#clients].filter((client) => client.tokenHash === tokenHash).length;
    return this.#clients.size >= CLIENTS_MAX || own >= CLIENTS_PER_SIGN_IN_MAX;
  }

  start(): void {
    const { clock, model } = this.#deps;
    this.#stops = [
      model.onChange((change, bed) => {
        this.#changes.add(bed);
        this.#schedule(change);
      }),
      model.onWave((bed, device, wave) => {
        if (![...this.#clients].some(({ waves }) => waves.has(bed))) return;
        const { rateHz, channels } = wave;
        const message = { kind: "wave", bed, device, rateHz, channels } as const;
        const [text, torn] = [textOf(message), textOf({ ...message, torn: true })];
        const name = `${bed} ${device}`;
        for (const client of this.#clients) {
          if (!client.waves.has(bed) || !client.sight(bed)) continue;
          const isTorn = client.torn.has(name);
          if (!this.#offer(client, isTorn ? torn : text, IN_FLIGHT_MAX + 1)) client.torn.add(name);
          else client.torn.delete(name);
        }
      }),
      clock.every(HEARTBEAT_MS, () => this.#beat()),
      clock.every(RECHECK_MS, () => this.recheck()),
    ];
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#cancelPush?.();
    this.#cancelPush = undefined;
    for (const client of [...this.#clients]) {
      client.leaving?.();
      client.socket.terminate();
    }
    this.#clients.clear();
  }

  add(socket: WebSocket, tokenHash: string, sight: Sight, after?: Cursor): void {
    const { clock, log } = this.#deps;
    const client: Client = {
      socket,
      tokenHash,
      sight,
      waves: new Set(),
      torn: new Set(),
      leaving: undefined,
      sent: 0,
      taken: 0,
      lastTaken: clock.mono(),
      owed: false,
      asks: 0,
    };
    this.#clients.add(client);
    socket.on("close", () => {
      client.leaving?.();
      this.#clients.delete(client);
    });
    socket.on("error", (error) => log.note("live.socket_failed", { error: error.message }, "debug"));
    socket.on("pong", (data: Buffer) => this.#taken(client, Number(data.toString())));
    socket.on("message", (data: Buffer) => this.#hear(client, data.toString()));
    this.#offer(client, this.#firstFor(client, after), IN_FLIGHT_MAX);
  }

  drop(tokenHash: string): void {
    for (const client of this.#clients) {
      if (client.tokenHash === tokenHash) client.socket.close(CLOSE_SIGNED_OUT, "signed out");
    }
  }

  /** Runs inside the alarm path: sets a timer and returns. */
  #schedule(change: LiveChange): void {
    if (this.#clients.size === 0) return;
    const { clock } = this.#deps;
    const now = clock.mono();
    const urgent = change === "alarms";
    this.#urgent ||= urgent;
    const wait = urgent || this.#lastPush === undefined ? 0 : this.#lastPush + STATE_EVERY_MS - now;
    const at = now + Math.max(0, wait);
    if (this.#pushAt !== undefined && this.#pushAt <= at) return;
    this.#cancelPush?.();
    this.#pushAt = mono(at);
    this.#cancelPush = clock.after(at - now, () => this.#push());
  }

  #push(): void {
    const limit = this.#urgent ? IN_FLIGHT_ALARM_MAX : IN_FLIGHT_MAX;
    this.#cancelPush = undefined;
    this.#pushAt = undefined;
    this.#urgent = false;
    this.#lastPush = this.#deps.clock.mono();
    const { clock, model } = this.#deps;
    const at = clock.wall();
    const states = model.states();
    const texts = new Map<Sight, string>();
    for (const client of this.#clients) {
      const text = texts.get(client.sight) ?? textFor(client.sight, at, states, this.#changes.cursor);
      texts.set(client.sight, text);
      if (!this.#offer(client, text, limit)) client.owed = true;
    }
  }

  /** Sends unless too much is on its way already; says whether it did. */
  #offer(client: Client, text: string, limit: number): boolean {
    const { socket } = client;
    if (socket.readyState !== socket.OPEN || client.sent - client.taken >= limit) return false;
    if (socket.bufferedAmount > UNREAD_BYTES_MAX) {
      this.#showOut(client, "does not read what it says it took");
      return false;
    }
    client.sent += 1;
    client.owed = false;
    // Errors surface on the socket, which then closes.
    // Numbered for this connection, so that the other end can tell that it has everything.
    socket.send(`{"seq":${client.sent},${text.slice(1)}`, noted);
    socket.ping(String(client.sent), false, noted);
    return true;
  }

  /** Closes with a reason, and cuts off who does not answer to that. */
  #showOut(client: Client, reason: string): void {
    const { clock, log } = this.#deps;
    if (client.leaving !== undefined) return;
    log.note("live.dropped", { reason }, "info");
    client.leaving = clock.after(CLOSING_MS, () => client.socket.terminate());
    client.socket.close(CLOSE_SLOW, reason);
  }

  #taken(client: Client, number: number): void {
    if (!(number > client.taken && number <= client.sent)) return;
    client.taken = number;
    client.lastTaken = this.#deps.clock.mono();
    if (client.owed) this.#offer(client, this.#stateFor(client), IN_FLIGHT_MAX);
  }

  #hear(client: Client, text: string): void {
    client.asks += 1;
    const ask = parseAsk(text);
    if (ask === undefined || client.asks > ASKS_PER_HEARTBEAT_MAX) {
      client.socket.close(1008, "not understood");
      return;
    }
    if (this.#deps.model.bed(ask.bed) === undefined || !client.sight(ask.bed)) return;
    if (ask.on) client.waves.add(ask.bed);
    else client.waves.delete(ask.bed);
  }

  #beat(): void {
    const { clock } = this.#deps;
    const text = textOf({ kind: "heartbeat", at: clock.wall() });
    for (const client of this.#clients) {
      client.asks = 0;
      if (clock.mono() - client.lastTaken > SILENT_MS) this.#showOut(client, "took nothing for 30 s");
      else this.#offer(client, text, IN_FLIGHT_MAX);
    }
  }

  recheck(): void {
    for (const tokenHash of new Set([...this.#clients].map((client) => client.tokenHash))) {
      this.#deps.sightOf(tokenHash).then(
        (sight) => {
          if (sight === undefined) this.drop(tokenHash);
          else this.#see(tokenHash, sight);
        },
        (error: unknown) => this.#deps.log.note("session.unchecked", { error: messageOf(error) }, "warn"),
      );
    }
  }

  /** What a page must not see any more leaves it with the next state, which is due at once. */
  #see(tokenHash: string, sight: Sight): void {
    for (const client of this.#clients) {
      if (client.tokenHash !== tokenHash) continue;
      client.sight = sight;
      for (const bed of client.waves) if (!sight(bed)) client.waves.delete(bed);
    }
    this.#schedule("numbers");
  }

  #stateFor({ sight }: Client): string {
    const { clock, model } = this.#deps;
    return textFor(sight, clock.wall(), model.states(), this.#changes.cursor);
  }

  /** What changed since a page was here last, with the names of all beds that it may see; the whole where that is unknown. */
  #firstFor(client: Client, after: Cursor | undefined): string {
    const isNew = after === undefined ? undefined : this.#changes.since(after);
    if (after === undefined || isNew === undefined) return this.#stateFor(client);
    const { clock, model } = this.#deps;
    const seen = model.states(client.sight);
    const [at, cursor] = [clock.wall(), this.#changes.cursor];
    const beds = seen.filter(({ bed }) => isNew(bed));
    return textOf({ kind: "state", at, cursor, since: after, all: seen.map(({ bed }) => bed), beds });
  }
}

const textFor = (sight: Sight, at: number, states: readonly BedState[], cursor: Cursor): string =>
  textOf({ kind: "state", at, cursor, beds: states.filter(({ bed }) => sight(bed)) });

const textOf = (message: LiveMessage): string => JSON.stringify(message);

/** The socket's own error and close events say what became of it. */
const noted = (): void => {};

function parseAsk(text: string): { readonly bed: BedId; readonly on: boolean } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isAsk.Check(value) ? value : undefined;
  } catch {
    // Not JSON is one more way of not being understood.
    return undefined;
  }
}

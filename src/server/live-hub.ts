import { Compile } from "typebox/compile";
import type { WebSocket } from "ws";
import { messageOf } from "../domain/fault.ts";
import type { BedId } from "../domain/ids.ts";
import { MINUTE_MS, type Mono, mono, SECOND_MS } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { LiveMessage } from "./contract.ts";
import { type Cursor, createLiveChanges, type LiveChanges } from "./live-changes.ts";
import { LiveClient } from "./live-client.ts";
import type { LiveChange, LiveModel } from "./live-model.ts";
import { createLiveViews, type LiveViews, type Sight } from "./live-views.ts";
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
/** A close code of our own (RFC 6455 leaves 4000 and up to applications). */
export const CLOSE_SIGNED_OUT = 4401;

const isAsk = Compile(LiveAsk);

/** Pushes the live model to every connected page. A page that reads slowly gets fewer states, never older ones. */
export interface LiveHub {
  /** Whether no further page of this sign-in may connect. */
  full(tokenHash: string): boolean;
  readonly size: number;
  /**
   * Takes an accepted socket over; `tokenHash` names the sign-in that it lives on, `sight` is what it may see. `after`
   * is what it has seen before: then it gets what changed since, and the whole picture where that is not known.
   * `changes`: later states too bring only what changed since the one before.
   */
  add(socket: WebSocket, tokenHash: string, sight: Sight, after?: Cursor, changes?: boolean): void;
  /** Closes every socket of a sign-in that ended. */
  drop(tokenHash: string): void;
  /** Asks anew what every page may see: roles or consents have changed. */
  recheck(): void;
  start(): void;
  stop(): void;
}

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

class Hub implements LiveHub {
  readonly #deps: LiveHubDeps;
  readonly #clients = new Set<LiveClient>();
  readonly #changes: LiveChanges;
  readonly #views: LiveViews;
  #stops: (() => void)[] = [];
  #cancelPush: (() => void) | undefined;
  #pushAt: Mono | undefined;
  #urgent = false;
  #lastPush: Mono | undefined;

  constructor(deps: LiveHubDeps) {
    this.#deps = deps;
    const { clock, model } = deps;
    this.#changes = createLiveChanges(clock.wall().toString(36), (bed) => model.bed(bed) !== undefined);
    this.#views = createLiveViews({ clock, model, changes: this.#changes });
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
        this.#views.changed(bed);
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
          if (!client.offer(isTorn ? torn : text, IN_FLIGHT_MAX + 1)) client.torn.add(name);
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
      client.stop();
      client.socket.terminate();
    }
    this.#clients.clear();
  }

  add(socket: WebSocket, tokenHash: string, sight: Sight, after?: Cursor, changes = false): void {
    const { clock, log } = this.#deps;
    const client = new LiveClient({ socket, tokenHash, sight, changes, clock, log });
    this.#clients.add(client);
    socket.on("close", () => {
      client.stop();
      this.#clients.delete(client);
    });
    socket.on("error", (error) => log.note("live.socket_failed", { error: error.message }, "debug"));
    socket.on("pong", (data: Buffer) => this.#taken(client, Number(data.toString())));
    socket.on("message", (data: Buffer) => this.#hear(client, data.toString()));
    this.#beginTurn();
    this.#tell(client, this.#firstFor(client, after), IN_FLIGHT_MAX);
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
    this.#beginTurn();
    for (const client of this.#clients) {
      if (!this.#hasNews(client)) continue;
      if (!this.#tell(client, this.#newsFor(client), limit)) client.owed = true;
    }
  }

  #taken(client: LiveClient, number: number): void {
    if (!client.took(number) || !client.owed) return;
    this.#beginTurn();
    this.#tell(client, this.#newsFor(client), IN_FLIGHT_MAX);
  }

  #hear(client: LiveClient, text: string): void {
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
      if (clock.mono() - client.lastTaken > SILENT_MS) client.showOut("took nothing for 30 s");
      else client.offer(text, IN_FLIGHT_MAX);
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
      if (sight.key === undefined || sight.key !== client.sight.key) client.told = undefined;
      client.sight = sight;
      for (const bed of client.waves) if (!sight(bed)) client.waves.delete(bed);
    }
    this.#schedule("numbers");
  }

  #beginTurn(): void {
    this.#views.turn([...this.#clients].map(({ sight }) => sight));
  }

  #hasNews({ sight, told }: LiveClient): boolean {
    return told === undefined || this.#views.isNew(sight, told);
  }

  #newsFor({ sight, told, changes }: LiveClient): string {
    return changes && told !== undefined ? this.#views.difference(sight, told) : this.#views.whole(sight);
  }

  /** Sends a state, and keeps up to where the page knows. */
  #tell(client: LiveClient, text: string, limit: number): boolean {
    const { owed, told } = client;
    client.owed = false;
    client.told = { cursor: this.#changes.cursor, view: this.#views.view(client.sight) };
    if (client.offer(text, limit)) return true;
    Object.assign(client, { owed, told });
    return false;
  }

  /** What changed since a page was here last, with the names of all beds that it may see; the whole where that is unknown. */
  #firstFor(client: LiveClient, after: Cursor | undefined): string {
    const isNew = after === undefined ? undefined : this.#changes.since(after);
    if (after === undefined || isNew === undefined) return this.#views.whole(client.sight);
    const { clock, model } = this.#deps;
    const all = this.#views.view(client.sight);
    const beds = all
      .filter(isNew)
      .map((bed) => model.state(bed))
      .filter((state) => state !== undefined);
    return textOf({ kind: "state", at: clock.wall(), cursor: this.#changes.cursor, since: after, all, beds });
  }
}

const textOf = (message: LiveMessage): string => JSON.stringify(message);

function parseAsk(text: string): { readonly bed: BedId; readonly on: boolean } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isAsk.Check(value) ? value : undefined;
  } catch {
    // Not JSON is one more way of not being understood.
    return undefined;
  }
}

import { SECOND_MS } from "../../src/domain/time.ts";
import type { Clock } from "../../src/port/clock.ts";
import type { Random } from "../../src/port/random.ts";
import type { LiveMessage, LiveRequest } from "../../src/server/contract.ts";
import { elapsedMs, type Moment, momentOf } from "./clock.ts";

/** Silence of the server that the page treats as an alarm; its heartbeat comes every 5 s. */
export const SILENCE_MS = 12 * SECOND_MS;
/** A connection that has not brought its first message by then is given up. */
const FIRST_MESSAGE_MS = 8 * SECOND_MS;
const RETRY_MIN_MS = 500;
const RETRY_MAX_MS = 8 * SECOND_MS;

/** `waiting`: not heard yet since the page opened, and no attempt has failed. */
export type LinkPhase = "waiting" | "live" | "lost";

/** The part of a browser's WebSocket that is needed. */
export interface Socket {
  send(text: string): void;
  close(): void;
}

export interface SocketEvents {
  opened(): void;
  message(text: string): void;
  /** At most once; also when the socket could not be opened. */
  closed(): void;
}

export interface LiveConnectionOptions {
  readonly open: (events: SocketEvents) => Socket;
  readonly clock: Clock;
  readonly random: Random;
  readonly onMessage: (message: LiveMessage) => void;
  readonly onPhase: (phase: LinkPhase) => void;
}

/**
 * Keeps one socket to the server: opens it again with growing, jittered pauses, and calls silence what it is. A half
 * open connection (a router that died) brings no close event; only the missing heartbeat shows it.
 */
export class LiveConnection {
  readonly #options: LiveConnectionOptions;
  #socket: Socket | undefined;
  #generation = 0;
  #failures = 0;
  #attempted: Moment | undefined;
  #heard: Moment | undefined;
  #opened = false;
  #phase: LinkPhase = "waiting";
  #cancelRetry: (() => void) | undefined;
  #cancelWatch: (() => void) | undefined;
  #wanted: LiveRequest[] = [];

  constructor(options: LiveConnectionOptions) {
    this.#options = options;
  }

  /** When the last message came; undefined before the first. */
  get heard(): Moment | undefined {
    return this.#heard;
  }

  start(): void {
    if (this.#cancelWatch !== undefined) return;
    this.#cancelWatch = this.#options.clock.every(SECOND_MS, () => this.#watch());
    this.#connect();
  }

  stop(): void {
    this.#cancelWatch?.();
    this.#cancelWatch = undefined;
    this.#drop();
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
  }

  /** Kept and sent again after every reconnection; a newer request for the same bed replaces the older. */
  request(request: LiveRequest): void {
    this.#wanted = [...this.#wanted.filter((other) => other.bed !== request.bed), request];
    if (this.#opened) this.#socket?.send(JSON.stringify(request));
  }

  /** Tries at once, as when the phone has a network again. */
  retryNow(): void {
    if (this.#cancelWatch === undefined || this.#phase === "live") return;
    this.#drop();
    this.#connect();
  }

  /** Begins again at once: what came does not go on from what is known. */
  anew(): void {
    if (this.#cancelWatch === undefined) return;
    this.#drop();
    this.#connect();
  }

  #connect(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    const generation = ++this.#generation;
    const current = () => generation === this.#generation;
    this.#attempted = momentOf(this.#options.clock);
    this.#opened = false;
    this.#socket = this.#options.open({
      opened: () => {
        if (!current()) return;
        this.#opened = true;
        for (const request of this.#wanted) this.#socket?.send(JSON.stringify(request));
      },
      message: (text) => {
        if (current()) this.#receive(text);
      },
      closed: () => {
        if (current()) this.#fail();
      },
    });
  }

  #receive(text: string): void {
    const message = parseMessage(text);
    if (message === undefined) return;
    this.#heard = momentOf(this.#options.clock);
    this.#failures = 0;
    this.#options.onMessage(message);
    this.#setPhase("live");
  }

  /** Once a second: silence on an open socket, and attempts that hang. */
  #watch(): void {
    const { clock } = this.#options;
    const reference = this.#phase === "live" ? this.#heard : this.#attempted;
    const limit = this.#phase === "live" ? SILENCE_MS : FIRST_MESSAGE_MS;
    if (this.#cancelRetry === undefined && reference !== undefined && elapsedMs(clock, reference) >= limit) {
      this.#fail();
    }
  }

  #fail(): void {
    this.#drop();
    this.#setPhase("lost");
    const { clock, random } = this.#options;
    const pause = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    this.#cancelRetry = clock.after(pause * (0.5 + random.uniform()), () => this.#connect());
  }

  /** Forgets the present socket: whatever it still says is not heard. */
  #drop(): void {
    this.#generation += 1;
    this.#opened = false;
    this.#socket?.close();
    this.#socket = undefined;
  }

  #setPhase(phase: LinkPhase): void {
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#options.onPhase(phase);
  }
}

/** Undefined for anything that is not a message of the contract; newer kinds of message are passed over. */
function parseMessage(text: string): LiveMessage | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isLiveMessage(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isLiveMessage(value: unknown): value is LiveMessage {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  if (value.kind === "heartbeat") return true;
  if (value.kind === "state") return "beds" in value && Array.isArray(value.beds);
  return value.kind === "wave" && "channels" in value && "rateHz" in value;
}

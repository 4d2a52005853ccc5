import type { WebSocket } from "ws";
import type { BedId } from "../domain/ids.ts";
import { type Mono, SECOND_MS } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Sight, Told } from "./live-views.ts";

/** A page that says it took what lies here unread is no page; a state is a few kilobytes. */
const UNREAD_BYTES_MAX = 1 << 20;
/** A close code of our own (RFC 6455 leaves 4000 and up to applications). */
const CLOSE_SLOW = 4408;
/** A page that is shown out answers within this time, or is cut off. */
const CLOSING_MS = 2 * SECOND_MS;

/** One connected page: what it may see, what it was told, and what it has taken of that. */
export class LiveClient {
  readonly socket: WebSocket;
  readonly tokenHash: string;
  sight: Sight;
  /** Takes states that hold only what changed. */
  readonly changes: boolean;
  /** With the newest state that was sent; undefined: none, or the sight is another one since. */
  told: Told | undefined;
  readonly waves = new Set<BedId>();
  /** Bed and device whose last wave was held back: the next one does not go on from what the page has. */
  readonly torn = new Set<string>();
  /** A state was held back: the newest goes out as soon as the page has taken what is on its way. */
  owed = false;
  asks = 0;
  lastTaken: Mono;
  readonly #clock: Clock;
  readonly #log: Log;
  /**
   * Every message is followed by a ping with its number, and the page's answer says that it took it: what lies in
   * buffers between here and there would otherwise look sent, and be old when it arrives.
   */
  #sent = 0;
  #taken = 0;
  /** Ends the wait for a page that was shown out. */
  #leaving: (() => void) | undefined;

  constructor(given: {
    readonly socket: WebSocket;
    readonly tokenHash: string;
    readonly sight: Sight;
    readonly changes: boolean;
    readonly clock: Clock;
    readonly log: Log;
  }) {
    this.socket = given.socket;
    this.tokenHash = given.tokenHash;
    this.sight = given.sight;
    this.changes = given.changes;
    this.#clock = given.clock;
    this.#log = given.log;
    this.lastTaken = given.clock.mono();
  }

  /** Sends unless too much is on its way already; says whether it did. */
  offer(text: string, limit: number): boolean {
    const { socket } = this;
    if (socket.readyState !== socket.OPEN || this.#sent - this.#taken >= limit) return false;
    if (socket.bufferedAmount > UNREAD_BYTES_MAX) {
      this.showOut("does not read what it says it took");
      return false;
    }
    this.#sent += 1;
    // Errors surface on the socket, which then closes.
    // Numbered for this connection, so that the other end can tell that it has everything.
    socket.send(`{"seq":${this.#sent},${text.slice(1)}`, noted);
    socket.ping(String(this.#sent), false, noted);
    return true;
  }

  /** The page's answer to a ping; false where it says nothing new, or nothing that can be. */
  took(number: number): boolean {
    if (!(number > this.#taken && number <= this.#sent)) return false;
    this.#taken = number;
    this.lastTaken = this.#clock.mono();
    return true;
  }

  /** Closes with a reason, and cuts off who does not answer to that. */
  showOut(reason: string): void {
    if (this.#leaving !== undefined) return;
    this.#log.note("live.dropped", { reason }, "info");
    this.#leaving = this.#clock.after(CLOSING_MS, () => this.socket.terminate());
    this.socket.close(CLOSE_SLOW, reason);
  }

  /** The connection has ended: nothing is waited for any more. */
  stop(): void {
    this.#leaving?.();
  }
}

/** The socket's own error and close events say what became of it. */
const noted = (): void => {};

import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Language } from "../../src/domain/person.ts";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { Clock } from "../../src/port/clock.ts";
import type { Random } from "../../src/port/random.ts";
import type { BedState, LiveMessage, Me } from "../../src/server/contract.ts";
import { wordsIn } from "../../src/words/index.ts";
import { Api, hasKeys, type Trouble } from "./api.ts";
import { browserVoices } from "./browser-voices.ts";
import { elapsedMs, type Moment, momentOf } from "./clock.ts";
import { Format } from "./format.ts";
import { bedsAfter } from "./live-beds.ts";
import { type LinkPhase, LiveConnection, type Socket, type SocketEvents } from "./live-connection.ts";
import { PageAlarm } from "./page-alarm.ts";
import { PAGE_RATE_HZ, PageSound } from "./page-sound.ts";
import { PageSpeech } from "./page-speech.ts";
import { Preferences } from "./preferences.ts";

export type WaveMessage = Extract<LiveMessage, { kind: "wave" }>;

/** The beds as last told, and when. */
export interface Heard {
  readonly beds: readonly BedState[];
  /** Up to where; what comes next goes on from it. */
  readonly cursor?: string | undefined;
  /** The server's wall clock when it spoke. */
  readonly serverAt: number;
  readonly at: Moment;
}

/** Who is here: asked at the start and after every refusal. */
export type Who =
  | { readonly kind: "asking" }
  | { readonly kind: "known"; readonly me: Me }
  | { readonly kind: "unreachable"; readonly trouble: Trouble };

/** What every part of a page works with. Made once by `startPage`, handed down as a context. */
export class Page {
  readonly clock: Clock;
  readonly random: Random;
  readonly preferences = new Preferences();
  readonly language: Signal<Language>;
  readonly format: ReadonlySignal<Format>;
  readonly who = signal<Who>({ kind: "asking" });
  readonly phase = signal<LinkPhase>("waiting");
  readonly heard = signal<Heard | undefined>(undefined);
  readonly #seconds = signal(0);
  /** Set when something in the page itself failed. */
  readonly broken = signal<unknown>(undefined);
  readonly speech: PageSpeech;
  readonly sound: PageSound;
  readonly alarm: PageAlarm;
  readonly api: Api;
  readonly live: LiveConnection;
  readonly #waveListeners = new Set<(message: WaveMessage) => void>();
  #stops: (() => void)[] = [];
  #shared = false;

  constructor(clock: Clock, random: Random) {
    this.clock = clock;
    this.random = random;
    this.language = signal(this.preferences.language());
    this.format = computed(() => new Format(this.language.value, wordsIn(this.language.value)));
    this.speech = new PageSpeech({
      clock,
      language: () => this.language.value,
      fetchBytes: async (path) => {
        const answer = await this.api.download(path);
        return answer.ok ? new Uint8Array(await answer.value.content.arrayBuffer()) : undefined;
      },
      handOver: (work) => this.handOver(work),
      voices: browserVoices,
      sampleRateHz: PAGE_RATE_HZ,
    });
    this.sound = new PageSound(clock, this.speech);
    this.alarm = new PageAlarm(clock, this.sound);
    this.api = new Api(() => {
      if (this.who.value.kind === "known" && this.who.value.me.person !== undefined) this.askWho();
    });
    this.live = new LiveConnection({
      open: openSocket,
      clock,
      random,
      onMessage: (message) => this.#receive(message),
      onPhase: (phase) => {
        this.phase.value = phase;
        // A refused socket looks like a broken one: ask whether somebody is still signed in.
        if (phase === "lost") this.askWho();
      },
    });
  }

  start(): void {
    this.#stops = [
      this.clock.every(SECOND_MS, () => {
        this.#seconds.value += 1;
        if (this.who.value.kind === "unreachable" && this.#seconds.value % 5 === 0) this.askWho();
      }),
      listen(window, "error", (event) => {
        this.broken.value = event;
      }),
      listen(window, "online", () => this.live.retryNow()),
      listen(document, "visibilitychange", () => {
        if (document.visibilityState === "visible") this.live.retryNow();
      }),
      () => this.live.stop(),
    ];
    this.askWho();
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
  }

  /** Asks who is signed in, without waiting; the live connection follows the answer. */
  askWho(): void {
    this.handOver(
      this.api.get("/api/me", isMe).then((answer) => {
        if (answer.ok) this.know(answer.value);
        else if (this.who.value.kind !== "known")
          this.who.value = { kind: "unreachable", trouble: answer.problem };
      }),
    );
  }

  /** Takes over a promise that nobody waits for: if it fails, the page says that it is broken. */
  handOver(work: Promise<unknown>): void {
    work.catch((error: unknown) => {
      this.broken.value = error ?? "unknown";
    });
  }

  /** Through a shared link there is something to hear without a sign-in; off: nothing any more. */
  hearShared(on: boolean): void {
    this.#shared = on;
    if (on) this.live.start();
    else if (this.who.value.kind !== "known" || this.who.value.me.person === undefined) this.#unhear();
  }

  know(me: Me): void {
    this.who.value = { kind: "known", me };
    if (me.person === undefined && !this.#shared) this.#unhear();
    else this.live.start();
  }

  #unhear(): void {
    this.live.stop();
    this.heard.value = undefined;
    this.phase.value = "waiting";
  }

  chooseLanguage(language: Language): void {
    this.language.value = language;
    this.preferences.set("language", language);
    this.preferences.tellWorker(language);
    const who = this.who.value;
    if (who.kind !== "known" || who.me.person === undefined) return;
    // Messages to this person's phones follow. If it does not get through, the page keeps the language all the same.
    this.handOver(this.api.tell("/api/me/language", { language }));
  }

  /** Called while drawing, or in an effect: does it again every second, as ages need. */
  everySecond(): number {
    return this.#seconds.value;
  }

  /** Hears waveforms until the returned function is called. */
  onWave(listener: (message: WaveMessage) => void): () => void {
    this.#waveListeners.add(listener);
    return () => this.#waveListeners.delete(listener);
  }

  /** How old the beds' message is; undefined when the connection is lost: then no number may stand. */
  sinceHeardMs(): number | undefined {
    const heard = this.heard.value;
    if (heard === undefined || this.phase.value === "lost") return undefined;
    return elapsedMs(this.clock, heard.at);
  }

  /** How long the page has heard nothing at all. */
  silentMs(): number {
    return this.live.heard === undefined ? 0 : elapsedMs(this.clock, this.live.heard);
  }

  #receive(message: LiveMessage): void {
    switch (message.kind) {
      case "state": {
        const { value: known } = this.heard;
        const beds = bedsAfter(known, message, known === undefined ? 0 : elapsedMs(this.clock, known.at));
        if (beds === undefined) this.live.anew();
        else {
          const { at: serverAt, cursor } = message;
          this.heard.value = { beds, cursor, serverAt, at: momentOf(this.clock) };
        }
        return;
      }
      case "wave":
        for (const listener of this.#waveListeners) listener(message);
        return;
      case "heartbeat":
    }
  }
}

export const isMe = hasKeys<Me>("home", "demo", "version", "pushKey");

export const PageContext = createContext<Page | undefined>(undefined);

export function usePage(): Page {
  const page = useContext(PageContext);
  if (page === undefined) throw new Error("used outside of startPage");
  return page;
}

/** Adds a listener; the returned function takes it away. */
export function listen(target: EventTarget, name: string, listener: (event: Event) => void): () => void {
  target.addEventListener(name, listener);
  return () => target.removeEventListener(name, listener);
}

function openSocket(events: SocketEvents): Socket {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(`${scheme}//${location.host}/api/live?changes=1`);
  socket.addEventListener("open", () => events.opened());
  socket.addEventListener("message", (event: MessageEvent<unknown>) => {
    if (typeof event.data === "string") events.message(event.data);
  });
  socket.addEventListener("close", () => events.closed());
  return socket;
}

import Type from "typebox";
import { Compile } from "typebox/compile";
import { messageOf } from "../domain/fault.ts";
import { type Mono, SECOND_MS } from "../domain/time.ts";
import type { Bus } from "../port/bus.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import { parse } from "./messages.ts";
import { hubsTopic } from "./topics.ts";

/**
 * One broker has one hub: each knows only the homes that it paired, and tells the boxes of every other that nobody takes
 * what they send. Hubs therefore say on the broker that they are there, and each that hears another says so.
 */
export interface OneHub {
  start(): void;
  /** What is wrong, for a technician; undefined: this hub is alone, or the others were silent for a minute. */
  trouble(): string | undefined;
  stop(): void;
}

const SAY_MS = 20 * SECOND_MS;
const GONE_MS = 60 * SECOND_MS;
const said = Compile(Type.Object({ hub: Type.String({ minLength: 1, maxLength: 64 }) }));

/** `self`: of this process alone; a hub that was started again is another, and the one before is silent by then. */
export function createOneHub(options: {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly self: string;
}): OneHub {
  const { bus, clock, log, self } = options;
  const stops: (() => void)[] = [];
  let heardAt: Mono | undefined;

  const isHeard = (): boolean => heardAt !== undefined && clock.mono() - heardAt < GONE_MS;
  const say = (): void => {
    if (!bus.connected) return;
    bus.publish(hubsTopic, JSON.stringify({ hub: self }), { retain: false }).catch((error: unknown) => {
      log.note("hub.unsaid", { why: messageOf(error) }, "debug");
    });
  };
  const hear = (payload: string): void => {
    const parsed = parse(payload);
    if (!parsed.ok || !said.Check(parsed.message) || parsed.message.hub === self) return;
    if (!isHeard()) log.note("hub.second", { trouble: TROUBLE }, "error");
    heardAt = clock.mono();
  };

  return {
    start() {
      stops.push(
        bus.subscribe(hubsTopic, (_topic, payload) => hear(payload)),
        bus.onConnected((connected) => {
          if (connected) say();
        }),
        clock.every(SAY_MS, say),
      );
      say();
    },
    trouble: () => (isHeard() ? TROUBLE : undefined),
    stop() {
      for (const stop of stops.splice(0)) stop();
    },
  };
}

const TROUBLE =
  "another hub works on the same broker: stop one of them, or give it a broker of its own (docs/broker.md)";

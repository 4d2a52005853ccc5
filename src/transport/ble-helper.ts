import { fork } from "node:child_process";
import type { Clock } from "../port/clock.ts";
import type { BleAsk, BleTold, BleWhy, Heard } from "./ble-messages.ts";

/** The Bluetooth process as its parent sees it. One device, one process; a fresh one for every link. */
export interface BleHelper {
  /** Resolves with the answer; rejects with a BleRefusal, at the latest after `withinMs`, or the signal's reason. */
  ask(ask: BleAsk, withinMs: number, signal?: AbortSignal): Promise<readonly string[]>;
  /** Ends it, whatever it does; harmless when repeated. */
  kill(): void;
}

export interface BleHelperEvents {
  packet(channel: string, bytes: Uint8Array): void;
  /** An advertisement, after `listen` was asked. */
  heard?(heard: Heard): void;
  /** Once: the device, the adapter, bluetoothd or the process itself is gone. */
  lost(detail: string): void;
}

export type StartBleHelper = (clock: Clock, events: BleHelperEvents) => BleHelper;

/** Why the Bluetooth process did not do what was asked; `timeout` and `gone` are the parent's own. */
export class BleRefusal extends Error {
  readonly why: BleWhy | "timeout" | "gone";
  constructor(why: BleRefusal["why"], detail: string) {
    super(detail);
    this.name = "BleRefusal";
    this.why = why;
  }
}

/** Of what it writes to stderr the end is kept, which says why it died. */
const STDERR_CHARS_MAX = 2_000;

const entry = new URL(`./ble-child${import.meta.url.endsWith(".ts") ? ".ts" : ".js"}`, import.meta.url);

/** Starts a Bluetooth process. */
export const startBleHelper: StartBleHelper = (clock, events) => {
  const child = fork(entry, [], {
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    // What this process was started with (a debugger, a test runner) is not for that one.
    execArgv: [],
  });
  const waiting = new Map<
    number,
    { answer(values: readonly string[]): void; refuse(why: BleRefusal): void }
  >();
  let asked = 0;
  let said = "";
  let over = false;

  const end = (detail: string): void => {
    if (over) return;
    over = true;
    child.kill("SIGKILL");
    for (const { refuse } of waiting.values()) refuse(new BleRefusal("gone", detail));
    waiting.clear();
    events.lost(detail);
  };

  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-STDERR_CHARS_MAX);
  });
  child.on("error", (error) => end(`the Bluetooth process failed: ${error.message}`));
  child.on("exit", (code, signal) => {
    const last =
      said
        .trim()
        .split("\n")
        .find((line) => /Error|error/.test(line)) ?? "";
    end(`the Bluetooth process ended (${code ?? signal})${last === "" ? "" : `: ${last.trim()}`}`);
  });
  child.on("message", (message) => {
    if (over || !isTold(message)) return;
    if (message.told === "packet") events.packet(message.channel, message.bytes);
    else if (message.told === "heard") events.heard?.(message.heard);
    else if (message.told === "lost") end(message.detail);
    else {
      const asker = waiting.get(message.id);
      if (message.told === "answer") asker?.answer(message.values);
      else asker?.refuse(new BleRefusal(message.why, message.detail));
    }
  });

  return {
    ask: (ask, withinMs, signal) =>
      new Promise((resolve, reject) => {
        asked += 1;
        const id = asked;
        const settle = (act: () => void): void => {
          cancel();
          signal?.removeEventListener("abort", give);
          waiting.delete(id);
          act();
        };
        const give = (): void => settle(() => reject(reasonOf(signal)));
        const cancel = clock.after(withinMs, () =>
          settle(() => reject(new BleRefusal("timeout", `no answer to ${ask.do} in ${withinMs / 1000} s`))),
        );
        signal?.addEventListener("abort", give, { once: true });
        waiting.set(id, {
          answer: (values) => settle(() => resolve(values)),
          refuse: (why) => settle(() => reject(why)),
        });
        if (over) settle(() => reject(new BleRefusal("gone", "the Bluetooth process has ended")));
        else if (signal?.aborted === true) give();
        // A process that is just going says so by its end.
        else child.send({ id, ask }, () => undefined);
      }),
    kill: () => end("it was closed"),
  };
};

const reasonOf = (signal: AbortSignal | undefined): Error =>
  signal?.reason instanceof Error ? signal.reason : new Error("no longer wanted");

/** Its own words only; the process runs our code, so the kind is enough. */
const isTold = (message: unknown): message is BleTold =>
  typeof message === "object" && message !== null && "told" in message;

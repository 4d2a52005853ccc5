import { messageOf } from "../../domain/fault.ts";
import type { Clock } from "../../port/clock.ts";
import type { ByteLink } from "../../port/link.ts";
import { createAtFramer } from "./at-lines.ts";
import { type AtCommand, type AtReply, meaningOf } from "./at-reply.ts";

/** One command after the other over a serial port. */
export interface AtPort {
  /**
   * Never rejects: an answer that does not come, or is waited for no longer (`stop`), is `silent`, a stick that is gone is
   * `lost`.
   */
  ask(command: AtCommand, timeoutMs: number, stop?: AbortSignal): Promise<AtReply>;
  /** Resolves when the stick is gone or the port was closed, with the reason. */
  readonly gone: Promise<string>;
  close(): Promise<void>;
}

export interface AtPortOptions {
  readonly link: ByteLink;
  readonly clock: Clock;
  /** Lines that belong to no command of ours. Must not throw. */
  readonly onNews: (line: string) => void;
}

interface Waiting {
  readonly command: AtCommand;
  readonly lines: string[];
  readonly end: (reply: AtReply) => void;
  isPrompted: boolean;
}

/** Answers that nobody needs are let go. */
const LINES_MAX = 50;
/** After a silence its answer may still come; it must not be taken for that of the next command. */
const SETTLE_MS = 300;
const END_OF_TEXT = "\u001a";
const ESCAPE = "\u001b";

export function createAtPort({ link, clock, onNews }: AtPortOptions): AtPort {
  const framer = createAtFramer();
  const { promise: gone, resolve: setGone } = Promise.withResolvers<string>();
  let waiting: Waiting | undefined;
  let lostWhy: string | undefined;
  let wasSilent = false;
  let turn: Promise<unknown> = Promise.resolve();

  const lose = (why: string): void => {
    if (lostWhy !== undefined) return;
    lostWhy = why;
    waiting?.end({ result: "lost", said: why });
    setGone(why);
  };

  const write = (text: string): void => {
    link.write(Buffer.from(text, "latin1")).catch((thrown: unknown) => lose(messageOf(thrown)));
  };

  const takeLine = (line: string): void => {
    const meaning = meaningOf(line, waiting?.command);
    if (meaning.kind === "news" || waiting === undefined) return onNews(line);
    const { lines, end } = waiting;
    if (meaning.kind === "answer" && lines.length < LINES_MAX) lines.push(line);
    if (meaning.kind !== "end") return;
    if (meaning.result === "ok") end({ result: "ok", lines });
    else if (meaning.result === "error") end({ result: "error", lines, said: line });
    else end({ result: "no call", said: line });
  };

  const takePrompt = (): void => {
    if (waiting?.command.payload === undefined || waiting.isPrompted) return;
    waiting.isPrompted = true;
    write(`${waiting.command.payload}${END_OF_TEXT}`);
  };

  const read = async (): Promise<void> => {
    for await (const chunk of link.chunks) {
      for (const event of framer.push(chunk)) {
        if (event.kind === "prompt") takePrompt();
        else takeLine(event.text);
      }
    }
  };
  read().then(
    () => lose("the port was closed"),
    (thrown: unknown) => lose(messageOf(thrown)),
  );

  const run = async (command: AtCommand, timeoutMs: number, stop?: AbortSignal): Promise<AtReply> => {
    if (lostWhy === undefined && wasSilent) await clock.sleep(SETTLE_MS);
    wasSilent = false;
    if (lostWhy !== undefined) return { result: "lost", said: lostWhy };
    if (stop?.aborted === true) return { result: "silent" };
    const { promise, resolve } = Promise.withResolvers<AtReply>();
    const current: Waiting = { command, lines: [], end: resolve, isPrompted: false };
    waiting = current;
    const giveUp = (): void => {
      wasSilent = true;
      // A modem that waits for a text takes every later command for its beginning.
      if (command.payload !== undefined && !current.isPrompted) write(ESCAPE);
      resolve({ result: "silent" });
    };
    const cancel = clock.after(timeoutMs, giveUp);
    stop?.addEventListener("abort", giveUp, { once: true });
    write(`${command.text}\r`);
    const reply = await promise;
    cancel();
    stop?.removeEventListener("abort", giveUp);
    waiting = undefined;
    return reply;
  };

  return {
    ask(command, timeoutMs, stop) {
      const reply = turn.then(() => run(command, timeoutMs, stop));
      turn = reply;
      return reply;
    },
    gone,
    async close() {
      lose("the port was closed");
      await link.close();
    },
  };
}

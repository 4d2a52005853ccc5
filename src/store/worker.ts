import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { Fault, type FaultCode, messageOf } from "../domain/fault.ts";
import { type Mono, mono } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";

/**
 * A typed request/response line to a worker thread, so that a file that a thread owns (SQLite) can stall without
 * stalling the event loop. Both sides are compiled against one interface of methods: the thread passes its
 * implementation to `serveWorker`, the caller holds a `WorkerClient` of the same interface. Arguments and answers
 * are structured clones.
 */
export interface WorkerClient<Methods extends object> {
  /** Starts the thread and resolves when it is ready; rejects with the Fault that its start threw. */
  start(): Promise<void>;
  /**
   * Runs one method in the thread. Rejects with the Fault that the method threw, with `faults.stalled` when no
   * answer came in time (the work may still be done later), with `faults.failed` when the thread died or too many
   * calls wait. After a death the thread is started again by the first call that is `restartMs` later.
   */
  call<Name extends MethodName<Methods>>(
    name: Name,
    args: MethodArguments<Methods[Name]>,
    deadlineMs?: number,
  ): Promise<MethodAnswer<Methods[Name]>>;
  /** Calls that wait for an answer now. */
  readonly waiting: number;
  /** Lets the thread finish what it was given (within the deadline), then ends it. Harmless when repeated. */
  close(): Promise<void>;
}

/** Names of an interface's methods, without its `close`, which belongs to the thread's life. */
export type MethodName<Methods extends object> = Exclude<keyof Methods & string, "close">;
/** What a method takes. */
export type MethodArguments<Method> = Method extends (...args: infer Args) => unknown
  ? Readonly<Args>
  : never;
/** What a method answers, once it has. */
export type MethodAnswer<Method> = Method extends (...args: never[]) => infer Answer
  ? Awaited<Answer>
  : never;

export interface WorkerOptions {
  /** The thread's module: use `workerEntry`. */
  readonly entry: URL;
  /** Handed to `serveWorker`'s `make`; a structured clone. */
  readonly data: unknown;
  /** For people and the log: `the state store`. */
  readonly what: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly faults: { readonly failed: FaultCode; readonly stalled: FaultCode };
  /** Of a call that names none, and of `close`. */
  readonly deadlineMs: number;
  /** Of the start. Default: `deadlineMs`. */
  readonly startMs?: number;
  /** Default 1,000 ms. */
  readonly restartMs?: number;
  /** Default 1,000 calls; the next is refused at once. */
  readonly waitingMax?: number;
}

/** The address of a thread's module beside the calling one, as source (`.ts`) or as built (`.js`). */
export const workerEntry = (name: string, importMetaUrl: string): URL =>
  new URL(`./${name}${importMetaUrl.endsWith(".ts") ? ".ts" : ".js"}`, importMetaUrl);

/** A client; idle until `start` or the first call. */
export function createWorkerClient<Methods extends object>(options: WorkerOptions): WorkerClient<Methods> {
  return new Client<Methods>(options);
}

/**
 * The same line without a thread, for rehearsals on virtual time: methods run at once in this thread, values are
 * cloned as they would be, and what the methods throw is handed on.
 */
export function createInlineClient<Methods extends object>(
  methods: Methods & { close(): void },
  options: Pick<WorkerOptions, "what" | "faults">,
): WorkerClient<Methods> {
  let closed = false;
  return {
    waiting: 0,
    start: () => Promise.resolve(),
    call: async (name, args) => {
      if (closed) throw new Fault(options.faults.failed, `${options.what} was closed`);
      const method: unknown = Reflect.get(methods, name);
      if (typeof method !== "function") throw new TypeError(`no method ${name}`);
      // As for the thread: both sides are compiled against Methods.
      // oxlint-disable-next-line typescript/no-unsafe-return
      return structuredClone(await Reflect.apply(method, methods, structuredClone(args)));
    },
    close: () => {
      if (!closed) methods.close();
      closed = true;
      return Promise.resolve();
    },
  };
}

/**
 * The thread's side: makes the methods from the caller's data and answers calls in order. What `make` throws is
 * handed to the caller and ends the thread; `close` is called before an orderly end. `moves` names the buffers of an
 * answer that are given away with it rather than copied: the thread must not look at them again.
 */
export function serveWorker(
  make: (data: unknown) => { close(): void },
  moves: (name: string, answer: unknown) => readonly ArrayBuffer[] = () => [],
): void {
  const port = parentPort;
  if (isMainThread || port === null) throw new TypeError("serveWorker runs in a worker thread only");
  const send = (answer: Answer, moved: readonly ArrayBuffer[] = []): void =>
    port.postMessage(answer, [...moved]);
  let methods: { close(): void };
  try {
    methods = make(workerData);
  } catch (error) {
    send({ kind: "refused", fault: flatten(error) });
    return;
  }
  let last = Promise.resolve();
  port.on("message", (message: unknown) => {
    // One after the other, also where a method answers later.
    if (isCall(message)) last = last.then(() => serve(message)).catch(endThread);
  });
  send({ kind: "ready" });

  async function serve(call: Call): Promise<void> {
    if (call.name === "close") {
      port?.close();
      methods.close();
      return;
    }
    try {
      const method: unknown = Reflect.get(methods, call.name);
      if (typeof method !== "function") throw new TypeError(`no method ${call.name}`);
      const value: unknown = await Reflect.apply(method, methods, call.args);
      send({ kind: "done", id: call.id, value }, moves(call.name, value));
    } catch (error) {
      send({ kind: "threw", id: call.id, fault: flatten(error) });
    }
  }
}

/** An answer that cannot be cloned, or a close that fails: seen by the caller as the thread's death. */
function endThread(error: unknown): never {
  throw error;
}

interface Call {
  readonly kind: "call";
  readonly id: number;
  readonly name: string;
  readonly args: readonly unknown[];
}

type Answer =
  | { readonly kind: "ready" }
  | { readonly kind: "refused"; readonly fault: FlatFault }
  | { readonly kind: "done"; readonly id: number; readonly value: unknown }
  | { readonly kind: "threw"; readonly id: number; readonly fault: FlatFault };

/** A Fault as it crosses threads: structured clones of errors lose their class and fields. */
interface FlatFault {
  readonly code?: FaultCode;
  readonly detail: string;
  readonly fix?: string;
  readonly permanent: boolean;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (fault: Fault) => void;
  readonly cancelDeadline: () => void;
}

class Client<Methods extends object> implements WorkerClient<Methods> {
  readonly #options: WorkerOptions;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | undefined;
  #ready: Promise<void> = Promise.resolve();
  #nextId = 0;
  #died: { readonly fault: Fault; readonly until: Mono } | undefined;
  #closing: Promise<void> | undefined;

  constructor(options: WorkerOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#pending.size;
  }

  async start(): Promise<void> {
    this.#ensure();
    await this.#ready;
  }

  async call<Name extends MethodName<Methods>>(
    name: Name,
    args: MethodArguments<Methods[Name]>,
    deadlineMs: number = this.#options.deadlineMs,
  ): Promise<MethodAnswer<Methods[Name]>> {
    const { what, waitingMax = 1_000 } = this.#options;
    if (this.#closing !== undefined) throw this.#failed(`${what} was closed`);
    if (this.#pending.size >= waitingMax) throw this.#failed(`${what} has ${waitingMax} calls waiting`);
    const worker = this.#ensure();
    const id = this.#nextId++;
    const value = await this.#expect(
      id,
      `${what} did not answer ${name} in ${deadlineMs} ms`,
      deadlineMs,
      () => worker.postMessage({ kind: "call", id, name, args: [...args] } satisfies Call, []),
    );
    // Both threads are compiled against Methods; there is nothing else on the line.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return value as MethodAnswer<Methods[Name]>;
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined) return;
    const { clock, deadlineMs } = this.#options;
    const ended = new Promise<void>((resolve) => {
      worker.once("exit", () => resolve());
    });
    worker.postMessage({ kind: "call", id: this.#nextId++, name: "close", args: [] } satisfies Call, []);
    const given = new AbortController();
    const late = clock.sleep(deadlineMs, given.signal).then(
      () => true,
      () => false,
    );
    const stuck = await Promise.race([ended.then(() => false), late]);
    given.abort();
    // A thread that hangs in a system call cannot be ended before the call returns: do not wait for it.
    if (stuck) {
      worker.terminate().catch((error: unknown) => {
        this.#options.log.note("worker.terminate_failed", {
          what: this.#options.what,
          error: messageOf(error),
        });
      });
    }
    this.#rejectAll(this.#failed(`${this.#options.what} was closed`));
  }

  /** The running thread, started when there is none and a recent death does not forbid it. */
  #ensure(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    if (this.#died !== undefined && this.#options.clock.mono() < this.#died.until) throw this.#died.fault;
    const worker = new Worker(this.#options.entry, { workerData: this.#options.data });
    this.#worker = worker;
    const readyId = this.#nextId++;
    worker.on("message", (message: unknown) => {
      if (isAnswer(message)) this.#receive(message, readyId);
    });
    worker.on("error", (error) => this.#bury(worker, messageOf(error)));
    worker.on("exit", (code) => this.#bury(worker, `its thread ended with ${code}`));
    const { what, deadlineMs, startMs = deadlineMs } = this.#options;
    this.#ready = this.#expect(readyId, `${what} was not ready in ${startMs} ms`, startMs, () => {}).then(
      () => {},
    );
    // A start that nobody waits for (the first call started it) fails that call; it must not count as unhandled.
    this.#ready.catch(() => {});
    return worker;
  }

  #expect(id: number, stalled: string, deadlineMs: number, send: () => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const cancelDeadline = this.#options.clock.after(deadlineMs, () => {
        this.#pending.delete(id);
        reject(new Fault(this.#options.faults.stalled, stalled));
      });
      this.#pending.set(id, { resolve, reject, cancelDeadline });
      try {
        send();
      } catch (error) {
        // What cannot be cloned is the caller's mistake and is thrown to the caller.
        cancelDeadline();
        this.#pending.delete(id);
        reject(this.#failed(messageOf(error), error));
      }
    });
  }

  #receive(answer: Answer, readyId: number): void {
    switch (answer.kind) {
      case "ready":
        this.#settle(readyId)?.resolve(undefined);
        this.#ready = Promise.resolve();
        this.#died = undefined;
        return;
      case "refused":
        this.#buryWith(this.#rebuild(answer.fault));
        return;
      case "done":
        this.#settle(answer.id)?.resolve(answer.value);
        return;
      case "threw":
        this.#settle(answer.id)?.reject(this.#rebuild(answer.fault));
        return;
    }
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    if (pending === undefined) return undefined;
    this.#pending.delete(id);
    pending.cancelDeadline();
    return pending;
  }

  #bury(worker: Worker, why: string): void {
    if (this.#worker !== worker) return;
    if (this.#closing === undefined) this.#buryWith(this.#failed(`${this.#options.what} broke: ${why}`));
    else this.#worker = undefined;
  }

  #buryWith(fault: Fault): void {
    this.#worker = undefined;
    this.#died = { fault, until: this.#later(this.#options.restartMs ?? 1_000) };
    this.#options.log.note("worker.died", { what: this.#options.what, code: fault.code }, "error");
    this.#rejectAll(fault);
  }

  #rejectAll(fault: Fault): void {
    for (const id of this.#pending.keys()) this.#settle(id)?.reject(fault);
  }

  #later(ms: number): Mono {
    return mono(this.#options.clock.mono() + ms);
  }

  #failed(detail: string, cause?: unknown): Fault {
    return new Fault(this.#options.faults.failed, detail, cause === undefined ? {} : { cause });
  }

  #rebuild(flat: FlatFault): Fault {
    return new Fault(flat.code ?? this.#options.faults.failed, flat.detail, {
      permanent: flat.permanent,
      ...(flat.fix === undefined ? {} : { fix: flat.fix }),
    });
  }
}

function flatten(thrown: unknown): FlatFault {
  if (!(thrown instanceof Fault)) return { detail: messageOf(thrown), permanent: false };
  const suffix = ` (${thrown.code})`;
  const detail = thrown.message.endsWith(suffix) ? thrown.message.slice(0, -suffix.length) : thrown.message;
  const fix = thrown.fix === undefined ? {} : { fix: thrown.fix };
  return { code: thrown.code, detail, permanent: thrown.permanent, ...fix };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

const isCall = (value: unknown): value is Call => isObject(value) && value["kind"] === "call";

const ANSWERS: readonly unknown[] = ["ready", "refused", "done", "threw"] satisfies Answer["kind"][];

const isAnswer = (value: unknown): value is Answer => isObject(value) && ANSWERS.includes(value["kind"]);

import type { Mono, Wall } from "../domain/time.ts";

/** Time and waiting. The only source of both; virtual in rehearsals. */
export interface Clock {
  mono(): Mono;
  wall(): Wall;
  /** False until the machine's clock is known to be right (network time reached, or a battery-backed clock). */
  trusted(): boolean;
  /** Calls back once after at least `ms`; the returned function cancels. Callbacks must not throw. */
  after(ms: number, callback: () => void): () => void;
  /** Calls back every `ms` without drift until the returned function is called. */
  every(ms: number, callback: () => void): () => void;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

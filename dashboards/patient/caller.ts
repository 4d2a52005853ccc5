import { signal } from "@preact/signals";
import type { PatientCall } from "../../src/domain/alarm.ts";
import { type Mono, mono, SECOND_MS } from "../../src/domain/time.ts";
import type { Clock } from "../../src/port/clock.ts";

/** Time to take back a call that was made by looking. */
export const CANCEL_MS = 3 * SECOND_MS;
const RETRY_MS = 3 * SECOND_MS;
/** Two minutes of trying; after that the next press starts anew. */
const ATTEMPTS = 40;
/** A second press within this time is the same call: hands and switches bounce. */
const REPEAT_MS = 2 * SECOND_MS;

export type CallState =
  | { readonly kind: "idle" }
  /** Made by looking; goes out by itself unless it is cancelled. */
  | { readonly kind: "held"; readonly until: Mono; readonly call: PatientCall }
  | { readonly kind: "sending"; readonly failures: number }
  | { readonly kind: "sent"; readonly at: Mono; readonly again: boolean; readonly call: PatientCall }
  /** Given up for now. */
  | { readonly kind: "failed" };

/**
 * One patient's calls: at most one on its way, repeated presses join it, and what did not go out is tried again. The
 * engine makes one occurrence of however many arrive.
 */
export class Caller {
  readonly state = signal<CallState>({ kind: "idle" });
  readonly #clock: Clock;
  readonly #send: (call: PatientCall) => Promise<boolean>;
  #cancelTimer: (() => void) | undefined;
  #next: PatientCall | undefined;

  /** @param send resolves to whether the server has taken the call; never rejects */
  constructor(clock: Clock, send: (call: PatientCall) => Promise<boolean>) {
    this.#clock = clock;
    this.#send = send;
  }

  /** Touch, key and switch go out at once; a look can be taken back for CANCEL_MS. */
  call(call: PatientCall): void {
    const state = this.state.value;
    if (state.kind === "sending") {
      this.#next = call;
      return;
    }
    const { how, kind } = call;
    if (state.kind === "sent" && sameWish(state.call, kind) && this.#clock.mono() - state.at < REPEAT_MS)
      return;
    if (how === "dwell" && state.kind === "idle") {
      this.state.value = { kind: "held", until: mono(this.#clock.mono() + CANCEL_MS), call };
      this.#cancelTimer = this.#clock.after(CANCEL_MS, () => this.#begin(call));
      return;
    }
    this.#begin(call);
  }

  /** Takes a held call back; a call that has gone out is answered by a person at the bed. */
  cancel(): void {
    if (this.state.value.kind !== "held") return;
    this.#cancelTimer?.();
    this.state.value = { kind: "idle" };
  }

  /** The alarm that the call made has ended. */
  answered(): void {
    if (this.state.value.kind === "sent") this.state.value = { kind: "idle" };
  }

  stop(): void {
    this.#cancelTimer?.();
    this.#next = undefined;
    this.state.value = { kind: "idle" };
  }

  #begin(call: PatientCall): void {
    this.#cancelTimer?.();
    const before = this.state.value;
    const again = before.kind === "sent";
    this.#attempt(call, again, 0);
  }

  #attempt(call: PatientCall, again: boolean, failures: number): void {
    this.state.value = { kind: "sending", failures };
    this.#send(call).then(
      (taken) => this.#settled(call, again, failures, taken),
      () => this.#settled(call, again, failures, false),
    );
  }

  #settled(call: PatientCall, again: boolean, failures: number, taken: boolean): void {
    if (this.state.value.kind !== "sending") return;
    if (taken) {
      this.state.value = { kind: "sent", at: this.#clock.mono(), again, call };
      const next = this.#next;
      this.#next = undefined;
      if (next !== undefined) this.call(next);
      return;
    }
    if (failures + 1 >= ATTEMPTS) {
      this.state.value = { kind: "failed" };
      return;
    }
    this.state.value = { kind: "sending", failures: failures + 1 };
    this.#cancelTimer = this.#clock.after(RETRY_MS, () => {
      const latest = this.#next ?? call;
      this.#next = undefined;
      this.#attempt(latest, again, failures + 1);
    });
  }
}

const sameWish = (call: PatientCall, kind: PatientCall["kind"]): boolean => call.kind === kind;

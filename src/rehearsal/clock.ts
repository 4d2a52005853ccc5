import { type Mono, mono, type Wall, wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";

interface Timer {
  readonly due: number;
  /** Breaks ties: timers due together run in the order in which they were set. */
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that only moves when told to; everything between two moves happens at one instant. */
export interface VirtualClock extends Clock {
  /** Runs every timer that falls due, in order, letting all promises settle after each; then stands at the end. */
  advance(ms: number): Promise<void>;
  /** Steps the wall clock alone (network time correction, daylight saving set by hand). */
  stepWall(ms: number): void;
  setTrusted(trusted: boolean): void;
  /** Timers waiting, for leak checks. */
  readonly pending: number;
}

/** Lets every promise that can settle without time passing settle. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Monotonic time starts at 0, wall time at `startsAt`. */
export function createVirtualClock(startsAt: Wall, trusted = true): VirtualClock {
  let nowMs = 0;
  let wallOffsetMs: number = startsAt;
  let isTrusted = trusted;
  let nextOrder = 0;
  const timers = createTimerHeap();

  const after = (ms: number, callback: () => void): (() => void) => {
    const timer: Timer = { due: nowMs + Math.max(0, ms), order: nextOrder++, callback };
    timers.push(timer);
    return () => timers.cancel(timer);
  };

  const every = (ms: number, callback: () => void): (() => void) => {
    if (!(ms > 0)) throw new RangeError("a repeating timer needs a positive period");
    let due = nowMs + ms;
    let cancel = after(ms, tick);
    function tick(): void {
      due += ms;
      cancel = after(due - nowMs, tick);
      callback();
    }
    return () => cancel();
  };

  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      if (signal?.aborted === true) return reject(signal.reason);
      const onAbort = (): void => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = after(ms, () => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      });
      signal?.addEventListener("abort", onAbort, { once: true });
    });

  return {
    mono: (): Mono => mono(nowMs),
    wall: (): Wall => wall(Math.floor(wallOffsetMs + nowMs)),
    trusted: () => isTrusted,
    after,
    every,
    sleep,
    async advance(ms) {
      const end = nowMs + ms;
      await settle();
      for (let timer = timers.popDue(end); timer !== undefined; timer = timers.popDue(end)) {
        nowMs = timer.due;
        timer.callback();
        await settle();
      }
      nowMs = end;
    },
    stepWall(ms) {
      wallOffsetMs += ms;
    },
    setTrusted(value) {
      isTrusted = value;
    },
    get pending() {
      return timers.size;
    },
  };
}

/** Binary heap by (due, order); cancelled timers are dropped when they surface. */
function createTimerHeap(): {
  push(timer: Timer): void;
  cancel(timer: Timer): void;
  popDue(end: number): Timer | undefined;
  readonly size: number;
} {
  const heap: Timer[] = [];
  const live = new Set<Timer>();
  const before = (a: Timer, b: Timer): boolean => a.due < b.due || (a.due === b.due && a.order < b.order);

  const swapUp = (start: number): void => {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const child = heap[index];
      const above = heap[parent];
      if (child === undefined || above === undefined || !before(child, above)) return;
      heap[index] = above;
      heap[parent] = child;
      index = parent;
    }
  };

  const swapDown = (): void => {
    let index = 0;
    for (;;) {
      let smallest = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        const a = heap[child];
        const b = heap[smallest];
        if (a !== undefined && b !== undefined && before(a, b)) smallest = child;
      }
      const here = heap[index];
      const there = heap[smallest];
      if (smallest === index || here === undefined || there === undefined) return;
      heap[index] = there;
      heap[smallest] = here;
      index = smallest;
    }
  };

  const popTop = (): Timer | undefined => {
    const top = heap[0];
    const last = heap.pop();
    if (top !== undefined && last !== undefined && heap.length > 0) {
      heap[0] = last;
      swapDown();
    }
    return top;
  };

  return {
    push(timer) {
      live.add(timer);
      heap.push(timer);
      swapUp(heap.length - 1);
    },
    cancel(timer) {
      live.delete(timer);
    },
    popDue(end) {
      for (;;) {
        const top = heap[0];
        if (top === undefined || (live.has(top) && top.due > end)) return undefined;
        popTop();
        if (live.delete(top)) return top;
      }
    },
    get size() {
      return live.size;
    },
  };
}

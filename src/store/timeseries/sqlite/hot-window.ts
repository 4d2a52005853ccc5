/** Rows of one device's ten minutes that are in no chunk yet: where each stands in the log's blocks. */
export class HotWindow {
  readonly start: number;
  readonly times: number[] = [];
  /** Log entry and offset in it, for each time. */
  readonly entries: number[] = [];
  readonly offsets: number[] = [];
  /** Waits to be compacted. */
  queued = false;
  #newest = -Infinity;
  /** Every known time, here or stored; made when the first row comes that is not newer than all. */
  #seen: Set<number> | undefined;

  constructor(start: number) {
    this.start = start;
  }

  /** Times that are stored already, told before the first row is added. */
  knowStored(times: Float64Array): void {
    if (times.length === 0) return;
    this.#seen = new Set([...times, ...this.times]);
    this.#newest = Math.max(this.#newest, times.at(-1) ?? -Infinity);
  }

  /** False when there is a row of this time already. */
  add(at: number, entry: number, offset: number): boolean {
    if (at > this.#newest) this.#newest = at;
    else {
      this.#seen ??= new Set(this.times);
      if (this.#seen.has(at)) return false;
    }
    this.#seen?.add(at);
    this.times.push(at);
    this.entries.push(entry);
    this.offsets.push(offset);
    return true;
  }

  /** Takes back the rows that were added last, when their commit failed. */
  truncate(rows: number): void {
    for (const at of this.times.slice(rows)) this.#seen?.delete(at);
    this.times.length = rows;
    this.entries.length = rows;
    this.offsets.length = rows;
    // From here on every row is looked up: what is newest is no longer known.
    this.#seen ??= new Set(this.times);
    this.#newest = Infinity;
  }
}

import type { Audio } from "../../src/port/audio.ts";
import type { VirtualClock } from "../../src/rehearsal/clock.ts";

/** A loudspeaker that remembers, and asks for piece after piece as a real one does. */
export interface Speaker extends Audio {
  /** How many sounds play now; two at once would be a fault. */
  readonly sounding: number;
  readonly starts: readonly number[];
  /** Every piece that was begun, of all sounds. */
  readonly pieces: readonly { readonly atMs: number; readonly pcm: Int16Array }[];
  broken: string | undefined;
  /** Breaks what is playing. */
  fail(detail: string): void;
  probes: number;
}

export function speaker(clock: VirtualClock): Speaker {
  const sounding: { cancel: () => void; onFailure: (detail: string) => void }[] = [];
  const pieces: { atMs: number; pcm: Int16Array }[] = [];
  const starts: number[] = [];
  return {
    probes: 0,
    broken: undefined,
    starts,
    pieces,
    get sounding() {
      return sounding.length;
    },
    fail(detail) {
      for (const { cancel, onFailure } of sounding.splice(0)) {
        cancel();
        onFailure(detail);
      }
    },
    async probe() {
      this.probes += 1;
      return this.broken === undefined ? { ok: true, detail: "default" } : { ok: false, detail: this.broken };
    },
    play(next, rateHz, onFailure) {
      starts.push(clock.mono());
      if (this.broken !== undefined) {
        onFailure(this.broken);
        return () => undefined;
      }
      const entry = { cancel: () => undefined as void, onFailure };
      const begin = (): void => {
        const pcm = next();
        pieces.push({ atMs: clock.mono(), pcm });
        entry.cancel = clock.after((pcm.length / rateHz) * 1_000, begin);
      };
      sounding.push(entry);
      begin();
      return () => {
        entry.cancel();
        const index = sounding.indexOf(entry);
        if (index >= 0) sounding.splice(index, 1);
      };
    },
  };
}

import type { BedId } from "../domain/ids.ts";
import { type Night, nightBounds } from "../domain/time.ts";
import type { Timeseries } from "../port/timeseries.ts";
import { packed } from "./packed.ts";
import { tagOf } from "./tagged.ts";

/** Answers that are kept; at most 16 MB in all. */
const NIGHTS_MAX = 128;
/** What is longer when packed is made anew each time. */
const BYTES_MAX = 128 * 1024;

/** An answer as it was given. */
export interface KeptNight {
  /** Of the answer unpacked. */
  readonly tag: string;
  /** JSON, gzip. */
  readonly bytes: Uint8Array;
}

/** Which night, as somebody asks for it. */
export interface AskedNight {
  readonly bed: BedId;
  readonly zone: string;
  readonly night: Night;
  /** Absent: the usual. */
  readonly width?: number;
}

/** Answers about finished nights, until something more is stored of them. */
export interface KeptNights {
  /**
   * The answer of before where nothing was written into the night since, else the one that `make` gives as JSON text, which
   * is then kept. Undefined, without making one, where the store cannot tell, or is being written into. Rejects like `make`.
   */
  of(asked: AskedNight, make: () => Promise<string>): Promise<KeptNight> | undefined;
}

/** `timeseries`: whose revisions decide. */
export function createKeptNights(timeseries: Pick<Timeseries, "revision">): KeptNights {
  const kept = new Map<string, { readonly revision: string; readonly answer: Promise<KeptNight> }>();
  return {
    of(asked, make) {
      const { bed, zone, night, width } = asked;
      // Before anything is read: what is written meanwhile makes it another one.
      const revision = timeseries.revision?.({ bed, ...nightBounds(night, zone) });
      if (revision === undefined) return undefined;
      const key = `${bed} ${night} ${zone} ${width ?? ""}`;
      const known = kept.get(key);
      kept.delete(key);
      const one = known?.revision === revision ? known : { revision, answer: answerOf(make) };
      kept.set(key, one);
      const oldest = kept.size > NIGHTS_MAX ? kept.keys().next().value : undefined;
      if (oldest !== undefined) kept.delete(oldest);
      if (one !== known) {
        const forget = (): void => {
          if (kept.get(key) === one) kept.delete(key);
        };
        one.answer.then(({ bytes }) => {
          if (bytes.length > BYTES_MAX) forget();
        }, forget);
      }
      return one.answer;
    },
  };
}

async function answerOf(make: () => Promise<string>): Promise<KeptNight> {
  const text = await make();
  return { tag: tagOf(text), bytes: await packed(text) };
}

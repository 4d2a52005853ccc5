/** The edge's loudspeaker. */
export interface Audio {
  /** Whether a sound would be heard now, found by really opening the output; `detail` says what is wrong. */
  probe(): Promise<{ readonly ok: boolean; readonly detail: string }>;
  /**
   * Plays 16-bit mono PCM piece after piece, without a gap between them, until the returned function is called; it
   * stops within 200 ms. `next` is asked for each piece (never an empty one) less than a second before it is heard,
   * the first time before this returns, so what is heard may change without a new start. `onFailure` is called at
   * most once when the output breaks; it is then retried by whoever started it.
   */
  play(next: () => Int16Array, sampleRateHz: number, onFailure: (detail: string) => void): () => void;
  /**
   * Why nobody hears what plays, although it plays: the output is muted, or goes nowhere; undefined: nothing is known
   * against it. Takes up to 3 s, never rejects. Absent where nothing can know.
   */
  muffled?(): Promise<string | undefined>;
}

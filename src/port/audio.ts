/** The edge's loudspeaker. */
export interface Audio {
  /** Whether a sound would be heard now, found by really opening the output; `detail` says what is wrong. */
  probe(): Promise<{ readonly ok: boolean; readonly detail: string }>;
  /**
   * Plays 16-bit mono PCM in a loop until the returned function is called; it stops within 200 ms. `onFailure`
   * is called at most once when the output breaks; it is then retried by whoever started it.
   */
  loop(pcm: Int16Array, sampleRateHz: number, onFailure: (detail: string) => void): () => void;
}

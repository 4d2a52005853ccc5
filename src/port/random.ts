/** Chance. Cryptographic in the real world, seeded in rehearsals. */
export interface Random {
  bytes(count: number): Uint8Array;
  /** Uniform in [0, 1). */
  uniform(): number;
}

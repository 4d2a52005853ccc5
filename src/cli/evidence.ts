import type { Evidence } from "../driver/contract.ts";

/** How far a decoding is proven, in words. */
export const EVIDENCE: { readonly [evidence in Evidence]: string } = {
  real_bytes: "proven on bytes of real machines",
  maker_document: "from the maker's document, not yet proven on a real machine",
  inferred: "inferred from other people's work",
  unproven: "unproven: hidden from family set-up",
};

import { createHmac, timingSafeEqual } from "node:crypto";
import type { HomeId } from "../domain/ids.ts";
import type { Wall } from "../domain/time.ts";
import type { BoxId } from "../port/registry.ts";

/** What a hub tells a box that it put out: signed with the pairing key that both had until then. */
export interface PutOut {
  readonly home: HomeId;
  readonly box: BoxId;
  /** The hub's address, for people. */
  readonly hub: string;
  readonly at: Wall;
  /** HMAC-SHA-256 in base64url. */
  readonly mac: string;
}

/** The notice, signed. */
export const signPutOut = (pairingKey: Uint8Array, notice: Omit<PutOut, "mac">): PutOut => ({
  ...notice,
  mac: macOf(pairingKey, notice).toString("base64url"),
});

/** Whether the hub of this pairing key put this very box out; of another box, or another pairing, it says nothing. */
export function isPutOut(
  pairingKey: Uint8Array,
  { home, box }: { readonly home: HomeId; readonly box: BoxId },
  notice: PutOut,
): boolean {
  const given = Buffer.from(notice.mac, "base64url");
  const wanted = macOf(pairingKey, notice);
  return (
    notice.home === home &&
    notice.box === box &&
    given.length === wanted.length &&
    timingSafeEqual(given, wanted)
  );
}

const macOf = (key: Uint8Array, { home, box, hub, at }: Omit<PutOut, "mac">): Buffer =>
  createHmac("sha256", key).update(["breathwatch put out", home, box, at, hub].join("\n")).digest();

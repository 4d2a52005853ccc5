import { type ClinicPreset, presetCode, presetMessage } from "../../src/domain/preset-code.ts";

/** A clinic with a key of its own. */
export interface Clinic {
  sign(preset: ClinicPreset): Promise<string>;
}

export async function createClinic(): Promise<Clinic> {
  const { subtle } = crypto;
  const pair = await subtle.generateKey("Ed25519", true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new TypeError("no pair");
  const key = new Uint8Array(await subtle.exportKey("raw", pair.publicKey));
  return {
    async sign(preset) {
      const message = Uint8Array.from(presetMessage(preset, key));
      return presetCode(preset, key, new Uint8Array(await subtle.sign("Ed25519", pair.privateKey, message)));
    },
  };
}

// The signed list of what a release consists of, which `breathwatch update` checks before anything else.
import { createHash, createPublicKey, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/**
 * Writes release.json: `{ manifest, signature, key }`. `manifest` is JSON as text, and the signature (Ed25519, base64)
 * is over exactly these bytes, so that nobody has to agree on how to write JSON.
 * @param {{ debs: readonly string[], key: import("node:crypto").KeyObject, version: string, minimum?: string, out: string }} options
 *   minimum: the oldest version that can be updated from
 * @returns {string} the file
 */
export function writeRelease({ debs, key, version, minimum = "0.1.0", out }) {
  const files = debs.map((deb) => {
    const bytes = readFileSync(deb);
    const [, arch] = /_([a-z0-9]+)\.deb$/.exec(deb) ?? [];
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return { name: path.basename(deb), arch, bytes: bytes.length, sha256 };
  });
  const manifest = JSON.stringify({ format: 1, product: "breathwatch", version, minimum, files });
  const publicKey = createPublicKey(key).export({ type: "spki", format: "der" });
  const release = {
    manifest,
    signature: sign(null, Buffer.from(manifest), key).toString("base64"),
    key: createHash("sha256").update(publicKey).digest("hex").slice(0, 16),
  };
  const file = path.join(out, "release.json");
  writeFileSync(file, `${JSON.stringify(release, undefined, 1)}\n`);
  return file;
}

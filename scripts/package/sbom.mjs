// The list of what is inside, in CycloneDX: for whoever has to know whether a library with a known hole is in use.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { root } from "../bootstrap.mjs";

/**
 * CycloneDX 1.5 as JSON, the same bytes for the same lock and time.
 * @param {readonly { name: string, version: string, integrity?: string, license?: string }[]} libraries
 * @param {number} epoch seconds
 * @returns {string}
 */
export function sbomOf(libraries, epoch) {
  const { name, version, license } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
  const components = libraries.map(componentOf);
  components.sort((a, b) => (a["bom-ref"] < b["bom-ref"] ? -1 : 1));
  const unique = components.filter((each, i) => each["bom-ref"] !== components[i - 1]?.["bom-ref"]);
  const bom = {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(unique))}`,
    version: 1,
    metadata: {
      timestamp: new Date(epoch * 1000).toISOString(),
      component: {
        type: "application",
        "bom-ref": `${name}@${version}`,
        ...{ name, version },
        licenses: [{ license: { id: license } }],
      },
    },
    components: unique,
  };
  return `${JSON.stringify(bom, undefined, 1)}\n`;
}

function componentOf({ name, version, integrity, license }) {
  const purl = `pkg:npm/${name.replace("@", "%40")}@${version}`;
  const [algorithm, base64] = (integrity ?? "").split(" ")[0].split("-");
  const hashes =
    algorithm === "sha512"
      ? [{ alg: "SHA-512", content: Buffer.from(base64, "base64").toString("hex") }]
      : undefined;
  const [, group, short] = /^(@[^/]+)\/(.+)$/.exec(name) ?? [];
  return {
    type: "library",
    "bom-ref": purl,
    ...(group === undefined ? { name } : { group, name: short }),
    ...{ version, purl },
    ...(hashes === undefined ? {} : { hashes }),
    ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
  };
}

/** A name-based UUID (RFC 9562, version 8) of a text. */
function uuidOf(text) {
  const hex = createHash("sha256").update(text).digest("hex");
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}

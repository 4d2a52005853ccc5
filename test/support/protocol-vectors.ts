import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { fromHex } from "../../src/wire/transcript.ts";
import { type Conditional, recordings, skipping } from "./require.ts";

/** A frame that was made by hand from published rules, without any code of ours. */
export interface ProtocolVector {
  readonly name: string;
  readonly direction: "host->device" | "device->host";
  readonly bytes: Uint8Array;
  readonly decoded: unknown;
}

/** The frames of one protocol, and tests that run only where they are there. */
export interface ProtocolVectors extends Conditional {
  /** The frame of this name; throws where there is none. */
  vector(name: string): ProtocolVector;
}

/** Reads `protocols/ventilator-vectors.json` beside the recordings folder. */
export function protocolVectors(protocol: string): ProtocolVectors {
  const { path: folder } = recordings();
  const file = path.join(folder, "../protocols/ventilator-vectors.json");
  const all = existsSync(file) ? parse(readFileSync(file, "utf8"), protocol) : [];
  const conditional = existsSync(file) ? recordings() : skipping("protocol vectors absent");
  return {
    describe: conditional.describe,
    test: conditional.test,
    missing: conditional.missing,
    vector(name) {
      const found = all.find((candidate) => candidate.name === name);
      if (found === undefined) throw new Error(`no vector of ${protocol} is called ${name}`);
      return found;
    },
  };
}

function parse(text: string, protocol: string): readonly ProtocolVector[] {
  const rows = JSON.parse(text) as readonly (Omit<ProtocolVector, "bytes"> & {
    protocol: string;
    hex: string;
  })[];
  return rows
    .filter((row) => row.protocol === protocol)
    .map(({ name, direction, hex, decoded }) => ({
      name,
      direction,
      bytes: fromHex(hex) ?? new Uint8Array(0),
      decoded,
    }));
}

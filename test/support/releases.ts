// Releases as small as they can be: a program that says its version, and a box that answers like one.
import { execFileSync } from "node:child_process";
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

/** What a release does when it is started. */
export interface Behaviour {
  /** Ends at once. */
  readonly breaks?: boolean;
  /** Says another version of itself than it is said to be. */
  readonly lies?: boolean;
}

/** Keys of whoever makes releases. */
export function makeKeys(): { readonly privateKey: KeyObject; readonly publicPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return { privateKey, publicPem: publicKey.export({ type: "spki", format: "pem" }).toString() };
}

/** `--version`, and else a server on a free port that writes its control file into $DATA and answers how it is. */
const PROGRAM = `
import { createServer } from "node:http";
import { readFileSync, writeFileSync } from "node:fs";
const VERSION = "@VERSION@";
if (process.argv[2] === "--version") { console.log("breathwatch " + VERSION + ", node 24"); process.exit(); }
if (@BREAKS@) process.exit(1);
const folder = process.env.DATA;
const beds = () => JSON.parse(readFileSync(folder + "/beds.json", "utf8"));
const server = createServer((request, response) => {
  // A hub tells nobody of its homes.
  const asked = request.url + (beds() === "hub" ? " of a hub" : "");
  response.statusCode = asked === "/api/health of a hub" ? 403 : 200;
  const told = { version: VERSION, at: 0, upMs: 1, findings: [], beds: beds(), memoryBytes: 1 };
  response.setHeader("content-type", "application/json").end(JSON.stringify(told));
});
server.listen(0, "127.0.0.1", () => {
  const url = "http://127.0.0.1:" + server.address().port;
  writeFileSync(folder + "/control.json", JSON.stringify({ url, token: "t" }));
});
`;

/** The program of a release below `folder`, as a package brings it. */
export function writeProgram(folder: string, version: string, { breaks, lies }: Behaviour = {}): void {
  mkdirSync(path.join(folder, "dist/src"), { recursive: true });
  writeFileSync(path.join(folder, "node"), `#!/bin/sh\nexec ${process.execPath} "$@"\n`, { mode: 0o755 });
  const said = lies === true ? "7.7.7" : version;
  const program = PROGRAM.replace("@VERSION@", said).replace("@BREAKS@", String(breaks === true));
  writeFileSync(path.join(folder, "dist/src/cli.js"), program);
  writeFileSync(path.join(folder, "dist/package.json"), JSON.stringify({ type: "module", version }));
}

/** A signed release in a folder; returns its release.json. */
export function writeRelease(
  folder: string,
  version: string,
  key: KeyObject,
  more: Behaviour & { readonly minimum?: string } = {},
): string {
  const tree = path.join(folder, "tree");
  writeProgram(path.join(tree, "usr/lib/breathwatch"), version, more);
  mkdirSync(path.join(tree, "DEBIAN"));
  const arch = process.arch === "x64" ? "amd64" : "arm64";
  writeFileSync(
    path.join(tree, "DEBIAN/control"),
    `Package: breathwatch\nVersion: ${version}\nArchitecture: ${arch}\nMaintainer: a <a@example>\nDescription: a\n`,
  );
  const name = `breathwatch_${version}_${arch}.deb`;
  execFileSync("dpkg-deb", ["-Znone", "--build", tree, path.join(folder, name)], { stdio: "pipe" });
  const bytes = readFileSync(path.join(folder, name));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const files = [{ name, arch, bytes: bytes.length, sha256 }];
  const file = path.join(folder, "release.json");
  writeFileSync(file, signRelease({ version, minimum: more.minimum ?? "0.1.0", files }, key));
  return file;
}

/** The text of a release.json. */
export function signRelease(content: object, key: KeyObject): string {
  const manifest = JSON.stringify({ format: 1, product: "breathwatch", ...content });
  return JSON.stringify({ manifest, signature: sign(null, Buffer.from(manifest), key).toString("base64") });
}

import { createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { open, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import encodeQR from "qr";
import { outsideRecommended } from "../alarm/bounds.ts";
import { classPreset, explicitFile, resolveLimits } from "../alarm/limits.ts";
import { changes } from "../alarm/widening.ts";
import type { DependencyClass } from "../domain/bed.ts";
import { messageOf } from "../domain/fault.ts";
import type { LimitsFile } from "../domain/limits.ts";
import {
  type ClinicPreset,
  keyFingerprint,
  presetCode,
  presetCryptoOf,
  presetMessage,
  verifyPresetCode,
} from "../domain/preset-code.ts";
import { SECOND_MS, type Wall, wall } from "../domain/time.ts";
import { command, invalidInput, needed, numberOf, UsageError } from "./command.ts";
import { collect } from "./files.ts";
import { classOf, readLimits } from "./limits-file.ts";
import type { Terminal } from "./terminal.ts";

const presetCrypto = presetCryptoOf(crypto.subtle);
const CLASSES: readonly DependencyClass[] = ["A", "B", "C"];

/** `breathwatch preset`: a clinic's limits as a signed code. */
export const presetCommand = command({
  name: "preset",
  usage: "keygen --key F | make --key F --limits F --clinic NAME --name NAME | show CODE",
  about:
    "A clinic hands out its limits as a code that fits one QR: signed, versioned, and good without internet.\n\n" +
    "`keygen` makes the clinic's key, once. Keep the file safe: whoever has it signs in the clinic's name. It\n" +
    "prints the 24 digits that families compare when they scan the first code.\n" +
    "`make` signs a limits file (as for judge) and prints the code; --svg draws it for print, and where words go\n" +
    "to a terminal it is drawn there too. A later version replaces an earlier one of the same name, never the\n" +
    "other way round; without --issue the version is the time of making, as 202603011430.\n" +
    "`show` verifies a code and prints what it holds, as JSON; `-` reads it from stdin.",
  options: {
    key: { type: "string", value: "FILE", help: "the clinic's private key" },
    limits: { type: "string", value: "FILE", help: "JSON or YAML; only what differs from the presets" },
    clinic: { type: "string", value: "NAME", help: "who signs, as families know it; at most 60 characters" },
    name: { type: "string", value: "NAME", help: "which preset; at most 60 characters" },
    issue: { type: "string", value: "N", help: "version, counting up; default: the time" },
    class: { type: "string", value: "A|B|C", help: "only for this dependency class; default any" },
    svg: { type: "string", value: "FILE", help: "draws the QR code into this file" },
  },
  positionals: { min: 1, max: 2, names: "keygen, make or show" },
  examples: [
    "breathwatch preset keygen --key clinic.key",
    'breathwatch preset make --key clinic.key --limits low.yaml --clinic "Lung clinic" --name "low" --svg low.svg',
    "breathwatch preset show BW1:... | jq .fingerprint",
  ],
  async run({ values, positionals: [verb, code] }, terminal) {
    if (verb !== "show" && code !== undefined) throw new UsageError(`"${code}" is one argument too many.`);
    switch (verb) {
      case "keygen":
        return makeKey(needed(values.key, "--key FILE"), terminal);
      case "show":
        return showCode(needed(code, "CODE"), terminal);
      case "make": {
        const cls = values.class === undefined ? undefined : classOf(values.class);
        const issuedAt = terminal.clock.wall();
        const limits = await limitsOf(needed(values.limits, "--limits FILE"), cls, terminal);
        const preset: ClinicPreset = {
          clinic: needed(values.clinic, "--clinic NAME"),
          name: needed(values.name, "--name NAME"),
          issue:
            values.issue === undefined
              ? issueAt(issuedAt)
              : numberOf(values.issue, "--issue", 1, Number.MAX_SAFE_INTEGER),
          issuedAt: wall(Math.floor(issuedAt / SECOND_MS) * SECOND_MS),
          limits,
          ...(cls === undefined ? {} : { dependencyClass: cls }),
        };
        return makeCode(preset, { key: needed(values.key, "--key FILE"), svg: values.svg }, terminal);
      }
      case undefined:
      default:
        throw new UsageError(`"${verb ?? ""}" is none of keygen, make and show.`);
    }
  },
});

async function makeKey(file: string, terminal: Terminal): Promise<number> {
  const key = privateKeyOf(terminal.random.bytes(32));
  const pem = key.export({ format: "pem", type: "pkcs8" });
  try {
    // A key that is there is never written over: every code that it signed would lose its clinic.
    const handle = await open(path.resolve(terminal.folder, file), "wx", 0o600);
    try {
      await handle.writeFile(pem);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw invalidInput(
      `${file} cannot be made: ${messageOf(error)}.`,
      "Name a file that is not there yet.",
      error,
    );
  }
  await terminal.print(`${await keyFingerprint(publicKeyOf(key), presetCrypto)}\n`);
  terminal.say(`${file} is the clinic's key: keep it safe. Give these digits to families on paper.`);
  return 0;
}

async function makeCode(
  preset: ClinicPreset,
  files: { readonly key: string; readonly svg: string | undefined },
  terminal: Terminal,
): Promise<number> {
  const key = await readKey(files.key, terminal);
  const publicKey = publicKeyOf(key);
  const code = presetCode(preset, publicKey, sign(null, presetMessage(preset, publicKey), key));
  if (files.svg !== undefined) {
    const drawing = encodeQR(code, "svg", { ecc: "medium", encoding: "alphanumeric", border: 4 });
    await writeFile(path.resolve(terminal.folder, files.svg), drawing);
  }
  await terminal.print(`${code}\n`);
  terminal.say(encodeQR(code, "ascii", { ecc: "low", encoding: "alphanumeric", border: 2 }));
  terminal.say(`${preset.clinic}: ${preset.name}, version ${preset.issue}; ${code.length} characters`);
  terminal.say(`fingerprint ${await keyFingerprint(publicKey, presetCrypto)}`);
  return 0;
}

async function showCode(given: string, terminal: Terminal): Promise<number> {
  const text = given === "-" ? new TextDecoder().decode(await collect("stdin", terminal.input)) : given;
  const { preset, key } = await verifyPresetCode(text, presetCrypto);
  const { clinic, name, issue, issuedAt, dependencyClass, limits } = preset;
  const shown = {
    ...{ clinic, name, issue, issuedAt: new Date(issuedAt).toISOString(), class: dependencyClass, limits },
    fingerprint: await keyFingerprint(key, presetCrypto),
  };
  await terminal.print(`${JSON.stringify(shown, undefined, 2)}\n`);
  return 0;
}

/** Checked in every class that it is for; what lies outside what is recommended is said, and signed all the same. */
async function limitsOf(
  file: string,
  only: DependencyClass | undefined,
  terminal: Terminal,
): Promise<LimitsFile> {
  const given = await readLimits(file, terminal);
  const told = new Set<string>();
  for (const cls of only === undefined ? CLASSES : [only]) {
    const limits = resolveLimits(given, cls);
    for (const { condition, setting, value, source } of outsideRecommended(
      limits,
      changes(classPreset(cls), limits),
      cls,
    )) {
      told.add(`${condition}.${setting} ${value} lies outside what is recommended (${source})`);
    }
  }
  for (const line of told) terminal.say(line);
  return explicitFile(given, only ?? "B");
}

async function readKey(file: string, terminal: Terminal): Promise<KeyObject> {
  try {
    const key = createPrivateKey(await readFile(path.resolve(terminal.folder, file)));
    if (key.asymmetricKeyType !== "ed25519") throw new TypeError(`it is ${key.asymmetricKeyType ?? "none"}`);
    return key;
  } catch (error) {
    throw invalidInput(
      `${file} is no Ed25519 private key: ${messageOf(error)}.`,
      "Make one with breathwatch preset keygen.",
      error,
    );
  }
}

/** PKCS #8 of an Ed25519 seed (RFC 8410, section 7): everything before the seed is always the same. */
const privateKeyOf = (seed: Uint8Array): KeyObject =>
  createPrivateKey({
    key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]),
    format: "der",
    type: "pkcs8",
  });

function publicKeyOf(key: KeyObject): Uint8Array {
  const { x } = createPublicKey(key).export({ format: "jwk" });
  if (x === undefined) throw new TypeError("a key without a public half");
  return new Uint8Array(Buffer.from(x, "base64url"));
}

/** 2026-03-01 14:30 UTC is 202603011430: counts up by itself, and people see when it was made. */
const issueAt = (at: Wall): number => Number(new Date(at).toISOString().replaceAll(/\D/g, "").slice(0, 12));

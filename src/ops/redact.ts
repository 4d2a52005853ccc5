/** Takes out of a text what does not belong into a support file. */
export type Redactor = (text: string) => string;

const HIDDEN = "[redacted]";

/**
 * Shapes of what points at a person, a house or a device. Each is taken out whatever it stands for: a support file that
 * says too little is asked for again, one that said too much cannot be taken back.
 */
const SHAPES: readonly (readonly [shape: RegExp, instead: string])[] = [
  // Addresses with everything in them: hosts, users, one-time secrets.
  [/\b([a-z][a-z0-9+.-]*):\/\/[^\s"'<>\\]+/gi, "$1://[redacted]"],
  [/[\w.+-]+@[\w-]+\.[\w.-]+/g, HIDDEN],
  // A USB adapter's name holds its serial number.
  [/(\/dev\/(?:serial|input|snd)\/by-(?:id|path)\/)[^\s"',;)\\]+/g, "$1[redacted]"],
  [/\/(?:home|Users)\/[^\s/"']+/g, "/home/[redacted]"],
  [/\b[0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}\b/gi, HIDDEN],
  [/\b(?!127\.|0\.0\.0\.0\b)\d{1,3}(?:\.\d{1,3}){3}\b/g, HIDDEN],
  [/\b(?:[0-9a-f]{1,4}:){3,7}(?::?[0-9a-f]{1,4})+\b/gi, HIDDEN],
  [/\bfe80::[0-9a-f:%\w]+/gi, HIDDEN],
  [/\+\d[\d -]{6,}\d/g, HIDDEN],
  // Hashes, keys, tokens: long, with letters and digits.
  [/(?<![\w/.-])(?=[\w-]*\d)(?=[\w-]*[a-z])[\w-]{24,}={0,2}/gi, HIDDEN],
];

const SHORT = 3;

/** @param secrets texts that are taken out wherever they stand, in any case; those of one character are left out */
export function createRedactor(secrets: readonly string[]): Redactor {
  const known = [...new Set(secrets.map((secret) => secret.trim()))]
    .filter((secret) => secret.length > 1)
    // The longest first, so that a part does not spoil the whole.
    .toSorted((a, b) => b.length - a.length)
    .map(patternOf);
  return (text) => {
    let clean = text;
    for (const secret of known) clean = clean.replaceAll(secret, HIDDEN);
    for (const [shape, instead] of SHAPES) clean = clean.replaceAll(shape, instead);
    return clean;
  };
}

/** A short one only as a word of its own: "on" stands in many words that mean something. */
function patternOf(secret: string): RegExp {
  const literal = secret.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  if (secret.length > SHORT) return new RegExp(literal, "giu");
  return new RegExp(`(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`, "giu");
}

/** A line of the program's own log, with what is known to be harmless as it is; anything else that is text, redacted. */
export function redactLogLine(line: string, redactor: Redactor): string {
  const fields = fieldsOf(line);
  if (fields === undefined) return redactor(line);
  const clean = Object.entries(fields).map(([name, value]) => {
    if (typeof value !== "string" || (HARMLESS.has(name) && PLAIN.test(value))) return [name, value];
    return [name, redactor(value)];
  });
  return JSON.stringify(Object.fromEntries(clean));
}

/** Fields of the log whose texts come from lists of ours. */
const HARMLESS = new Set(["at", "level", "event", "code", "route", "part", "bed", "family", "kind"]);
/** What such a text looks like. */
const PLAIN = /^[\w .:/+*-]{1,80}$/;

function fieldsOf(line: string): { readonly [name: string]: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    // A line of somebody else's: text.
    return undefined;
  }
}

import { isMap, isScalar, isSeq, parseDocument } from "yaml";

/** A configuration without what points at somebody, and what was taken out of it. */
export interface RedactedConfiguration {
  readonly text: string;
  /** To be taken out of everything else as well. */
  readonly secrets: readonly string[];
}

/**
 * The settings whose values are shown; `*` is any one key or place in a list. Everything else that is text keeps its
 * key alone: a new setting is hidden until somebody has thought about it.
 */
const SHOWN: readonly string[] = [
  "zone",
  "language",
  "beds/*/id",
  "beds/*/dependencyClass",
  "beds/*/watch/from",
  "beds/*/watch/to",
  "beds/*/devices/*/family",
  "store/engine",
  "log/level",
];
/** Texts of these are shown by their kind alone: the word before the colon, or where in the system they lie. */
const KINDS: readonly string[] = ["beds/*/devices/*/port", "bus/url", "dataDir"];

/** Never throws: what is no YAML is left out whole. */
export function redactConfiguration(text: string): RedactedConfiguration {
  const document = parseDocument(text);
  if (document.errors.length > 0) {
    return { text: "# The file is not valid YAML and was left out.\n", secrets: [] };
  }
  const secrets: string[] = [];
  const lines: string[] = [];
  walk(document.contents, [], { lines, secrets });
  return { text: `${lines.join("\n")}\n`, secrets };
}

interface Walked {
  readonly lines: string[];
  readonly secrets: string[];
}

/** One line a value: `beds/0/devices/1/port: serial`. Comments are left out, since people write names there. */
function walk(node: unknown, way: readonly string[], walked: Walked): void {
  if (isMap(node)) {
    for (const { key, value } of node.items) walk(value, [...way, keyOf(key)], walked);
  } else if (isSeq(node)) {
    node.items.forEach((item, index) => walk(item, [...way, String(index)], walked));
  } else if (isScalar(node)) {
    walked.lines.push(`${way.join("/")}: ${shown(node.value, way, walked.secrets)}`);
  }
}

const keyOf = (key: unknown): string => (isScalar(key) ? String(key.value) : "?");

function shown(value: unknown, way: readonly string[], secrets: string[]): string {
  if (typeof value !== "string") return String(value);
  if (isAt(way, SHOWN)) return value;
  secrets.push(value, ...hostsIn(value));
  return isAt(way, KINDS) ? `(${kindOf(value)})` : "[redacted]";
}

const isAt = (way: readonly string[], places: readonly string[]): boolean =>
  places.some((place) => {
    const steps = place.split("/");
    return steps.length === way.length && steps.every((step, i) => step === "*" || step === way[i]);
  });

function kindOf(value: string): string {
  const [, scheme] = /^([a-z]+):/.exec(value) ?? [];
  if (scheme !== undefined) return scheme;
  return value.startsWith("/dev/")
    ? "a device of the machine"
    : value.startsWith("/")
      ? "absolute"
      : "relative";
}

/** The parts of an address by which it could be found elsewhere. */
function hostsIn(value: string): readonly string[] {
  if (!URL.canParse(value)) return [value.split("/").at(-1) ?? ""].filter((part) => part.length > 3);
  const { hostname, username, password, pathname } = new URL(value);
  return [hostname, username, password, ...pathname.split("/")].filter((part) => part.length > 3);
}

import { isSignalId, isWaveId } from "../domain/signal.ts";
import type { DeviceModule } from "./contract.ts";

const LINKS = ["bytes", "reports", "gatt", "lines", "messages", "files"];
const ROLES = ["oximeter", "ventilator", "capnograph", "contact", "plug", "call", "power"];
const TIMELINESS = ["live", "delayed", "late"];
const EVIDENCE = ["real_bytes", "maker_document", "inferred", "unproven"];

type Unknown = { readonly [name: string]: unknown };
type Rule = readonly [field: string, fits: (value: unknown, module: Unknown) => boolean, wanted: string];

const isText = (value: unknown): boolean => typeof value === "string" && value !== "";
const isFunction = (value: unknown): boolean => typeof value === "function";
const isObject = (value: unknown): value is Unknown => typeof value === "object" && value !== null;
const isOneOf =
  (words: readonly string[]) =>
  (value: unknown): boolean =>
    typeof value === "string" && words.includes(value);
const forLink =
  (link: string, fits: (value: unknown) => boolean) =>
  (value: unknown, module: Unknown): boolean =>
    module["link"] !== link || fits(value);

/** What src/driver/contract.ts wants, as far as it can be seen without calling anything. */
const RULES: readonly Rule[] = [
  [
    "id",
    (value) => typeof value === "string" && /^[a-z][a-z0-9-]{2,59}$/.test(value),
    "small letters, digits and dashes",
  ],
  ["vendor", isText, "a text"],
  ["model", isText, "a text"],
  ["role", isOneOf(ROLES), `one of ${ROLES.join(", ")}`],
  ["link", isOneOf(LINKS), `one of ${LINKS.join(", ")}`],
  ["timeliness", isOneOf(TIMELINESS), `one of ${TIMELINESS.join(", ")}`],
  ["evidence", isOneOf(EVIDENCE), `one of ${EVIDENCE.join(", ")}`],
  ["facts", isFacts, "an object with connection, power, night { suited, reason } and evidence"],
  ["options", isOptions, "an object of options, each with kind, default and help"],
  ["quietMs", isFunction, "a function of the options"],
  ["signals", isFunction, "a function of the options"],
  ["waves", (value) => Array.isArray(value) && value.every(isWave), "a list of wave ids"],
  ["observe", isFunction, "a function"],
  ["simulate", isFunction, "a function"],
  ["stored", (value) => value === undefined || isFunction(value), "a function, or left out"],
  ["serial", forLink("bytes", isFunction), "a function of the options, for a family of the link bytes"],
  ["usb", forLink("reports", Array.isArray), "a list of USB ids, for a family of the link reports"],
  ["gatt", forLink("gatt", isObject), "a profile, for a family of the link gatt"],
  ["topics", forLink("messages", isFunction), "a function, for a family of the link messages"],
];

/** Why a value cannot be a device module; undefined where it has the shape of one. */
export function shapeProblem(value: unknown): string | undefined {
  if (!isObject(value)) return "it is no object";
  for (const [field, fits, wanted] of RULES) {
    if (!fits(value[field], value)) return `its ${field} must be ${wanted}`;
  }
  return signalsProblem(value);
}

/** Whether a value has the shape of a device module. */
export const isDeviceModule = (value: unknown): value is DeviceModule => shapeProblem(value) === undefined;

const isWave = (value: unknown): boolean => typeof value === "string" && isWaveId(value);

function isFacts(value: unknown): boolean {
  if (!isObject(value) || !isText(value["connection"]) || !isText(value["evidence"])) return false;
  const { power, night } = value;
  const powered = power === "mains" || power === "none" || isObject(power);
  return (
    powered &&
    isObject(night) &&
    isOneOf(["yes", "doubtful", "no"])(night["suited"]) &&
    isText(night["reason"])
  );
}

function isOptions(value: unknown): boolean {
  return (
    isObject(value) &&
    Object.values(value).every(
      (option) =>
        isObject(option) &&
        isText(option["kind"]) &&
        option["default"] !== undefined &&
        isText(option["help"]),
    )
  );
}

/** Asked with the defaults: a signal that nobody knows would be lost without a word. */
function signalsProblem({ signals, options }: Unknown): string | undefined {
  if (typeof signals !== "function" || !isObject(options)) return undefined;
  const defaults = Object.fromEntries(
    Object.entries(options).map(([name, option]) => [name, isObject(option) ? option["default"] : undefined]),
  );
  let told: unknown;
  try {
    told = Reflect.apply(signals, undefined, [defaults]);
  } catch (error) {
    return `its signals() throws with the default options: ${String(error)}`;
  }
  if (!Array.isArray(told)) return "its signals() must give a list";
  const unknown: unknown = told.find((signal) => typeof signal !== "string" || !isSignalId(signal));
  return unknown === undefined
    ? undefined
    : `its signals() names ${JSON.stringify(unknown)}, which is no signal`;
}

/** Where a SIM stands with the network (27.007, 7.2 and 10.1.22). */
export type Registration = "home" | "roaming" | "texts only" | "searching" | "denied" | "none";

/** A call as AT+CLCC lists it (27.007, 7.18). */
export type CallState = "dialling" | "alerting" | "active" | "other";

/** What the SIM waits for (27.007, 8.3). */
export type SimState = "ready" | "pin" | "puk" | "other";

/** The answer to AT+CREG?, AT+CEREG?; undefined where it cannot be read. News of the same name has no `<n>` in front. */
export function registrationOf(lines: readonly string[]): Registration | undefined {
  for (const line of lines) {
    const status = /^\+CE?REG:\s*\d\s*,\s*(\d{1,2})\s*(?:,.*)?$/.exec(line)?.[1];
    if (status !== undefined) return REGISTRATIONS[Number(status)] ?? "none";
  }
  return undefined;
}

const REGISTRATIONS: readonly (Registration | undefined)[] = [
  "none",
  "home",
  "searching",
  "denied",
  "none",
  "roaming",
  "texts only",
  "texts only",
  "none",
  "home",
  "roaming",
];

/**
 * dBm of the answer to AT+CSQ (27.007, 8.5: 0 to 31 are -113 to -51), and of Quectel's 100 to 191 for LTE (-116 to -25);
 * undefined where the modem does not know (99, 199).
 */
export function signalOf(lines: readonly string[]): number | undefined {
  for (const line of lines) {
    const text = /^\+CSQ:\s*(\d{1,3})\s*,\s*\d{1,3}$/.exec(line)?.[1];
    if (text === undefined) continue;
    const value = Number(text);
    if (value <= 31) return -113 + 2 * value;
    return value >= 100 && value <= 191 ? value - 216 : undefined;
  }
  return undefined;
}

/** The operator's name in the answer to AT+COPS?; undefined while there is none. */
export function operatorOf(lines: readonly string[]): string | undefined {
  for (const line of lines) {
    const name = /^\+COPS:\s*\d\s*,\s*\d\s*,\s*"([^"]{1,40})"/.exec(line)?.[1]?.trim();
    if (name !== undefined && name !== "") return name;
  }
  return undefined;
}

/** The answer to AT+CPIN?; undefined where it cannot be read. */
export function simOf(lines: readonly string[]): SimState | undefined {
  for (const line of lines) {
    const text = /^\+CPIN:\s*"?([A-Z0-9 -]+)"?$/.exec(line)?.[1]?.trim();
    if (text === undefined) continue;
    if (text === "READY") return "ready";
    if (text === "SIM PIN") return "pin";
    return text === "SIM PUK" ? "puk" : "other";
  }
  return undefined;
}

/** The call that we placed, in the answer to AT+CLCC; undefined while there is none. Calls from outside are not ours. */
export function callOf(lines: readonly string[]): CallState | undefined {
  for (const line of lines) {
    const [, direction, state, mode] = /^\+CLCC:\s*\d+\s*,\s*(\d)\s*,\s*(\d)\s*,\s*(\d)\b/.exec(line) ?? [];
    if (direction !== "0" || mode !== "0" || state === "6") continue;
    return state === "2" ? "dialling" : state === "3" ? "alerting" : state === "0" ? "active" : "other";
  }
  return undefined;
}

/** Tries that are left for the SIM's PIN: SIMCom +SPIC, Quectel +QPINC, Huawei ^CPIN; undefined where not said. */
export function triesOf(lines: readonly string[]): number | undefined {
  for (const line of lines) {
    const text =
      /^\+SPIC:\s*(\d{1,2})\b/.exec(line)?.[1] ??
      /^\+QPINC:\s*"SC"\s*,\s*(\d{1,2})\b/.exec(line)?.[1] ??
      /^\^CPIN:\s*[^,]*,\s*\d*\s*,\s*\d{1,2}\s*,\s*(\d{1,2})\b/.exec(line)?.[1];
    if (text !== undefined) return Number(text);
  }
  return undefined;
}

/** Why the last call ended, as the network said it (AT+CEER); undefined where nothing was said. */
export function endReasonOf(lines: readonly string[]): string | undefined {
  for (const line of lines) {
    const text = /^\+CEER:\s*"?([^"]{1,80})"?$/.exec(line)?.[1]?.trim();
    if (text !== undefined && text !== "") return text;
  }
  return undefined;
}

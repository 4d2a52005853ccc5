import { isServing } from "../ops/health.ts";
import { type BedHealth, HEALTH_IDS, type HealthFinding, type HealthLevel } from "../port/health.ts";
import { askHome, findControl, parseJson } from "./control.ts";
import type { Terminal } from "./terminal.ts";

/** What a running program says of itself, as far as the command line needs it. */
export interface ToldHealth {
  readonly version: string;
  readonly beds: readonly BedHealth[];
  /** It keeps what it is given. */
  readonly serving: boolean;
}

/**
 * Asks the program that keeps its data in one of these folders; undefined where none runs or answers. A hub tells this
 * machine's command line nothing of its homes: its version then, and whether it keeps what it is given. Never rejects.
 */
export async function askHealth(
  folders: readonly [string, ...string[]],
  terminal: Pick<Terminal, "clock" | "signal">,
): Promise<ToldHealth | undefined> {
  try {
    const control = await findControl(folders);
    const { status, text } = await askHome(control, "/api/health", undefined, terminal);
    if (status === 200) return told(text);
    const [me, serving] = [
      await askHome(control, "/api/me", undefined, terminal),
      await askHome(control, "/healthz", undefined, terminal),
    ];
    const version = parseJson(me.text)?.["version"];
    if (typeof version !== "string") return undefined;
    return { version, beds: [], serving: serving.status === 200 };
  } catch {
    // No control file, or nobody behind it: none runs.
    return undefined;
  }
}

const LEVELS: readonly HealthLevel[] = ["ok", "warning", "error"];

function told(text: string): ToldHealth | undefined {
  const { version, beds, findings } = parseJson(text) ?? {};
  if (typeof version !== "string" || !Array.isArray(beds) || !Array.isArray(findings)) return undefined;
  const known = findings.map(findingOf).filter((one) => one !== undefined);
  return { version, beds: beds.map(bedOf), serving: isServing({ findings: known }) };
}

const fieldsOf = (value: unknown): { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null ? { ...value } : {};

/** A bed that says less than it should is taken for one that is on watch. */
function bedOf(value: unknown): BedHealth {
  const { bed, zone, onWatch, open } = fieldsOf(value);
  return {
    bed: typeof bed === "string" ? bed : "?",
    zone: typeof zone === "string" ? zone : "UTC",
    onWatch: onWatch !== false,
    open: typeof open === "number" ? open : 0,
  };
}

function findingOf(value: unknown): HealthFinding | undefined {
  const { id, level } = fieldsOf(value);
  const known = HEALTH_IDS.find((one) => one === id);
  const judged = LEVELS.find((one) => one === level);
  return known === undefined || judged === undefined ? undefined : { id: known, level: judged };
}

import { type Wall, wall, zoneOffsetMs } from "../domain/time.ts";
import { UsageError } from "./command.ts";

/** An IANA zone from --zone; UTC where none is given. Throws UsageError. */
export function zoneOf(zone = "UTC"): string {
  try {
    zoneOffsetMs(wall(0), zone);
    return zone;
  } catch {
    throw new UsageError(`--zone: there is no zone "${zone}".`);
  }
}

/** An instant as ISO 8601 with its offset. Throws UsageError. */
export function timeOf(text: string): Wall {
  const at = /(?:Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(at)) return wall(at);
  throw new UsageError(`"${text}" is no time such as 2026-01-15T22:00Z or 2026-01-15T22:00+08:00.`);
}

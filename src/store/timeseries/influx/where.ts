import type { BedId, HomeId } from "../../../domain/ids.ts";
import { bedTags } from "./lines.ts";
import { quoted } from "./series.ts";
import type { InfluxServer } from "./server.ts";

/** A server, and the home whose beds are named plainly. */
export interface Influx {
  readonly server: InfluxServer;
  readonly ownHome: HomeId;
}

interface Bounds {
  readonly bed: BedId;
  /** Milliseconds; absent: from the beginning. */
  readonly from?: number;
  /** Half-open. */
  readonly to?: number;
}

/** Earlier and later than everything that is stored: InfluxDB's nanoseconds end in 2262. */
const LEAST_MS = -9_000_000_000_000;
const MOST_MS = 9_000_000_000_000;

/** The condition of a query about one bed. */
export function whereBed({ bed, from, to }: Bounds, ownHome: HomeId): string {
  const tags = bedTags(bed, ownHome);
  const terms = [`"home" = ${quoted(tags.home)}`, `"bed" = ${quoted(tags.bed)}`];
  if (from !== undefined) terms.push(`time >= ${inRange(from)}ms`);
  if (to !== undefined) terms.push(`time < ${inRange(to)}ms`);
  return `WHERE ${terms.join(" AND ")}`;
}

/** A whole number of milliseconds that InfluxDB can hold. */
export const inRange = (ms: number): number => Math.min(MOST_MS, Math.max(LEAST_MS, Math.ceil(ms)));

import { readFile, rm, writeFile } from "node:fs/promises";
import Type, { type Static } from "typebox";
import { Check } from "typebox/value";
import { type BedId, type HomeId, qualifiedBed, splitBed } from "../domain/ids.ts";
import { SECOND_MS, type Wall, wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Batch, Timeseries } from "../port/timeseries.ts";

/** What a copy is to bring where. */
export interface CopyPlan {
  readonly from: Pick<Timeseries, "beds" | "page">;
  /** Resolves when what was given is there for good. */
  readonly to: { write(batch: Batch): Promise<unknown> };
  /** The name of a bed at its goal; undefined: it stays behind. */
  rename(bed: BedId): BedId | undefined;
  /** Half-open. */
  readonly since: Wall;
  readonly until: Wall;
  /** Where it says how far it is, so that a copy that was cut goes on; the same for the same copy. */
  readonly progressFile: string;
  readonly name: string;
}

/** What was copied in this run. */
export interface CopyResult {
  readonly beds: number;
  readonly rows: number;
  readonly waves: number;
  readonly settings: number;
  readonly events: number;
  /** Beds that a run before had already finished, or begun. */
  readonly resumed: number;
}

const ProgressSchema = Type.Object({
  name: Type.String(),
  /** How far each bed is, in wall milliseconds; null: it is done. */
  beds: Type.Record(Type.String(), Type.Union([Type.Number(), Type.Null()])),
});

type Progress = Static<typeof ProgressSchema>;

const SAY_MS = 2 * SECOND_MS;

/** How beds are named at their goal: as they are, as those of a home, or plainly those of one home. */
export function renaming(home: HomeId | undefined, plain: boolean): CopyPlan["rename"] {
  if (home === undefined) return (bed) => bed;
  return (bed) => {
    const qualified = splitBed(bed);
    if (plain) return qualified?.home === home ? qualified.bed : undefined;
    return qualified === undefined ? qualifiedBed(home, bed) : bed;
  };
}

/**
 * Copies page by page; a page counts once its goal has confirmed it. Repeats change nothing, so that a copy that was
 * cut is simply started again and goes on where it was.
 */
export async function copyStore(
  plan: CopyPlan,
  { clock, signal, say }: { readonly clock: Clock; readonly signal: AbortSignal; say(words: string): void },
): Promise<CopyResult> {
  const progress = await readProgress(plan);
  const counted = { beds: 0, rows: 0, waves: 0, settings: 0, events: 0, resumed: 0 };
  let saidAt = clock.mono();
  const beds = await plan.from.beds();
  for (const [index, { bed, oldest, newest }] of beds.entries()) {
    const goal = plan.rename(bed);
    const before = progress.beds[bed];
    if (before !== undefined) counted.resumed++;
    if (goal === undefined || before === null) continue;
    counted.beds++;
    let next: Wall | undefined = wall(Math.max(before ?? plan.since, plan.since));
    while (next !== undefined) {
      signal.throwIfAborted();
      const page = await plan.from.page({ bed, from: next, to: plan.until });
      const batch = renamed(page.batch, goal);
      await plan.to.write(batch);
      counted.rows += batch.rows.length;
      counted.waves += batch.waves.length;
      counted.settings += batch.settings.length;
      counted.events += batch.events.length;
      next = page.next;
      progress.beds[bed] = next ?? null;
      await writeFile(plan.progressFile, JSON.stringify(progress), { mode: 0o600 });
      if (next === undefined || clock.mono() - saidAt < SAY_MS) continue;
      saidAt = clock.mono();
      const part = (Math.max(next, oldest) - oldest) / Math.max(1, newest - oldest);
      say(
        `Bed ${index + 1} of ${beds.length}: ${Math.min(100, Math.round(100 * part))} %, ${counted.rows} rows so far.`,
      );
    }
  }
  return counted;
}

/** Called when all of it is known to be there: the next copy begins at the beginning. */
export const forgetProgress = ({ progressFile }: Pick<CopyPlan, "progressFile">): Promise<void> =>
  rm(progressFile, { force: true });

const renamed = ({ rows, waves, settings, events }: Batch, bed: BedId): Batch => ({
  rows: rows.map((row) => ({ ...row, bed })),
  waves: waves.map((wave) => ({ ...wave, bed })),
  settings: settings.map((one) => ({ ...one, bed })),
  events: events.map((one) => ({ ...one, bed })),
});

/** How far a run before came; one of another copy, or a damaged file, counts as none. */
async function readProgress({ progressFile, name }: CopyPlan): Promise<Progress> {
  const none: Progress = { name, beds: {} };
  let text: string;
  try {
    text = await readFile(progressFile, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return none;
    throw error;
  }
  try {
    const parsed: unknown = JSON.parse(text);
    return Check(ProgressSchema, parsed) && parsed.name === name ? parsed : none;
  } catch {
    // Cut short by a power cut: everything is copied again, which changes nothing.
    return none;
  }
}

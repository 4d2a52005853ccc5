import { readFile, rm, writeFile } from "node:fs/promises";
import Type, { type Static } from "typebox";
import { Check } from "typebox/value";
import { type BedId, type HomeId, qualifiedBed, splitBed } from "../domain/ids.ts";
import { SECOND_MS, type Wall, wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Batch, Page, StoredBed, Timeseries } from "../port/timeseries.ts";

/** What a copy is to bring where. */
export interface CopyPlan {
  readonly from: Pick<Timeseries, "beds" | "page">;
  /** Resolves when what was given is there for good. */
  readonly to: {
    write(batch: Batch): Promise<unknown>;
    /** Of a server that may lose what it has just confirmed: its run. */
    promise?(): Promise<{ readonly run?: string }>;
  };
  /** The name of a bed at its goal; undefined: it stays behind. */
  rename(bed: BedId): BedId | undefined;
  /** Half-open. */
  readonly since: Wall;
  readonly until: Wall;
  /** Where it says how far it is, so that a copy that was cut goes on; the same for the same copy. */
  readonly progressFile: string;
  readonly name: string;
}

/** What a copy is told by, and tells. */
interface Watched {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  say(words: string): void;
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
  /** The run of the goal's server in which all of it was confirmed. */
  run: Type.Optional(Type.String()),
  /** How far each bed is: `next` in wall milliseconds, and how many rows, waves, settings and events lay before it. */
  beds: Type.Record(Type.String(), Type.Object({ next: Type.Number(), count: Type.Number() })),
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
 * cut is simply started again and goes on where it was. A bed into whose past something came meanwhile is copied anew, and
 * so is everything where the goal's server was started again and may have lost what it had just confirmed.
 */
export async function copyStore(plan: CopyPlan, watched: Watched): Promise<CopyResult> {
  const run = (await plan.to.promise?.())?.run;
  const progress = await readProgress(plan, run);
  const counted = { beds: 0, rows: 0, waves: 0, settings: 0, events: 0, resumed: 0 };
  const beds = await plan.from.beds();
  for (const [index, bed] of beds.entries()) {
    const goal = plan.rename(bed.bed);
    if (goal === undefined) continue;
    const of = `Bed ${index + 1} of ${beds.length}`;
    const say = sayer(watched, bed, (part) => `${of}: ${part} %, ${counted.rows} rows so far.`);
    const before = await stillTrue(plan, bed, { progress, watched, of });
    if (before !== undefined) counted.resumed++;
    counted.beds++;
    let { next: end, count } = before ?? { next: plan.since, count: 0 };
    let next: Wall | undefined = wall(end);
    while (next !== undefined) {
      watched.signal.throwIfAborted();
      const page = await plan.from.page({ bed: bed.bed, from: next, to: plan.until });
      const batch = renamed(page.batch, goal);
      await plan.to.write(batch);
      counted.rows += batch.rows.length;
      counted.waves += batch.waves.length;
      counted.settings += batch.settings.length;
      counted.events += batch.events.length;
      count += sizeOf(batch);
      next = page.next;
      // Not the page's end, which may lie after everything: what is recorded next must not count as its past.
      end = endOf(batch, end);
      progress.beds[bed.bed] = { next: end, count };
      await writeFile(plan.progressFile, JSON.stringify(progress), { mode: 0o600 });
      if (next !== undefined) say(next);
    }
  }
  return counted;
}

/**
 * How far a run before brought a bed; undefined: not at all, or no longer so, since what lies before that is more or less
 * than it was. Late numbers and memory cards bring such; only a look at all of it tells.
 */
async function stillTrue(
  { from, since }: CopyPlan,
  { bed, oldest }: StoredBed,
  { progress, watched, of }: { readonly progress: Progress; readonly watched: Watched; readonly of: string },
): Promise<Progress["beds"][string] | undefined> {
  const before = progress.beds[bed];
  if (before === undefined) return undefined;
  const say = sayer(
    watched,
    { oldest, newest: wall(before.next) },
    (part) => `${of}: ${part} % looked at again.`,
  );
  let count = 0;
  let next: Wall | undefined = since;
  while (next !== undefined) {
    watched.signal.throwIfAborted();
    const page: Page = await from.page({ bed, from: next, to: wall(before.next) });
    count += sizeOf(page.batch);
    next = page.next;
    if (next !== undefined) say(next);
  }
  if (count === before.count) return before;
  watched.say(`${of} was changed since: it is copied from its beginning.`);
  return undefined;
}

/** Says how far it is, not more often than SAY_MS. */
function sayer(
  { clock, say }: Watched,
  { oldest, newest }: Pick<StoredBed, "oldest" | "newest">,
  words: (percent: number) => string,
): (next: Wall) => void {
  let saidAt = clock.mono();
  return (next) => {
    if (clock.mono() - saidAt < SAY_MS) return;
    saidAt = clock.mono();
    const part = (Math.max(next, oldest) - oldest) / Math.max(1, newest - oldest);
    say(words(Math.min(100, Math.round(100 * part))));
  };
}

const sizeOf = ({ rows, waves, settings, events }: Batch): number =>
  rows.length + waves.length + settings.length + events.length;

/** The moment after the last of a batch, `least` at least. */
function endOf({ rows, waves, settings, events }: Batch, least: number): number {
  let end = least;
  for (const list of [rows, waves, settings]) for (const { at } of list) end = Math.max(end, at + 1);
  for (const { event } of events) end = Math.max(end, event.at + 1);
  return end;
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

/** How far a run before came; one of another copy, into another run of a server, or a damaged file, counts as none. */
async function readProgress({ progressFile, name }: CopyPlan, run: string | undefined): Promise<Progress> {
  const none: Progress = { name, ...(run === undefined ? {} : { run }), beds: {} };
  let text: string;
  try {
    text = await readFile(progressFile, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return none;
    throw error;
  }
  try {
    const parsed: unknown = JSON.parse(text);
    return Check(ProgressSchema, parsed) && parsed.name === name && parsed.run === run ? parsed : none;
  } catch {
    // Cut short by a power cut: everything is copied again, which changes nothing.
    return none;
  }
}

import { type AlarmCommand, CONDITION_IDS } from "../domain/alarm.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import type { BedId } from "../domain/ids.ts";
import type { LimitsVersion } from "../domain/limits.ts";
import { MINUTE_MS, type Wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { LimitsAuthor, LimitsDesk, LimitsPicture, LimitsPreview, LimitsSaved } from "../port/limits.ts";
import type { Log } from "../port/log.ts";
import type { State } from "../port/state.ts";
import { boundsOf } from "./bounds.ts";
import { CONDITIONS } from "./conditions/index.ts";
import { classPreset, settingOf } from "./limits.ts";
import { applyCode, previewCode } from "./limits-code.ts";
import {
  expiryOf,
  type LimitsBed,
  type LimitsWish,
  owedTo,
  proposalOf,
  type Standing,
  standingAt,
  versionOf,
} from "./limits-plan.ts";
import { PRESETS, startsOn } from "./presets.ts";
import { widerWay } from "./widening.ts";

const SHOWN_MAX = 200;

export interface LimitsDeskOptions extends LimitsBed {
  readonly state: Pick<State, "limits" | "addLimits" | "trustedClinics" | "trustClinic">;
  readonly clock: Clock;
  readonly log: Log;
  /** Version that the engine at the bed has; undefined while it cannot be asked. */
  engineVersion(): number | undefined;
  /** Brings a command to the engine; false where it did not take it. */
  command(command: AlarmCommand): Promise<boolean>;
  /** Versions are made elsewhere: what was for a time ends in the engine by itself, and as a version there. */
  readonly follows?: boolean;
}

/** What the desk and its codes work with. */
export interface LimitsOffice extends LimitsDeskOptions {
  /** The newest version, what counts now, and the time. */
  look(): Promise<LimitsLook>;
  /** Makes a version of a wish, keeps it and brings it to the engine. */
  save(wish: LimitsWish, expected: number): Promise<LimitsSaved>;
}

export interface LimitsLook {
  readonly newest: LimitsVersion | undefined;
  readonly standing: Standing;
  readonly now: Wall;
}

/** A desk that also keeps engine and state store together: idle until `start`. */
export interface RunningLimitsDesk extends LimitsDesk {
  /** Gives the engine what it is owed, now and once a minute, and ends what was for a time. */
  start(): void;
  /** Resolves when nothing of it is under way any more. */
  stop(): Promise<void>;
  /** The same once; never rejects. */
  reconcile(): Promise<void>;
}

/** The limits of one bed: the state store holds every version, the engine runs on the newest that it was given. */
export function createLimitsDesk(options: LimitsDeskOptions): RunningLimitsDesk {
  const { bed, state, clock, log } = options;
  const look = async (): Promise<LimitsLook> => {
    const [newest] = await state.limits(bed, 1);
    const now = clock.wall();
    return { newest, now, standing: standingAt(newest, now, options) };
  };

  const deliver = async (version: LimitsVersion): Promise<boolean> => {
    const command = owedTo(options.engineVersion() ?? 0, version, clock.wall());
    if (command === undefined) return true;
    try {
      const taken = (await options.command(command)) && (options.engineVersion() ?? 0) >= version.version;
      if (!taken) log.note("limits.not_taken", { bed, version: version.version }, "warn");
      return taken;
    } catch (error) {
      log.note("limits.not_taken", { bed, version: version.version, why: messageOf(error) }, "error");
      return false;
    }
  };

  const save = async (wish: LimitsWish, expected: number): Promise<LimitsSaved> => {
    const { newest, standing, now } = await look();
    if (standing.version !== expected) throw conflict(newest);
    const made = versionOf(wish, standing, now, options);
    // The engine may be ahead where the state file came from a backup; it takes nothing older than what it has.
    const version = { ...made, version: Math.max(made.version, (options.engineVersion() ?? 0) + 1) };
    if (!(await state.addLimits(version, standing.version))) throw conflict((await look()).newest);
    return { version, delivered: await deliver(version) };
  };

  const reconcile = async (): Promise<void> => {
    try {
      const { newest, now } = await look();
      if (newest === undefined) return;
      const makes = options.follows !== true && clock.trusted();
      const ended = makes ? expiryOf(newest, now, options) : undefined;
      if (ended === undefined) await deliver(newest);
      else if (await state.addLimits(ended, newest.version)) await deliver(ended);
    } catch (error) {
      log.note("limits.not_reconciled", { bed, why: messageOf(error) }, "error");
    }
  };

  const office: LimitsOffice = { ...options, look, save };
  let cancel: (() => void) | undefined;
  let running: Promise<void> = Promise.resolve();
  const again = (): void => {
    running = running.then(reconcile);
  };
  return {
    reconcile,
    start() {
      again();
      cancel ??= clock.every(MINUTE_MS, again);
    },
    stop() {
      cancel?.();
      cancel = undefined;
      return running;
    },
    async picture() {
      const { standing } = await look();
      return pictureOf(options, standing, await state.limits(bed, SHOWN_MAX));
    },
    async preview(limits) {
      return previewOf(limits, (await look()).standing, options);
    },
    set: (limits, author) => save({ ...wishOf(author), limits, origin: { kind: "person" } }, author.expected),
    async restore(version, author) {
      const limits = await fileOf(office, version);
      return save({ ...wishOf(author), limits, origin: { kind: "restore", version } }, author.expected);
    },
    previewCode: (code) => previewCode(office, code),
    applyCode: (code, author) => applyCode(office, code, author),
  };
}

/** The desks of all beds of a home. */
export interface LimitsDesks {
  /** Throws NOT_FOUND for a bed that is not here. */
  of(bed: BedId): LimitsDesk;
  /** Gives every engine what it is owed, now. */
  reconcile(): Promise<void>;
  start(): void;
  stop(): Promise<void>;
}

export function createLimitsDesks({
  beds,
  engineVersion,
  command,
  ...shared
}: Pick<LimitsDeskOptions, "state" | "clock" | "log" | "follows"> & {
  readonly beds: readonly LimitsBed[];
  engineVersion(bed: BedId): number | undefined;
  command(bed: BedId, command: AlarmCommand): Promise<boolean>;
}): LimitsDesks {
  const desks = new Map(
    beds.map((bed) => {
      const ask = () => engineVersion(bed.bed);
      const bring = (asked: AlarmCommand) => command(bed.bed, asked);
      return [bed.bed, createLimitsDesk({ ...shared, ...bed, engineVersion: ask, command: bring })] as const;
    }),
  );
  return {
    of(bed) {
      const desk = desks.get(bed);
      if (desk === undefined) throw new Fault("NOT_FOUND", `There is no bed ${bed} here.`);
      return desk;
    },
    async reconcile() {
      await Promise.all([...desks.values()].map((desk) => desk.reconcile()));
    },
    start() {
      for (const desk of desks.values()) desk.start();
    },
    async stop() {
      await Promise.all([...desks.values()].map((desk) => desk.stop()));
    },
  };
}

/** What limits would change on top of what stands. Throws LIMITS_REFUSED. */
function previewOf(limits: unknown, standing: Standing, bed: LimitsBed): LimitsPreview {
  const { changed, widened, outside } = proposalOf(limits, standing, bed);
  return { changed, widened, outside };
}

const wishOf = ({
  by,
  role,
  reason,
  confirmed,
  until,
}: LimitsAuthor): Omit<LimitsWish, "limits" | "origin"> => ({
  ...{ by, role, reason, confirmed },
  ...(until === undefined ? {} : { until }),
});

async function fileOf({ state, bed }: LimitsOffice, version: number): Promise<unknown> {
  if (version === 0) return {};
  const found = (await state.limits(bed, Number.MAX_SAFE_INTEGER)).find((one) => one.version === version);
  if (found === undefined) throw new Fault("NOT_FOUND", `There is no version ${version} of the limits.`);
  return found.file;
}

function pictureOf(
  { bed, dependencyClass, engineVersion }: LimitsDeskOptions,
  { version, file, limits, base, temporary }: Standing,
  history: readonly LimitsVersion[],
): LimitsPicture {
  const preset = classPreset(dependencyClass);
  const ends = new Map(temporary.map(({ condition, setting, until }) => [`${condition}.${setting}`, until]));
  const conditions = CONDITIONS.map((one) => {
    const { id, rule, canBeOff } = one;
    const offUntil = ends.get(`${id}.on`);
    return {
      ...{ id, rule, canBeOff, on: limits[id].on, presetOn: startsOn(id, dependencyClass) },
      ...(offUntil === undefined ? {} : { offUntil }),
      settings: Object.entries(one.settings).map(([name, { unit, help, min, max }]) => {
        const until = ends.get(`${id}.${name}`);
        const recommended = boundsOf(id, name, dependencyClass);
        return {
          ...{ name, unit, help, min, max, wider: widerWay(id, name) ?? "either" },
          value: Number(settingOf(limits, id, name)),
          preset: Number(settingOf(preset, id, name)),
          ...(recommended === undefined ? {} : { recommended }),
          ...(until === undefined
            ? {}
            : { temporary: { until, afterwards: Number(settingOf(base, id, name)) } }),
        };
      }),
    };
  });
  return {
    ...{ bed, dependencyClass, version, file, presets: PRESETS, history },
    engineVersion: engineVersion() ?? 0,
    conditions: conditions.toSorted((a, b) => CONDITION_IDS.indexOf(a.id) - CONDITION_IDS.indexOf(b.id)),
  };
}

function conflict(newest: LimitsVersion | undefined): Fault {
  const who = newest === undefined ? "The presets are" : `${newest.by.name}'s version ${newest.version} is`;
  return new Fault("CONFLICT", `${who} in force, and not the version that this was made from.`, {
    fix: "Look at what counts now, then change that.",
  });
}

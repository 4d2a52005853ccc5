import type { AlarmCommand, AlarmFold, SelfFault } from "../domain/alarm.ts";
import type { DependencyClass, WatchSchedule } from "../domain/bed.ts";
import { exhaustedAfter } from "../domain/calling.ts";
import { messageOf } from "../domain/fault.ts";
import { type BedId, base32Id } from "../domain/ids.ts";
import { isProven } from "../domain/proof.ts";
import { MINUTE_MS, type Mono, minuteOfDay, SECOND_MS, type Wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Disk } from "../port/disk.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";
import type { TargetRecord } from "../port/state.ts";
import type { Reach, Reached } from "./reach.ts";
import {
  type BedFacts,
  type HomeFacts,
  keyOf,
  type SelfFinding,
  selfFindings,
  type TargetFacts,
} from "./self-findings.ts";
import { createUnanswered } from "./unanswered.ts";

/** A bed whose engine is told. */
export interface SelfWatchedBed {
  readonly bed: BedId;
  /** IANA. */
  readonly zone: string;
  readonly schedule: WatchSchedule;
  readonly dependencyClass: DependencyClass;
  /** Nothing at it is real. */
  readonly isMadeUp: boolean;
  fold(): AlarmFold;
  /** What the engine has been told and not that it is over, also before a restart. */
  faults(): readonly { readonly condition: string; readonly about?: string }[];
  command(command: AlarmCommand): void;
}

export interface SelfWatchOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly disk: Pick<Disk, "space">;
  readonly beds: () => readonly SelfWatchedBed[];
  readonly targets: () => readonly TargetRecord[];
  /** The first time without anybody on duty, of this night or the next; undefined: none, or none is planned. */
  readonly dutyGap: (bed: BedId) => { readonly from: Wall; readonly to: Wall } | undefined;
  readonly reach: Pick<Reach, "sends" | "service">;
  readonly sounderWorks: () => boolean;
  /** What cannot be written; undefined: everything can. */
  readonly unwritten: () => string | undefined;
  /** Whether a hub elsewhere answers; absent: the hub is in this process. */
  readonly hubAnswers?: () => boolean;
  /** Why what is sealed cannot be opened in this run; absent: it can. */
  readonly keyless?: string;
  /** How near the end of the pages' certificate is; absent: they have none. */
  readonly certificate?: () => HomeFacts["certificate"];
  /** The hub that put this box out; undefined: none did. */
  readonly putOut?: () => string | undefined;
}

/**
 * The box watches itself: what is wrong with it, or with who can be called, is told to every bed's engine as
 * `self_fault`, and taken back when it is over. It decides from facts in memory; the disk is asked beside.
 */
export interface SelfWatch {
  start(): void;
  /** Something has changed: judged at once. */
  look(): void;
  /** A bed's alarms have changed: counted at once, since the next look may be too late for a short one. Tells nothing yet. */
  onFold(): void;
  /** Whether it matters now that phones can be called: their services are asked then. */
  readonly wantsReach: boolean;
  stop(): void;
}

/** What is told and taken back here; damage and rules that fail end in other ways. */
const OWN: ReadonlySet<string> = new Set<SelfFault>([
  "DB_WRITE_FAIL",
  "KEY_MISSING",
  "BOX_PUT_OUT",
  "CERTIFICATE_ENDING",
  "CERTIFICATE_EXPIRED",
  "STORAGE_FULL",
  "NET_DOWN",
  "PHONE_UNREACHABLE",
  "NOBODY_ON_CALL",
  "ESCALATION_EXHAUSTED",
  "TEST_OVERDUE",
]);

/** What needs no moment after a start to be known. */
const KNOWN_AT_ONCE: ReadonlySet<string> = new Set<SelfFault>([
  "DB_WRITE_FAIL",
  "KEY_MISSING",
  "BOX_PUT_OUT",
]);

const LOOK_MS = 5 * SECOND_MS;
const SPACE_MS = MINUTE_MS;
/** Sounder, phones and brokers need a moment after a start. */
const SETTLE_MS = 30 * SECOND_MS;

export function createSelfWatch(options: SelfWatchOptions): SelfWatch {
  const { clock, random, log, disk } = options;
  const stops: (() => void)[] = [];
  /** When each finding of a bed was first made without a break. */
  const since = new Map<string, Mono>();
  const unanswered = createUnanswered(clock, (condition) => OWN.has(condition));
  let room: HomeFacts["room"];
  let isAsking = false;
  let hubHeard: Mono = clock.mono();
  let startedAt: Mono | undefined;
  let cancelSoon: (() => void) | undefined;

  const homeFacts = (): HomeFacts => {
    const unwritten = options.unwritten();
    const putOut = options.putOut?.();
    const certificate = options.certificate?.();
    const hubSilentMs = clock.mono() - hubHeard;
    return {
      targets: options.targets().map(factsOf),
      sounder: options.sounderWorks(),
      ...(hubSilentMs > 0 && { hubSilentMs }),
      ...(room !== undefined && { room }),
      ...(unwritten !== undefined && { unwritten }),
      ...(options.keyless !== undefined && { keyless: options.keyless }),
      ...(putOut !== undefined && { putOut }),
      ...(certificate !== undefined && { certificate }),
    };
  };

  const factsOf = (target: TargetRecord): TargetFacts => {
    const { id, label, deadSince, deadWhy = "gone" } = target;
    const sends = options.reach.sends(id);
    const service = options.reach.service(target);
    const refused = failing(sends);
    const silent = failing(service);
    return {
      ...{ id, label, proven: isProven(target, clock.wall()) },
      ...(sends === undefined && service === undefined && { unknown: true as const }),
      ...(deadSince !== undefined && { dead: deadWhy }),
      ...(refused !== undefined && { refused }),
      ...(silent !== undefined && { silent }),
    };
  };

  const failing = (reached: Reached | undefined) =>
    reached === undefined || reached.ok
      ? undefined
      : { forMs: clock.mono() - reached.since, detail: reached.detail };

  const gapFacts = ({ bed, zone }: SelfWatchedBed): BedFacts["dutyGap"] => {
    const gap = options.dutyGap(bed);
    if (gap === undefined || !clock.trusted()) return undefined;
    const times = `from ${timeOfDay(gap.from, zone)} to ${timeOfDay(gap.to, zone)}`;
    return { isNow: gap.from <= clock.wall(), times };
  };

  const bedFacts = (bed: SelfWatchedBed, fold: AlarmFold): BedFacts => {
    const { zone, schedule, dependencyClass, isMadeUp } = bed;
    const dutyGap = gapFacts(bed);
    return {
      onWatch: fold.watch.on,
      simulated: isMadeUp,
      ...{ schedule, dependencyClass },
      ...(dutyGap !== undefined && { dutyGap }),
      unansweredMs: unanswered.longestMs(fold),
      ...(clock.trusted() && { minute: minuteOfDay(clock.wall(), zone) }),
    };
  };

  /** Told only when it has lasted; what is told already has. */
  const lasting = (bed: BedId, findings: readonly SelfFinding[], standing: ReadonlySet<string>) => {
    const names = new Set(findings.map((finding) => `${bed} ${keyOf(finding)}`));
    for (const name of since.keys()) {
      if (name.startsWith(`${bed} `) && !names.has(name)) since.delete(name);
    }
    return findings.filter((finding) => {
      const name = `${bed} ${keyOf(finding)}`;
      const first = since.get(name) ?? clock.mono();
      since.set(name, first);
      return standing.has(keyOf(finding)) || clock.mono() - first >= finding.afterMs;
    });
  };

  const tell = (
    to: SelfWatchedBed,
    fault: { readonly condition: SelfFault; readonly about?: string },
    active: boolean,
    detail: string,
  ): void => {
    const { condition, about } = fault;
    const id = `self-${to.bed}-${base32Id(random.bytes(10))}`;
    log.note(active ? "self.fault" : "self.mended", { bed: to.bed, condition, about, detail }, "warn");
    to.command({
      ...{ kind: "self_fault", id, condition, active, detail },
      ...(about === undefined ? {} : { about }),
    });
  };

  /** Sounder, phones and brokers are not judged before they have had their moment; records and key are. */
  const judge = (bed: SelfWatchedBed, home: HomeFacts, fold: AlarmFold, isSettled: boolean): void => {
    const counts = ({ condition }: { readonly condition: string }): boolean =>
      isSettled || KNOWN_AT_ONCE.has(condition);
    const told = bed.faults().filter(isOwn).filter(counts);
    const standing = new Set(told.map(keyOf));
    const findings = selfFindings(home, bedFacts(bed, fold), standing).filter(counts);
    const found = lasting(bed.bed, findings, standing);
    const names = new Set(found.map(keyOf));
    for (const finding of found) {
      if (!standing.has(keyOf(finding))) tell(bed, finding, true, finding.detail);
    }
    for (const fault of told) if (!names.has(keyOf(fault))) tell(bed, fault, false, "");
  };

  const follow = () => {
    const beds = options.beds().map((bed) => ({ bed, fold: bed.fold() }));
    unanswered.follow(
      beds.map(({ bed, fold }) => ({
        ...{ fold, dependencyClass: bed.dependencyClass },
        isTold: bed.faults().some(({ condition }) => condition === "ESCALATION_EXHAUSTED"),
      })),
    );
    return beds;
  };

  const look = (): void => {
    cancelSoon?.();
    cancelSoon = undefined;
    if (startedAt === undefined) return;
    if (options.hubAnswers?.() !== false) hubHeard = clock.mono();
    const beds = follow();
    const home = homeFacts();
    const isSettled = clock.mono() - startedAt >= SETTLE_MS;
    for (const { bed, fold } of beds) judge(bed, home, fold, isSettled);
  };

  /** A disk that does not answer is not asked again meanwhile; what was known stays. */
  const askSpace = (): void => {
    if (isAsking) return;
    isAsking = true;
    disk
      .space()
      .then(
        (space) => {
          room = space;
        },
        (error: unknown) => log.note("space.unknown", { why: messageOf(error) }, "warn"),
      )
      .finally(() => {
        isAsking = false;
      });
  };

  return {
    start() {
      if (startedAt !== undefined) return;
      startedAt = clock.mono();
      hubHeard = startedAt;
      askSpace();
      stops.push(clock.every(LOOK_MS, look), clock.every(SPACE_MS, askSpace));
    },
    look,
    onFold() {
      if (startedAt === undefined) return;
      const isUnheard = follow().some(
        ({ bed, fold }) => unanswered.longestMs(fold) >= exhaustedAfter(bed.dependencyClass),
      );
      // Not from within: what is told changes the alarms again.
      if (isUnheard) cancelSoon ??= clock.after(0, look);
    },
    get wantsReach() {
      return options
        .beds()
        .some(
          (one) =>
            !one.isMadeUp &&
            (one.fold().watch.on || one.faults().some(({ condition }) => condition === "PHONE_UNREACHABLE")),
        );
    },
    stop() {
      for (const stop of stops.splice(0)) stop();
      cancelSoon?.();
      cancelSoon = undefined;
      startedAt = undefined;
    },
  };
}

const isOwn = (fault: {
  readonly condition: string;
  readonly about?: string;
}): fault is { readonly condition: SelfFault; readonly about?: string } => OWN.has(fault.condition);

/** `23:05`. */
function timeOfDay(at: Wall, zone: string): string {
  const minute = minuteOfDay(at, zone);
  const two = (part: number): string => String(part).padStart(2, "0");
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`;
}

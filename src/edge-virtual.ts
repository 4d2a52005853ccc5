import { noninSerial } from "../devices/nonin-serial/module.ts";
import type { Refusal } from "./alarm/commands.ts";
import type { JournalEntry } from "./alarm/journal.ts";
import { resolveLimits } from "./alarm/limits.ts";
import { createAlarmRunner } from "./alarm/runner.ts";
import type { Actor, AlarmCommand, AlarmFold, Occurrence } from "./domain/alarm.ts";
import { type BedView, DEFAULT_SCHEDULE } from "./domain/bed.ts";
import { messageOf } from "./domain/fault.ts";
import { type BedId, base32Id, type OccurrenceId } from "./domain/ids.ts";
import { absent } from "./domain/sample.ts";
import type { SignalId } from "./domain/signal.ts";
import { SECOND_MS } from "./domain/time.ts";
import { simulateAt } from "./driver/attach.ts";
import { fillOptions } from "./driver/options.ts";
import { supervise } from "./driver/supervise.ts";
import type { CompactableLog } from "./port/record.ts";
import type { World } from "./port/world.ts";
import { createLinks } from "./transport/links.ts";
import { createMemoryLinks } from "./transport/memory.ts";

/** A bed with a virtual finger in a virtual sensor, for one phone in one check (ADR 0029). */
export interface VirtualBed {
  readonly id: BedId;
  readonly target: string;
  start(): void;
  /** Shows once that nothing rings here; in the place of start(). */
  clear(): void;
  owns(occurrence: OccurrenceId): boolean;
  /** What it rings for now. */
  readonly open: Occurrence | undefined;
  command(command: AlarmCommand): Refusal | undefined;
  /** Ends what rings, as a person ends a night, and lets go of everything; once. */
  end(by: Actor): void;
}

export interface VirtualBedOptions {
  readonly world: Pick<World, "clock" | "random" | "log">;
  readonly id: BedId;
  /** A bed of this home, whose name its alarms carry: answers find their way by it, also through a hub. */
  readonly inNameOf: BedId;
  readonly zone: string;
  readonly target: string;
  /** It rings in a drill by name for so long. */
  readonly drillMs: number;
  /** Revisions go on from here: an earlier check had the same bed. */
  readonly revision: number;
  /** Must not throw. */
  readonly onFold: (fold: AlarmFold) => void;
}

const CABLE = "finger";
/** One that tells numbers once a second and has no alarms of its own, which would ring beside the one that is wanted. */
const SENSOR = fillOptions(noninSerial.options, { format: "8" });
/** So long the finger is well; then its oxygen falls, in real seconds like any. */
const WELL_MS = 1.5 * SECOND_MS;
const WELL = 97;
const BEATS_MS = 4 * SECOND_MS;
/**
 * Low enough for "falling fast" (two samples, no delay), which for this bed begins 5 below the limit of 88, as close as a
 * person could set it; not low enough for the tier above, so that it rings once and not twice.
 */
const LOW = 82;
const LIMITS = { SPO2_RAPID: { below: 5 } };

/**
 * The same parts as a bed in the house, from the sensor's bytes on: driver, engine, rule. Nothing of it is kept: no journal
 * on disk, no audit record, no numbers in a store; it shares nothing with any other bed. Nothing runs before start().
 */
export function createVirtualBed(options: VirtualBedOptions): VirtualBed {
  const { world, id, inNameOf, zone, target, revision, onFold } = options;
  const { clock, random, log } = world;
  const device = base32Id(random.bytes(10));
  const journal = base32Id(random.bytes(10));
  const memory = createMemoryLinks(clock);
  const links = createLinks({ clock, memory });
  const stopping = new AbortController();
  let spo2 = WELL;
  let isOver = false;
  let cancelFall: (() => void) | undefined;

  const runner = createAlarmRunner({
    setup: {
      profile: {
        ...{ bed: inNameOf, zone, dependencyClass: "B", schedule: DEFAULT_SCHEDULE },
        sources: [{ device, role: noninSerial.role, signals: noninSerial.signals(SENSOR), simulated: true }],
      },
      limits: resolveLimits(LIMITS, "B"),
      journal,
    },
    journal: unkept(journal),
    ...{ clock, log },
    onFold: (fold) => onFold(renamed(fold, id, revision)),
    onEvent: () => undefined,
    onDurability: () => undefined,
  });
  const supervisor = supervise({
    ...{ clock, random, log, links, zone, device, bed: inNameOf, epoch: base32Id(random.bytes(10)) },
    ...{ module: noninSerial, address: `memory:${CABLE}`, options: SENSOR },
    onObservation(observation) {
      if (!isOver) runner.observe(observation);
    },
  });
  const view: BedView = {
    sample(signal) {
      if (signal === "spo2") return spo2;
      const steady = STEADY[signal];
      // A pulse that never moved would be a frozen sensor.
      return steady === undefined
        ? absent("not_measured")
        : steady + (Math.floor(clock.mono() / BEATS_MS) % 2);
    },
    setting: () => undefined,
    flags: () => [],
    calls: () => false,
    ownAlarms: () => [],
    wave: () => undefined,
    breath: () => undefined,
  };

  /** Law 7: a simulated bed reaches a person in a drill by name alone. */
  const beginDrill = (): void => {
    runner.command({ kind: "drill", id: `${id}-drill`, forMs: options.drillMs, by: { id, name: id } });
  };

  return {
    ...{ id, target },
    clear() {
      isOver = true;
      beginDrill();
      links.stop();
    },
    start() {
      const cable = memory.cable(CABLE);
      beginDrill();
      runner.start();
      supervisor.start();
      simulateAt(noninSerial, cable, {
        ...{ bed: view, clock, zone, random, options: SENSOR, signal: stopping.signal },
      }).catch((error: unknown) => {
        if (!stopping.signal.aborted) log.note("practice.failed", { why: messageOf(error) }, "error");
      });
      cancelFall = clock.after(WELL_MS, () => {
        spo2 = LOW;
      });
    },
    owns: (occurrence) => occurrence.startsWith(`${inNameOf}-${journal}-`),
    get open() {
      return runner.fold().open[0];
    },
    command: (command) => runner.command(command),
    end(by) {
      if (isOver) return;
      isOver = true;
      cancelFall?.();
      runner.command({ kind: "end_watch", id: `${id}-end`, by });
      runner.stop();
      stopping.abort();
      supervisor
        .stop()
        .catch((error: unknown) => log.note("practice.unstopped", { why: messageOf(error) }, "warn"))
        .finally(() => links.stop());
    },
  };
}

const STEADY: { readonly [id in SignalId]?: number } = { pulse_rate: 72, perfusion_index: 3 };

/** Under a name of its own towards whoever calls phones; the alarms keep their ids. */
const renamed = (fold: AlarmFold, bed: BedId, revision: number): AlarmFold => ({
  ...fold,
  ...{ bed, revision: revision + fold.revision },
  open: fold.open.map((one) => ({ ...one, bed })),
});

/** A journal that ends with the process: what was practised is nobody's history. */
const unkept = (id: string): CompactableLog<JournalEntry> => ({
  id,
  recovered: { entries: [], damaged: false, found: "no_file" },
  bytes: 0,
  append: async () => undefined,
  rewrite: async () => undefined,
  close: async () => undefined,
});

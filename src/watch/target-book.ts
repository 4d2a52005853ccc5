import type { Actor, ConditionId } from "../domain/alarm.ts";
import type { Calling } from "../domain/calling.ts";
import { accessesIn, type ChannelAccess } from "../domain/channel-access.ts";
import { type DutyBook, dutyAt, dutyGaps, dutyNight, dutyOf, isDutyPlanned } from "../domain/duty.ts";
import { messageOf } from "../domain/fault.ts";
import type { BedId, PersonId } from "../domain/ids.ts";
import { type Language, mayBeOnCall } from "../domain/person.ts";
import type { Wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { State } from "../port/state.ts";
import type { WatchTarget } from "./message.ts";

/** Somebody to reach as the roots know them, with the name that pages show. */
export interface BookedTarget extends WatchTarget {
  readonly personName: string;
}

/**
 * Everybody who can be reached, in memory: the alarm path asks no store (law 4). Proofs and deaths count here at
 * once and are written down beside.
 */
export interface TargetBook {
  /** Reads phones and people anew; what is known stays when the store does not answer. Never rejects. */
  refresh(): Promise<void>;
  /** Takes over what the configuration names now; a webhook that stays keeps its proof. */
  configure(targets: readonly BookedTarget[]): void;
  list(): readonly BookedTarget[];
  find(id: string): BookedTarget | undefined;
  /** What the home has entered for a channel; undefined while that is nothing. */
  access(channel: string): ChannelAccess | undefined;
  /** Who is on duty at a bed now, and what its people have chosen; undefined: nobody has said anything. */
  calling(bed: BedId): Calling | undefined;
  /** Who has said that nobody may pause this at a bed; undefined: nobody has. */
  pauseForbidder(bed: BedId, condition: ConditionId): Actor | undefined;
  /** The first time without anybody on duty, of the night that is running or comes; undefined: none, or none planned. */
  dutyGap(bed: BedId): { readonly from: Wall; readonly to: Wall } | undefined;
  /** A person answered or tapped on it (law 2); `loud`: in a loud drill. */
  prove(id: string, loud?: boolean): void;
  /** The provider says that it is gone. */
  kill(id: string, why: string): void;
}

export function createTargetBook(options: {
  readonly state: State;
  readonly clock: Clock;
  readonly log: Log;
  readonly beds: readonly { readonly bed: BedId; readonly zone: string }[];
  /** Targets that the configuration names: webhooks. Their proofs are kept by id for this run only. */
  readonly configured: readonly BookedTarget[];
  /** Of people who are not in the store any more. */
  readonly language: Language;
  readonly onChange: () => void;
}): TargetBook {
  const { state, clock, log } = options;
  const book = new Map<string, BookedTarget>(options.configured.map((target) => [target.id, target]));
  let accesses: ReadonlyMap<string, ChannelAccess> = new Map();
  /** `planned`: with people too who are not of the home any more: their time is a gap, not the end of planning. */
  let duties: ReadonlyMap<BedId, { readonly own: DutyBook; readonly planned: DutyBook }> = new Map();
  let configured = options.configured;
  const isConfigured = (id: string): boolean => configured.some((target) => target.id === id);

  const change = (id: string, fields: Partial<BookedTarget>, write: () => Promise<void>): void => {
    const known = book.get(id);
    if (known === undefined) return;
    book.set(id, { ...known, ...fields });
    options.onChange();
    if (isConfigured(id)) return;
    write().catch((error: unknown) =>
      log.note("target.unwritten", { target: id, why: messageOf(error) }, "warn"),
    );
  };

  const zoneOf = (bed: BedId): string => options.beds.find((one) => one.bed === bed)?.zone ?? "UTC";

  const readDuties = async (people: readonly PersonId[]): Promise<void> => {
    const books = await Promise.all(options.beds.map(({ bed }) => state.duty(bed)));
    const known = books.flatMap((planned) =>
      planned === undefined ? [] : [{ own: dutyOf(planned, people), planned }],
    );
    duties = new Map(known.map((duty) => [duty.own.bed, duty]));
  };

  return {
    async refresh() {
      try {
        const [targets, people, values] = await Promise.all([
          state.targets(),
          state.people(),
          state.values(),
        ]);
        accesses = accessesIn(values);
        await readDuties(people.filter(mayBeOnCall).map(({ id }) => id));
        for (const id of book.keys()) if (!isConfigured(id)) book.delete(id);
        for (const target of targets) {
          const person = people.find(({ id }) => id === target.person);
          book.set(target.id, {
            ...target,
            language: person?.language ?? options.language,
            personName: person?.name ?? target.label,
          });
        }
      } catch (error) {
        log.note("targets.unread", { why: messageOf(error) }, "error");
      }
      options.onChange();
    },
    configure(targets) {
      for (const { id } of configured) if (!targets.some((target) => target.id === id)) book.delete(id);
      for (const target of targets) {
        const { lastProofAt } = book.get(target.id) ?? {};
        book.set(target.id, { ...target, ...(lastProofAt === undefined ? {} : { lastProofAt }) });
      }
      configured = targets;
      options.onChange();
    },
    list: () => [...book.values()],
    find: (id) => book.get(id),
    access: (channel) => accesses.get(channel),
    calling(bed) {
      const duty = duties.get(bed)?.own;
      if (duty === undefined) return undefined;
      const { on } = dutyAt(duty.rota, duty.handovers, clock.wall(), zoneOf(bed));
      const { calling: rules = [], backstops = [] } = duty;
      return { ...(on === undefined ? {} : { on: on.person }), rules, backstops };
    },
    pauseForbidder(bed, condition) {
      const { backstops = [], by } = duties.get(bed)?.own ?? {};
      return backstops.includes(condition) ? by : undefined;
    },
    dutyGap(bed) {
      const { own, planned } = duties.get(bed) ?? {};
      const now = clock.wall();
      if (own === undefined || planned === undefined || !isDutyPlanned(planned, now)) return undefined;
      const zone = zoneOf(bed);
      return dutyGaps(own.rota, own.handovers, dutyNight(now, zone), zone)[0];
    },
    prove(id, loud = false) {
      const at: Wall = clock.wall();
      const proofs = { lastProofAt: at, ...(loud ? { lastLoudProofAt: at } : {}) };
      change(id, proofs, () => state.proveTarget(id, at, loud));
    },
    kill(id, why) {
      const at: Wall = clock.wall();
      change(id, { deadSince: at, deadWhy: why }, () => state.killTarget(id, at, why));
    },
  };
}

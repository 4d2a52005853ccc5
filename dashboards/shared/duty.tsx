import { type ReadonlySignal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { BedId, PersonId } from "../../src/domain/ids.ts";
import { HOUR_MS, SECOND_MS } from "../../src/domain/time.ts";
import type { DutyResponse } from "../../src/server/contract/duty.ts";
import { fill } from "../../src/words/template.ts";
import { type Answer, hasKeys, type Trouble } from "./api.ts";
import type { Format } from "./format.ts";
import { usePage } from "./page.ts";
import { TroubleBox } from "./trouble.tsx";
import "./duty.css";

export const isDuty = hasKeys<DutyResponse>("version", "people", "tonight", "shifts", "rota", "handovers");

/** Somebody may accept on another phone at any moment. */
const ASKED_EVERY_MS = 15 * SECOND_MS;
/** Further away than this a time of day alone does not say which day. */
const SAME_NIGHT_MS = 18 * HOUR_MS;

/** What a person is asked before somebody is relied on whom perhaps nothing wakes. */
export interface Unproven {
  /** Whom. */
  readonly names: readonly string[];
  decide(isAgreed: boolean): void;
}

/** Who is on duty at a bed, as last heard. */
export interface HeardDuty {
  readonly path: string;
  readonly view: ReadonlySignal<DutyResponse | undefined>;
  /** Why it is not known, or what was asked did not work. */
  readonly trouble: ReadonlySignal<Trouble | undefined>;
  readonly busy: ReadonlySignal<boolean>;
  /** Somebody is to be relied on whom perhaps nothing wakes: what a person says to that. */
  readonly unproven: ReadonlySignal<Unproven | undefined>;
  /**
   * Takes over what a change was answered with; resolves to whether it worked. `ask` is called once more, with what its
   * address needs then, where somebody agrees to put a person on duty whose phone has not proved itself.
   */
  change(ask: (agreement: string) => Promise<Answer<DutyResponse>>): Promise<boolean>;
}

export function useDuty(bed: BedId, shown = true): HeardDuty {
  const page = usePage();
  const view = useSignal<DutyResponse | undefined>(undefined);
  const trouble = useSignal<Trouble | undefined>(undefined);
  const busy = useSignal(false);
  const unproven = useSignal<Unproven | undefined>(undefined);
  const isAgreed = (problem: Trouble): Promise<boolean> =>
    new Promise((resolve) => {
      unproven.value = {
        names: problem.kind === "refused" ? (problem.problem.names ?? []) : [],
        decide(says) {
          unproven.value = undefined;
          resolve(says);
        },
      };
    });
  const path = `/api/beds/${encodeURIComponent(bed)}/duty`;
  const load = async (): Promise<void> => {
    const answer = await page.api.get(path, isDuty);
    // What was true before is not known to be true now.
    view.value = answer.ok ? answer.value : undefined;
    trouble.value = answer.ok ? undefined : answer.problem;
  };
  useEffect(() => {
    if (!shown) return undefined;
    page.handOver(load());
    return page.clock.every(ASKED_EVERY_MS, () => {
      // What was refused stays on the page until something else is asked.
      if (!busy.value && (trouble.value === undefined || view.value === undefined)) page.handOver(load());
    });
  }, [path, shown]);
  return {
    ...{ path, view, trouble, busy, unproven },
    async change(ask) {
      if (busy.value) return false;
      busy.value = true;
      trouble.value = undefined;
      let answer = await ask("");
      if (!answer.ok && isUnproven(answer.problem)) {
        const says = await isAgreed(answer.problem);
        if (says) answer = await ask("?unproven=agreed");
        else {
          busy.value = false;
          return false;
        }
      }
      busy.value = false;
      if (answer.ok) {
        view.value = answer.value;
        trouble.value = undefined;
        return true;
      }
      // Somebody was faster: what is there now is shown beside the reason.
      const now = await page.api.get(path, isDuty);
      if (now.ok) view.value = now.value;
      trouble.value = answer.problem;
      return false;
    },
  };
}

const isUnproven = (trouble: Trouble): boolean =>
  trouble.kind === "refused" && trouble.problem.code === "DUTY_UNPROVEN";

/** Who is on duty now and next, for everybody; loud where tonight has a gap. */
export function DutyLines(props: {
  readonly duty: HeardDuty;
  readonly zone: string;
  /** The gaps of tonight stand elsewhere on this page. */
  readonly isGapAbove?: true;
}) {
  const { duty, zone } = props;
  const page = usePage();
  const format = page.format.value;
  const words = format.words.notes.duty;
  const view = duty.view.value;
  if (view === undefined) {
    return duty.trouble.value === undefined ? (
      <p class="small">{format.words.notes.loading}</p>
    ) : (
      <TroubleBox trouble={duty.trouble.value} />
    );
  }
  const me = whoAmI(page);
  const when = (at: number): string => whenOf(format, at, view, zone);
  const { on, next } = view;
  if (!isPlanned(view)) return <p>{words.none}</p>;
  return (
    <>
      {props.isGapAbove !== true && <DutyGaps view={view} zone={zone} />}
      <p class={on === undefined ? "duty-now loud" : "duty-now"} data-test="duty-now">
        {on === undefined
          ? words.nobody
          : on.person === me
            ? fill(words.nowSince, { time: when(on.until) })
            : fill(words.now, { name: nameOf(format, view, on.person), time: when(on.until) })}
      </p>
      <p data-test="duty-next">
        {next === undefined
          ? words.noNext
          : next.person === me
            ? fill(words.nextYou, { from: when(next.from), until: when(next.until) })
            : fill(words.next, {
                name: nameOf(format, view, next.person),
                from: when(next.from),
                until: when(next.until),
              })}
      </p>
    </>
  );
}

/** The times of tonight without anybody on duty, in full width. */
export function DutyGaps(props: { readonly view: DutyResponse; readonly zone: string }) {
  const { view, zone } = props;
  const format = usePage().format.value;
  if (!isPlanned(view) || view.tonight.gaps.length === 0) return null;
  return (
    <p class="loud duty-gap" role="alert">
      <span aria-hidden="true">⚠ </span>
      {view.tonight.gaps
        .map(({ from, to }) =>
          fill(format.words.notes.duty.gap, {
            from: format.time(from, zone),
            to: format.time(to, zone),
          }),
        )
        .join(" · ")}
    </p>
  );
}

/** Whether anybody has a duty at all: a home that does not use it is not told each night that nobody has. */
export const isPlanned = ({ rota, on, shifts }: DutyResponse): boolean =>
  rota.length > 0 || on !== undefined || shifts.length > 0;

export function nameOf(format: Format, { people }: DutyResponse, person: PersonId): string {
  return people.find(({ id }) => id === person)?.name ?? format.words.notes.duty.somebody;
}

/** A time of day, with its weekday where it is not of this night. */
export function whenOf(format: Format, at: number, { at: now }: DutyResponse, zone: string): string {
  return Math.abs(at - now) < SAME_NIGHT_MS ? format.time(at, zone) : format.dayTime(at, zone);
}

export function whoAmI(page: ReturnType<typeof usePage>): PersonId | undefined {
  const who = page.who.value;
  return who.kind === "known" ? who.me.person?.id : undefined;
}

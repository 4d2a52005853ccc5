import type { Occurrence } from "../../src/domain/alarm.ts";
import { askedOfPhones, type Check, type CheckedPhone } from "../../src/domain/evening.ts";
import { Fault } from "../../src/domain/fault.ts";
import type { OccurrenceId } from "../../src/domain/ids.ts";
import { type Wall, wall } from "../../src/domain/time.ts";
import type { CheckRequest, EveningDesk } from "../../src/port/evening.ts";

/** An evening desk that a test leads: it keeps what it was asked, and phones do what the test says. */
export interface LedDesk extends EveningDesk {
  readonly requests: readonly (CheckRequest | { readonly on: boolean; readonly atMinute: number } | "stop")[];
  /** What a phone of the running check does. */
  phone(id: string, news: Partial<CheckedPhone>): void;
  end(end: NonNullable<Check["end"]>): void;
  last: EveningDesk["last"];
  due: EveningDesk["due"];
  /** The one that the check that runs asks about. */
  occurrence: OccurrenceId;
}

/** `phones`: all that a check of the whole home asks. */
export function createLedDesk(
  startedAt: Wall,
  phones: readonly Pick<CheckedPhone, "id" | "label" | "person" | "name" | "channel">[],
): LedDesk {
  const requests: LedDesk["requests"][number][] = [];
  let latest: Check | undefined;
  let settings = { on: true, atMinute: 21 * 60 + 30 };
  const running = (): Check | undefined => (latest?.end === undefined ? latest : undefined);
  const desk: LedDesk = {
    requests,
    last: {},
    due: { check: true, begins: false },
    occurrence: "",
    async begin(request) {
      if (running() !== undefined) throw new Fault("CONFLICT", "A check is running.");
      requests.push(request);
      const { kind, by, phones: ids } = request;
      const chosen = phones.filter(({ id }) => kind !== "pillow" && (ids?.includes(id) ?? true));
      latest = {
        ...{ kind, by, startedAt, phones: chosen },
        ...(ids === undefined ? {} : { some: true }),
        ...(kind === "pillow" ? { soundedMs: 0 } : {}),
      };
      return latest;
    },
    stop() {
      requests.push("stop");
      desk.end("stopped");
    },
    heard(heard, by) {
      if (latest?.kind !== "pillow") throw new Fault("CONFLICT", "The sounder has not been tried.");
      latest = { ...latest, heard, heardBy: by };
      desk.end("done");
    },
    phone(id, news) {
      if (latest === undefined) throw new Error("no check runs");
      const after = ({ trouble, ...phone }: CheckedPhone): CheckedPhone => ({
        ...phone,
        // What its service has taken is in no trouble any more.
        ...(trouble === undefined || news.acceptedMs !== undefined ? {} : { trouble }),
        ...news,
      });
      latest = { ...latest, phones: latest.phones.map((one) => (one.id === id ? after(one) : one)) };
    },
    end(end) {
      if (latest === undefined) return;
      latest = { ...latest, end, endedAt: wall(startedAt + 9_000) };
      if (latest.some !== true) desk.last = { ...desk.last, [latest.kind]: latest };
    },
    get running() {
      return running();
    },
    get latest() {
      return latest;
    },
    get settings() {
      return settings;
    },
    async set(next) {
      requests.push(next);
      settings = next;
    },
    asked(id) {
      const kind = latest && askedOfPhones(latest);
      const isAsked = id === desk.occurrence && running() !== undefined;
      return kind !== undefined && isAsked ? { kind, occurrence: occurrenceOf(id) } : undefined;
    },
  };
  return desk;
}

const occurrenceOf = (id: OccurrenceId): Occurrence => ({
  ...{ id, bed: "practice-1", condition: "SPO2_RAPID", priority: "high", state: "holds" },
  ...{ raisedAt: wall(0), values: {}, simulated: true, drill: true },
});

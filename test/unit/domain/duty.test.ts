import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type DutyBook,
  dutyAt,
  dutyGaps,
  dutyNight,
  dutyOf,
  type Handover,
  type RotaEntry,
  rotaClash,
  shiftsOf,
} from "../../../src/domain/duty.ts";
import {
  type DutyAuthor,
  emptyDuty,
  withAnswer,
  withOffer,
  withRota,
} from "../../../src/domain/duty-book.ts";
import { Fault } from "../../../src/domain/fault.ts";
import {
  atLocal,
  DAY_MS,
  HOUR_MS,
  localDate,
  MINUTE_MS,
  minuteOfDay,
  type Wall,
  wall,
} from "../../../src/domain/time.ts";

const ZONE = "Europe/Berlin";
/** Wednesday. */
const evening = atLocal("2026-01-14", 22 * 60, ZONE);
const at = (date: string, clock: string, zone = ZONE): Wall => {
  const [hours = 0, minutes = 0] = clock.split(":").map(Number);
  return atLocal(date, hours * 60 + minutes, zone);
};
const entry = (person: string, weekday: number, from: number, to: number): RotaEntry => ({
  ...{ person, weekday, from: from * 60, to: to * 60 },
});
/** Mei until three, Ba until nine, every night. */
const everyNight = (weekdays = [1, 2, 3, 4, 5, 6, 7]): RotaEntry[] =>
  weekdays.flatMap((day) => [entry("mei", day, 21, 3), entry("ba", (day % 7) + 1, 3, 9)]);
const handover = (changes: Partial<Handover>): Handover => ({
  ...{ id: "aaaaaaaaaa", giver: "mei", to: "an", from: evening, until: wall(evening + 2 * HOUR_MS) },
  ...{ offeredAt: evening, state: "accepted", answeredAt: evening },
  ...changes,
});

describe("who is on duty", () => {
  it("is told with until when, and who is next", () => {
    const duty = dutyAt(everyNight(), [], evening, ZONE);
    expect(duty.on).toEqual({
      ...{ person: "mei", by: "rota" },
      ...{ from: at("2026-01-14", "21:00"), until: at("2026-01-15", "03:00") },
    });
    expect(duty.next).toMatchObject({ person: "ba", until: at("2026-01-15", "09:00") });
  });

  it("is nobody between two shifts, and then the next one is named", () => {
    const duty = dutyAt(everyNight(), [], at("2026-01-14", "12:00"), ZONE);
    expect(duty.on).toBeUndefined();
    expect(duty.next).toMatchObject({ person: "mei", from: at("2026-01-14", "21:00") });
    expect(dutyAt([], [], evening, ZONE)).toEqual({});
  });

  it("is the giver until a hand-over is accepted, and again after it", () => {
    const open = handover({ state: "open" });
    const { answeredAt: _, ...unanswered } = open;
    expect(dutyAt(everyNight(), [unanswered], evening, ZONE).on?.person).toBe("mei");
    for (const state of ["declined", "withdrawn"] as const) {
      expect(dutyAt(everyNight(), [handover({ state })], evening, ZONE).on?.person).toBe("mei");
    }
    const late = handover({ answeredAt: wall(evening + HOUR_MS) });
    expect(dutyAt(everyNight(), [late], wall(evening + HOUR_MS - 1), ZONE).on?.person).toBe("mei");
    const during = dutyAt(everyNight(), [late], wall(evening + HOUR_MS), ZONE);
    expect(during.on).toMatchObject({ person: "an", by: "handover", until: late.until });
    expect(during.next?.person).toBe("mei");
    expect(dutyAt(everyNight(), [late], late.until, ZONE).on?.person).toBe("mei");
  });

  it("is whoever accepted last where two hand-overs are for one time", () => {
    const second = handover({ id: "bbbbbbbbbb", to: "ba", answeredAt: wall(evening + MINUTE_MS) });
    const later = wall(evening + 2 * MINUTE_MS);
    expect(dutyAt(everyNight(), [second, handover({})], later, ZONE).on?.person).toBe("ba");
  });

  it("keeps local times in the night in which the clocks go forward, and in the one in which they go back", () => {
    for (const [date, next, hours] of [
      ["2026-03-28", "2026-03-29", 5],
      ["2026-10-24", "2026-10-25", 7],
    ] as const) {
      const { on, next: after } = dutyAt(everyNight(), [], at(date, "22:00"), ZONE);
      expect(on).toMatchObject({ from: at(date, "21:00"), until: at(next, "03:00") });
      expect((on?.until ?? 0) - (on?.from ?? 0)).toBe(hours * HOUR_MS);
      expect(after).toMatchObject({ person: "ba", from: at(next, "03:00"), until: at(next, "09:00") });
    }
  });

  it("has no hole at a change of shift inside the hour that is missing or comes twice", () => {
    const split = [1, 2, 3, 4, 5, 6, 7].flatMap((day): RotaEntry[] => [
      { person: "mei", weekday: day, from: 21 * 60, to: 150 },
      { person: "ba", weekday: (day % 7) + 1, from: 150, to: 9 * 60 },
    ]);
    for (const [date, next] of [
      ["2026-03-28", "2026-03-29"],
      ["2026-10-24", "2026-10-25"],
    ] as const) {
      const night = { from: at(date, "21:00"), to: at(next, "09:00") };
      expect(dutyGaps(split, [], night, ZONE)).toEqual([]);
    }
  });

  it("is nobody in the gaps of a night, which are told whole", () => {
    const rota = [entry("mei", 3, 21, 1), entry("ba", 4, 5, 8)];
    const night = dutyNight(evening, ZONE);
    expect(dutyGaps(rota, [], night, ZONE)).toEqual([
      { from: at("2026-01-15", "01:00"), to: at("2026-01-15", "05:00") },
      { from: at("2026-01-15", "08:00"), to: at("2026-01-15", "09:00") },
    ]);
    expect(dutyGaps([], [], night, ZONE)).toEqual([night]);
  });

  it("takes the night that is running, else the one that comes", () => {
    expect(dutyNight(at("2026-01-14", "15:00"), ZONE)).toEqual({
      ...{ from: at("2026-01-14", "21:00"), to: at("2026-01-15", "09:00") },
    });
    const early = at("2026-01-15", "04:00");
    expect(dutyNight(early, ZONE)).toEqual({ from: early, to: at("2026-01-15", "09:00") });
    expect(dutyNight(at("2026-01-15", "09:00"), ZONE).from).toBe(at("2026-01-15", "21:00"));
  });

  it("joins what follows without a break: three nights and days are one shift", () => {
    const days = [entry("mei", 3, 9, 9), entry("mei", 4, 9, 9), entry("mei", 5, 9, 9)];
    expect(dutyAt(days, [], evening, ZONE).on).toMatchObject({
      ...{ from: at("2026-01-14", "09:00"), until: at("2026-01-17", "09:00") },
    });
  });

  it("does not count people who have left the home", () => {
    const rest = dutyOf({ rota: everyNight(), handovers: [handover({})] }, ["ba"]);
    expect(dutyAt(rest.rota, rest.handovers, evening, ZONE).on).toBeUndefined();
    expect(rest.handovers).toEqual([]);
  });
});

/** Zones with and without a change of clocks, also by half an hour and at midnight. */
const ZONES = [
  "Europe/Berlin",
  "America/New_York",
  "Australia/Lord_Howe",
  "America/Santiago",
  "Asia/Shanghai",
];
const someRota = fc.array(
  fc.record({
    person: fc.constantFrom("mei", "ba", "an"),
    weekday: fc.integer({ min: 1, max: 7 }),
    from: fc.integer({ min: 0, max: 1_439 }),
    to: fc.integer({ min: 0, max: 1_439 }),
  }),
  { maxLength: 12 },
);
const someHandovers = fc.array(
  fc
    .record({
      to: fc.constantFrom("mei", "ba", "an"),
      begins: fc.integer({ min: -40, max: 40 }),
      hours: fc.integer({ min: 1, max: 30 }),
      state: fc.constantFrom("open", "accepted", "declined", "withdrawn" as const),
      answered: fc.integer({ min: -40, max: 40 }),
    })
    .map(({ begins, hours, answered, ...rest }) => ({ begins, hours, answered, ...rest })),
  { maxLength: 5 },
);
/** Any hour of a year: every change of clocks of every zone is among them. */
const someHour = fc.integer({ min: 0, max: 366 * 24 });

const drawn = (
  hour: number,
  drafts: readonly { begins: number; hours: number; answered: number; to: string; state: string }[],
) => {
  const now = wall(Date.UTC(2026, 0, 1) + hour * HOUR_MS);
  const handovers = drafts.map(({ begins, hours, answered, to, state }, index) =>
    handover({
      ...{ id: `aaaaaaaaa${"abcde"[index] ?? "z"}`, to, state: state as Handover["state"] },
      from: wall(now + begins * HOUR_MS),
      until: wall(now + (begins + hours) * HOUR_MS),
      answeredAt: wall(now + answered * HOUR_MS),
    }),
  );
  return { now, handovers };
};

describe("duty, whatever the rota, the zone and the hour", () => {
  it("never has two people on call at one time, and gaps and shifts make up the whole", () => {
    fc.assert(
      fc.property(
        someRota,
        someHandovers,
        someHour,
        fc.constantFrom(...ZONES),
        (rota, drafts, hour, zone) => {
          const { now, handovers } = drawn(hour, drafts);
          const span = { from: now, to: wall(now + 3 * DAY_MS) };
          const shifts = shiftsOf(rota, handovers, span, zone);
          const gaps = dutyGaps(rota, handovers, span, zone);
          const all = [
            ...shifts.map(({ from, until }) => [from, until]),
            ...gaps.map(({ from, to }) => [from, to]),
          ];
          const sorted = all.toSorted((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
          expect(sorted[0]?.[0]).toBe(span.from);
          expect(sorted.at(-1)?.[1]).toBe(span.to);
          for (const [index, one] of sorted.entries()) {
            expect(one[0]).toBeLessThan(one[1] ?? 0);
            if (index > 0) expect(one[0]).toBe(sorted[index - 1]?.[1]);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("says at any instant of a shift the same person and the same end", () => {
    fc.assert(
      fc.property(
        ...([
          someRota,
          someHandovers,
          someHour,
          fc.constantFrom(...ZONES),
          fc.double({ min: 0, max: 1, noNaN: true }),
        ] as const),
        (rota, drafts, hour, zone, share) => {
          const { now, handovers } = drawn(hour, drafts);
          const { on, next } = dutyAt(rota, handovers, now, zone);
          if (next !== undefined) expect(next.from).toBeGreaterThan(now);
          if (on === undefined) return;
          expect(on.from <= now && now < on.until).toBe(true);
          // Beyond the horizon an end is that of the horizon.
          if (on.until - now > 6 * DAY_MS) return;
          const within = wall(Math.floor(now + share * (on.until - now - 1)));
          expect(dutyAt(rota, handovers, within, zone).on).toMatchObject({
            person: on.person,
            until: on.until,
          });
          expect(dutyAt(rota, handovers, on.until, zone).on?.person).not.toBe(on.person);
        },
      ),
      { numRuns: 300 },
    );
  });

  it("begins and ends by the clock on the wall, also over a change of the clocks", () => {
    const single = fc.record({
      weekday: fc.integer({ min: 1, max: 7 }),
      from: fc.integer({ min: 0, max: 1_439 }),
      to: fc.integer({ min: 0, max: 1_439 }),
    });
    fc.assert(
      fc.property(single, someHour, fc.constantFrom(...ZONES), (one, hour, zone) => {
        const now = wall(Date.UTC(2026, 0, 1) + hour * HOUR_MS);
        const found = shiftsOf(
          ...([[{ person: "mei", ...one }], [], { from: now, to: wall(now + 9 * DAY_MS) }, zone] as const),
        );
        for (const { from, until } of found) {
          if (from === now || until === now + 9 * DAY_MS) continue;
          for (const [instant, minutes] of [
            [from, one.from],
            [until, one.to],
          ] as const) {
            // What the clocks leave out is read an hour, or half of one, later.
            const skipped = atLocal(localDate(instant, zone), minutes, zone) === instant;
            expect(minuteOfDay(instant, zone) === minutes || skipped).toBe(true);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe("a book of duty", () => {
  const author = (id: string, now = evening): DutyAuthor => ({
    ...{ by: { id, name: id }, now, zone: ZONE, people: ["mei", "ba", "an"] },
  });
  const book = (): DutyBook => withRota(emptyDuty("b1"), everyNight(), author("mei"));
  const offer = (changes: object = {}) => ({
    ...{ id: "aaaaaaaaaa", to: "ba", from: evening, until: at("2026-01-15", "03:00") },
    ...changes,
  });
  const codeOf = (work: () => unknown): string => {
    try {
      work();
    } catch (error) {
      return error instanceof Fault ? error.code : String(error);
    }
    return "";
  };
  const onDuty = ({ rota, handovers }: DutyBook, now = evening) =>
    dutyAt(rota, handovers, now, ZONE).on?.person;

  it("counts its versions and says who changed what", () => {
    expect(book()).toMatchObject({ version: 1, at: evening, by: { id: "mei" }, change: "rota" });
    expect(withOffer(book(), offer(), author("mei"))).toMatchObject({ version: 2, change: "offered" });
  });

  it("moves the duty when the receiver accepts, and nobody else can", () => {
    const offered = withOffer(book(), offer(), author("mei"));
    expect(onDuty(offered)).toBe("mei");
    for (const answer of ["accepted", "declined"] as const) {
      expect(codeOf(() => withAnswer(offered, "aaaaaaaaaa", answer, author("an")))).toBe("NOT_ALLOWED");
      expect(codeOf(() => withAnswer(offered, "aaaaaaaaaa", answer, author("mei")))).toBe("NOT_ALLOWED");
    }
    expect(codeOf(() => withAnswer(offered, "aaaaaaaaaa", "withdrawn", author("ba")))).toBe("NOT_ALLOWED");
    expect(codeOf(() => withAnswer(offered, "zzzzzzzzzz", "accepted", author("ba")))).toBe("NOT_FOUND");
    const accepted = withAnswer(offered, "aaaaaaaaaa", "accepted", author("ba"));
    expect(onDuty(accepted)).toBe("ba");
    expect(codeOf(() => withAnswer(accepted, "aaaaaaaaaa", "accepted", author("ba")))).toBe("CONFLICT");
  });

  it("leaves it with the giver when the other one declines, the giver withdraws, or nobody answers in time", () => {
    const offered = withOffer(book(), offer(), author("mei"));
    expect(onDuty(withAnswer(offered, "aaaaaaaaaa", "declined", author("ba")))).toBe("mei");
    expect(onDuty(withAnswer(offered, "aaaaaaaaaa", "withdrawn", author("mei")))).toBe("mei");
    const over = at("2026-01-15", "03:00");
    expect(codeOf(() => withAnswer(offered, "aaaaaaaaaa", "accepted", author("ba", over)))).toBe("CONFLICT");
  });

  it("does not let anybody give away what is not theirs, nor accept what is not the giver's any more", () => {
    expect(codeOf(() => withOffer(book(), offer({ to: "an" }), author("ba")))).toBe("CONFLICT");
    const offered = withOffer(book(), offer(), author("mei"));
    const taken = withOffer(offered, offer({ id: "bbbbbbbbbb", to: "an" }), author("an"));
    expect(onDuty(taken)).toBe("an");
    expect(codeOf(() => withAnswer(taken, "aaaaaaaaaa", "accepted", author("ba")))).toBe("CONFLICT");
  });

  it("withdraws an earlier question of the same person with the next", () => {
    const twice = withOffer(
      ...([
        withOffer(book(), offer(), author("mei")),
        offer({ id: "bbbbbbbbbb", to: "an" }),
        author("mei"),
      ] as const),
    );
    expect(twice.handovers.map(({ id, state }) => [id, state])).toEqual([
      ["aaaaaaaaaa", "withdrawn"],
      ["bbbbbbbbbb", "open"],
    ]);
  });

  it("refuses strangers, times that are over or turned round, and two people at one time", () => {
    expect(codeOf(() => withOffer(book(), offer({ to: "somebody" }), author("mei")))).toBe("INPUT_INVALID");
    expect(codeOf(() => withOffer(book(), offer({ until: evening }), author("mei")))).toBe("INPUT_INVALID");
    const past = offer({ from: wall(evening - HOUR_MS) });
    expect(codeOf(() => withOffer(book(), past, author("mei")))).toBe("INPUT_INVALID");
    const stranger = [entry("somebody", 1, 21, 9)];
    expect(codeOf(() => withRota(book(), stranger, author("mei")))).toBe("INPUT_INVALID");
    const both = [entry("mei", 7, 21, 9), entry("ba", 1, 8, 10)];
    expect(rotaClash(both)).toEqual(both);
    expect(codeOf(() => withRota(book(), both, author("mei")))).toBe("INPUT_INVALID");
    expect(rotaClash(everyNight())).toBeUndefined();
  });

  it("keeps at most fifty hand-overs and none that is over for two weeks", () => {
    let filled = book();
    for (let index = 0; index < 60; index += 1) {
      filled = withOffer(filled, offer({ to: "an", until: wall(evening + HOUR_MS) }), author("an"));
    }
    expect(filled.handovers).toHaveLength(50);
    const later = withRota(filled, [], author("mei", wall(evening + 15 * DAY_MS)));
    expect(later.handovers).toEqual([]);
  });
});

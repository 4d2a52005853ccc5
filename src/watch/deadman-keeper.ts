import type { ChannelAccess } from "../domain/channel-access.ts";
import { messageOf } from "../domain/fault.ts";
import type { HomeId } from "../domain/ids.ts";
import type { Language } from "../domain/person.ts";
import { HOUR_MS, type Mono, mono, SECOND_MS, type Wall, wall } from "../domain/time.ts";
import type { SendResult } from "../port/channel.ts";
import type { Clock } from "../port/clock.ts";
import type { DeadMan, DeadManOrder, DeadManState } from "../port/dead-man.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";
import type { State } from "../port/state.ts";
import { wordsIn } from "../words/index.ts";
import { answerWithin } from "./answer-within.ts";
import { afterStep, type DeadManPlan, nextStep, type Pace, paceOf, planAt, stateOf } from "./deadman.ts";

export interface DeadMenOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly home: HomeId;
  readonly language: Language;
  readonly men: readonly { readonly man: DeadMan; readonly time: "ours" | "service" }[];
  /** What the home entered for one; undefined: nothing. */
  readonly settings: (id: string) => ChannelAccess | undefined;
  /** A hub leads this box, and notices by itself: nothing is to stand elsewhere. */
  readonly isLed: () => boolean;
  /** Where it is kept what stands at a service, for the next run. */
  readonly state: Pick<State, "value" | "setValue">;
  /** Whether a bed that is real is on watch; undefined: no bed here is real. */
  readonly onWatch: () => boolean | undefined;
  /** How long of a day somebody is watched by the schedule, ms. */
  readonly neededMs: () => number;
  /** Whether alarms of this home count at the same place. */
  readonly isShared: (id: string, settings: ChannelAccess) => boolean;
  /** Why this process does not watch as it should; undefined: it does. */
  readonly trouble: () => string | undefined;
  /** One stands otherwise than before; must not throw. */
  readonly onChange: () => void;
}

/** Keeps the dead men outside the house quiet for as long as this process works, and no longer. */
export interface DeadMen {
  /** Reads what an earlier run left standing, and begins. */
  start(): Promise<void>;
  /** Settings or the watch have changed. */
  look(): void;
  /** Those that the home has entered something for. */
  states(): readonly { readonly id: string; readonly state: DeadManState }[];
  /** Speaks up shortly, marked as a drill. Never rejects. */
  drill(id: string): Promise<SendResult & { readonly tookMs: number }>;
  /**
   * A person at the machine ends the watch on purpose: nothing is to speak up. What was called off, and what was not.
   * Never rejects.
   */
  callOff(): Promise<readonly { readonly id: string; readonly isOff: boolean }[]>;
  /** The process ends, perhaps to begin again: what stands goes on standing, with words of its own. Never rejects. */
  stop(): Promise<void>;
}

interface Kept {
  readonly man: DeadMan;
  readonly time: "ours" | "service";
  /** With which it was last spoken to. */
  settings: ChannelAccess | undefined;
  plan: DeadManPlan;
  pace: Pace;
  paceAt: Mono | undefined;
  /** What has spoken up once is not put off again: the next one has another name, so that both can be seen to. */
  turn: number;
  work: Promise<void> | undefined;
  hasFailed: boolean;
  told: string;
}

const LOOK_MS = 5 * SECOND_MS;
const ANSWER_MS = 15 * SECOND_MS;
/** While the process ends nobody waits for long. */
const LAST_ANSWER_MS = 3 * SECOND_MS;
const PACE_MS = 6 * HOUR_MS;
const DRILL_MS = 10 * SECOND_MS;

type Spoken = "silent" | "stopped" | "back" | "ended" | "drill";

export function createDeadMen(options: DeadMenOptions): DeadMen {
  const { clock, log } = options;
  const all = options.men.map((one) => beginning(one, clock.mono()));
  let stopLooking: (() => void) | undefined;
  let isOver = false;
  let isEnded = false;

  const orderOf = (kept: Kept, spoken: Spoken, turn = kept.turn): DeadManOrder => ({
    sequence: `dead-man-${options.home}-${turn % 2}`,
    aheadMs: kept.pace.aheadMs,
    ...textOf(spoken, options.language),
  });

  const isWanted = (kept: Kept, settings: ChannelAccess): boolean => {
    const onWatch = options.onWatch();
    return onWatch !== undefined && kept.man.isWanted(settings, onWatch);
  };

  const current = (kept: Kept): ChannelAccess | undefined =>
    isEnded || options.isLed() ? undefined : options.settings(kept.man.id);

  const view = (kept: Kept): DeadManState | undefined => {
    const settings = current(kept);
    if (settings === undefined) return undefined;
    return stateOf(isSame(settings, kept.settings) ? kept.plan : planAt(clock.mono()), {
      now: clock.mono(),
      isWanted: isWanted(kept, settings),
      aheadMs: kept.time === "ours" ? kept.pace.aheadMs : undefined,
    });
  };

  const remember = (kept: Kept): void => {
    const { speaksAt } = kept.plan;
    const until = speaksAt === undefined ? undefined : Math.round(clock.wall() + (speaksAt - clock.mono()));
    options.state
      .setValue(nameOf(kept.man), JSON.stringify({ turn: kept.turn, ...(until !== undefined && { until }) }))
      .catch((error: unknown) => log.note("dead_man.unwritten", { why: messageOf(error) }, "warn"));
  };

  const ask = (ms: number, send: () => Promise<SendResult>): Promise<SendResult> =>
    answerWithin(clock, ms, send);

  const noteFailure = (kept: Kept, what: string, result: SendResult): void => {
    if (result.outcome === "accepted") return;
    log.note("dead_man.failed", { id: kept.man.id, what, detail: result.detail }, "warn");
  };

  /** How often the service lets itself be put off is asked before the first order, and a few times a day. */
  const keepPace = async (kept: Kept, settings: ChannelAccess): Promise<void> => {
    if (kept.paceAt !== undefined && clock.mono() - kept.paceAt < PACE_MS) return;
    const timesPerDay = await kept.man.timesPerDay(settings);
    kept.paceAt = clock.mono();
    const neededMs = kept.man.isWanted(settings, false) ? 24 * HOUR_MS : options.neededMs();
    kept.pace = paceOf({
      ...{ timesPerDay, neededMs },
      sharedWithAlarms: options.isShared(kept.man.id, settings),
    });
  };

  const act = async (
    kept: Kept,
    settings: ChannelAccess,
    step: "put_off" | "call_off",
    spoken: Spoken = "silent",
  ): Promise<SendResult> => {
    if (step === "put_off") await keepPace(kept, settings);
    const { speaksAt } = kept.plan;
    const hasSpoken = speaksAt !== undefined && clock.mono() >= speaksAt;
    const turn = step === "put_off" && hasSpoken ? kept.turn + 1 : kept.turn;
    const order = orderOf(kept, spoken, turn);
    const ms = stopLooking === undefined ? LAST_ANSWER_MS : ANSWER_MS;
    const result = await ask(ms, () =>
      step === "put_off" ? kept.man.putOff(settings, order) : kept.man.callOff(settings, order),
    );
    const before = kept.plan;
    kept.plan = afterStep(before, step, result, {
      ...{ now: clock.mono(), wall: clock.wall(), pace: kept.pace, uniform: options.random.uniform() },
    });
    noteFailure(kept, step, result);
    if (result.outcome !== "accepted") return result;
    const rung = kept.turn;
    kept.turn = turn;
    remember(kept);
    if (before.failing !== undefined || before.speaksAt === undefined) {
      log.note("dead_man.stands", { id: kept.man.id, step }, "info");
    }
    if (turn !== rung && kept.man.tell !== undefined) {
      const told = await ask(
        ms,
        async () => kept.man.tell?.(settings, orderOf(kept, "back", rung)) ?? result,
      );
      noteFailure(kept, "tell", told);
    }
    return result;
  };

  /** The home entered something else: what stood by what it was before is called off there. */
  const change = async (kept: Kept, settings: ChannelAccess | undefined): Promise<void> => {
    const before = kept.settings;
    if (before !== undefined && kept.plan.speaksAt !== undefined) {
      for (let tries = 0; tries < 2; tries++) {
        const result = await act(kept, before, "call_off");
        if (result.outcome === "accepted") break;
      }
    }
    kept.settings = settings;
    kept.plan = planAt(clock.mono());
    kept.paceAt = undefined;
  };

  /** It lives and does not work: a service that can be told so is told, once. */
  const fail = async (kept: Kept, settings: ChannelAccess, trouble: string): Promise<void> => {
    if (kept.hasFailed) return;
    kept.hasFailed = true;
    log.note("dead_man.not_put_off", { id: kept.man.id, trouble }, "error");
    if (kept.man.fail === undefined || !isWanted(kept, settings)) return;
    const order = { ...orderOf(kept, "silent"), body: trouble };
    noteFailure(
      kept,
      "fail",
      await ask(ANSWER_MS, async () => await (kept.man.fail?.(settings, order) ?? NOTHING)),
    );
  };

  const work = async (kept: Kept): Promise<void> => {
    const settings = current(kept);
    if (!isSame(settings, kept.settings)) await change(kept, settings);
    if (settings === undefined) return;
    const trouble = options.trouble();
    if (trouble === undefined) kept.hasFailed = false;
    else await fail(kept, settings, trouble);
    const step = nextStep(kept.plan, {
      now: clock.mono(),
      isWanted: isWanted(kept, settings),
      works: trouble === undefined,
    });
    if (step !== "wait") await act(kept, settings, step);
  };

  const tellChanges = (kept: Kept): void => {
    const told = JSON.stringify(view(kept) ?? null);
    if (told === kept.told) return;
    kept.told = told;
    options.onChange();
  };

  const look = (): void => {
    if (stopLooking === undefined) return;
    for (const kept of all) {
      tellChanges(kept);
      kept.work ??= work(kept)
        .catch((error: unknown) => log.note("dead_man.broken", { why: messageOf(error) }, "error"))
        .finally(() => {
          kept.work = undefined;
          tellChanges(kept);
        });
    }
  };

  /** Nothing more is begun; what is under way is waited for, for a moment. */
  const rest = async (): Promise<void> => {
    isOver = true;
    stopLooking?.();
    stopLooking = undefined;
    const under = all.flatMap((kept) => kept.work ?? []);
    if (under.length === 0) return;
    await Promise.race([Promise.all(under), clock.sleep(LAST_ANSWER_MS)]);
  };

  return {
    async start() {
      for (const kept of all) await recall(kept, options, clock);
      // It may have been stopped meanwhile.
      if (isOver) return;
      stopLooking ??= clock.every(LOOK_MS, look);
      look();
    },
    look,
    states: () =>
      all.flatMap((kept) => {
        const state = view(kept);
        return state === undefined ? [] : [{ id: kept.man.id, state }];
      }),
    async drill(id) {
      const began = clock.mono();
      const kept = all.find(({ man }) => man.id === id);
      const settings = kept === undefined ? undefined : options.settings(id);
      const sent =
        kept === undefined || settings === undefined
          ? NOTHING
          : await ask(ANSWER_MS, () => drillOf(kept.man, settings, { ...orderOf(kept, "drill") }));
      return { ...sent, tookMs: clock.mono() - began };
    },
    async callOff() {
      await rest();
      const ended: { id: string; isOff: boolean }[] = [];
      for (const kept of all) {
        const { settings, man } = kept;
        if (settings === undefined || kept.plan.speaksAt === undefined) continue;
        const result = await act(kept, settings, "call_off");
        if (result.outcome === "accepted" && man.tell !== undefined) {
          const order = orderOf(kept, "ended");
          noteFailure(
            kept,
            "tell",
            await ask(LAST_ANSWER_MS, async () => (await man.tell?.(settings, order)) ?? result),
          );
        }
        ended.push({ id: man.id, isOff: result.outcome === "accepted" && kept.time === "ours" });
      }
      isEnded = true;
      return ended;
    },
    async stop() {
      const wasRunning = stopLooking !== undefined;
      await rest();
      if (!wasRunning || isEnded) return;
      await Promise.all(
        all.map(async (kept) => {
          const { settings } = kept;
          if (settings === undefined || kept.plan.speaksAt === undefined || !isWanted(kept, settings)) return;
          await act(kept, settings, "put_off", "stopped");
        }),
      );
    },
  };
}

/** Nobody entered what it needs, or it cannot do that. */
const NOTHING: SendResult = { outcome: "refused", detail: "nothing was entered for it", gone: false };

const drillOf = (man: DeadMan, settings: ChannelAccess, order: DeadManOrder): Promise<SendResult> =>
  man.drill?.(settings, { ...order, sequence: `${order.sequence}-drill`, aheadMs: DRILL_MS }) ??
  man.putOff(settings, order);

const nameOf = (man: DeadMan): string => `dead_man_stands ${man.id}`;

const beginning = ({ man, time }: DeadMenOptions["men"][number], now: Mono): Kept => ({
  ...{ man, time, settings: undefined, plan: planAt(now), paceAt: undefined, turn: 0 },
  ...{ pace: paceOf({ timesPerDay: undefined, neededMs: 0, sharedWithAlarms: false }), work: undefined },
  ...{ hasFailed: false, told: "null" },
});

/** What an earlier run left at the service: it may stand still, or have spoken up meanwhile. */
async function recall(kept: Kept, { settings, state, log }: DeadMenOptions, clock: Clock): Promise<void> {
  try {
    const left = leftIn(await state.value(nameOf(kept.man)));
    const now = clock.mono();
    kept.turn = left?.turn ?? 0;
    kept.settings = settings(kept.man.id);
    const until = left?.until === undefined ? undefined : mono(now + (left.until - clock.wall()));
    kept.plan = planAt(now, kept.settings === undefined ? undefined : until);
  } catch (error) {
    log.note("dead_man.unread", { why: messageOf(error) }, "warn");
  }
}

function leftIn(text: string | undefined): { readonly turn: number; readonly until?: Wall } | undefined {
  const value: unknown = JSON.parse(text ?? "null");
  if (typeof value !== "object" || value === null || !("turn" in value)) return undefined;
  const turn = Number.isInteger(value.turn) ? Number(value.turn) : 0;
  const until = "until" in value && typeof value.until === "number" ? wall(value.until) : undefined;
  return { turn, ...(until === undefined ? {} : { until }) };
}

function textOf(spoken: Spoken, language: Language): Pick<DeadManOrder, "title" | "body"> {
  const { deadMan, push } = wordsIn(language);
  const { title, body } = deadMan.said[spoken === "drill" ? "silent" : spoken];
  return spoken === "drill" ? { title: `${push.drill} · ${title}`, body: push.drillBody } : { title, body };
}

/** Settings are small and few: their text tells whether they are the same. */
const isSame = (one: ChannelAccess | undefined, other: ChannelAccess | undefined): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

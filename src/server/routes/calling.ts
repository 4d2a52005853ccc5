import type { FastifyReply } from "fastify";
import { CONDITION_IDS } from "../../domain/alarm.ts";
import { canWake } from "../../domain/alerted.ts";
import {
  type Calling,
  callLevels,
  exhaustedAfter,
  paceOf,
  rehearseCalls,
  ringsOf,
} from "../../domain/calling.ts";
import { dutyAt, dutyOf } from "../../domain/duty.ts";
import { emptyDuty, withCalling } from "../../domain/duty-book.ts";
import { type BedId, ownBed } from "../../domain/ids.ts";
import { mayBeOnCall } from "../../domain/person.ts";
import { isProven } from "../../domain/proof.ts";
import { nextLocal, type Wall } from "../../domain/time.ts";
import type { TargetRecord } from "../../port/state.ts";
import type { App, Context } from "../context.ts";
import type { CalledPhone, CallingResponse } from "../contract/calling.ts";
import * as schemas from "../schemas-calling.ts";
import { DutyParams } from "../schemas-duty.ts";
import { bedOrFault } from "./beds.ts";
import { changeDuty, seenVersion } from "./duty.ts";

/** Who is called when about an alarm: what each has chosen, and what will happen minute by minute. */
export function callingRoutes(app: App, context: Context): void {
  const answered = { response: { 200: schemas.CallingAnswer } };

  app.get(
    "/api/beds/:bed/calling",
    { schema: { params: DutyParams, querystring: schemas.CallingAsked, ...answered } },
    async (request, reply) =>
      tagged(reply, await callingView(context, request.params.bed, minuteAsked(request.query.minute))),
  );

  app.put(
    "/api/beds/:bed/calling",
    { schema: { params: DutyParams, body: schemas.SetCalling, ...answered } },
    async (request, reply) => {
      const { bed } = request.params;
      const change = seenVersion(request, (book, author) => withCalling(book, request.body, author));
      await changeDuty(context, request, bed, change);
      return tagged(reply, await callingView(context, bed));
    },
  );
}

function tagged(reply: FastifyReply, view: CallingResponse): CallingResponse {
  reply.header("cache-control", "no-store").header("etag", `"${view.version}"`);
  return view;
}

const minuteAsked = (minute: string | undefined): number | undefined =>
  minute === undefined ? undefined : Number(minute);

/** For an alarm at the next such minute of the day by the bed's clock; absent: now. */
async function callingView(context: Context, of: BedId, minute?: number): Promise<CallingResponse> {
  const { deps } = context;
  const { bed, zone, answers, dependencyClass = "B" } = bedOrFault(context, of);
  const now = deps.clock.wall();
  const at = minute === undefined ? now : nextLocal(minute, now, zone);
  const state = context.stateOf(bed);
  const [everybody, targets, kept] = await Promise.all([
    state.people(),
    state.targets(),
    state.duty(ownBed(bed)),
  ]);
  const people = everybody.filter(mayBeOnCall);
  const book = kept ?? emptyDuty(ownBed(bed));
  const duty = dutyOf(
    book,
    people.map(({ id }) => id),
  );
  const on = dutyAt(duty.rota, duty.handovers, at, zone).on?.person;
  const { calling: rules = [], backstops = [] } = book;
  const calling: Calling = { rules, backstops, ...(on === undefined ? {} : { on }) };
  const phones = targets
    .filter(({ deadSince }) => deadSince === undefined)
    .map((target) => phoneOf(context, target, at));
  const planOf = (priority: "high" | "medium") =>
    rehearseCalls(callLevels(phones, priority, calling), priority, dependencyClass);
  return {
    ...{ bed, version: book.version, at, zone, rules, backstops, phones },
    people: people.map(({ id, name }) => ({ id, name })),
    ...(on === undefined ? {} : { on }),
    choices: CONDITION_IDS.filter(
      (each) => answers !== undefined && !answers.isTechnical(each) && answers.pauseCapMs(each, "high") > 0,
    ),
    plans: { high: planOf("high"), medium: planOf("medium") },
    exhaustedMs: exhaustedAfter(dependencyClass),
    againMs: { high: paceOf("high", dependencyClass).every, medium: paceOf("medium", dependencyClass).every },
    ...(deps.ledBy === undefined ? {} : { ledBy: deps.ledBy }),
  };
}

function phoneOf({ deps }: Context, target: TargetRecord, at: Wall): CalledPhone {
  const { id, person, label, channel } = target;
  const module = deps.channels.find((each) => each.id === channel);
  const way = module?.capabilities;
  return {
    ...{ id, person, label, channel, rings: ringsOf(way?.sounds), proven: isProven(target, at) },
    wakes: way !== undefined && canWake(way),
    ...(module === undefined ? {} : { way: module.name }),
  };
}

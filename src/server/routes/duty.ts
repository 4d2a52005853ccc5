import type { FastifyReply, FastifyRequest } from "fastify";
import { type DutyBook, dutyAt, dutyGaps, dutyNight, dutyOf, shiftsOf } from "../../domain/duty.ts";
import { type DutyAuthor, emptyDuty, withAnswer, withOffer, withRota } from "../../domain/duty-book.ts";
import { Fault } from "../../domain/fault.ts";
import { type BedId, ownBed, type PersonId } from "../../domain/ids.ts";
import { mayBeOnCall } from "../../domain/person.ts";
import { DAY_MS, type Wall, wall } from "../../domain/time.ts";
import type { App, Context } from "../context.ts";
import type { DutyResponse } from "../contract/duty.ts";
import { refuseUnproven, unprovenOf } from "../proven-phones.ts";
import * as schemas from "../schemas-duty.ts";
import { actorOf, bedOrFault } from "./beds.ts";
import { expectedOf } from "./limits.ts";

const SHIFTS_SHOWN_MS = 7 * DAY_MS;
const HANDOVERS_SHOWN_MS = DAY_MS;
/** Several people answer on several phones in the same second: so often a change is tried on what is newer. */
const TRIES = 5;

/** What a change makes of the newest book. Throws where it does not fit any more. */
type Change = (book: DutyBook, author: DutyAuthor) => DutyBook;

/** Who is on call at a bed: seen, planned, handed over. */
export function dutyRoutes(app: App, context: Context): void {
  const answered = { response: { 200: schemas.DutyAnswer } };
  const params = schemas.DutyParams;

  app.get("/api/beds/:bed/duty", { schema: { params, ...answered } }, async (request, reply) =>
    tagged(reply, await dutyView(context, request.params.bed)),
  );

  app.put(
    "/api/beds/:bed/duty/rota",
    { schema: { params, body: schemas.SetRota, querystring: schemas.UnprovenQuery, ...answered } },
    async (request, reply) => {
      const change = seenVersion(request, (book, author) => withRota(book, request.body.rota, author));
      const { bed } = request.params;
      const book = await context.stateOf(bedOrFault(context, bed).bed).duty(ownBed(bed));
      const known = new Set(book?.rota.map(({ person }) => person));
      const added = request.body.rota.map(({ person }) => person).filter((person) => !known.has(person));
      await askBack(bed, added, request.query);
      return done(request, reply, bed, change);
    },
  );

  app.post(
    "/api/beds/:bed/duty/handovers",
    { schema: { params, body: schemas.Offer, querystring: schemas.UnprovenQuery, ...answered } },
    async (request, reply) => {
      const { to, until } = request.body;
      await askBack(request.params.bed, [to], request.query);
      const from = wall(request.body.from ?? context.deps.clock.wall());
      const offer = { id: context.newId(), to, from, until: wall(until) };
      return done(request, reply, request.params.bed, (book, author) => withOffer(book, offer, author));
    },
  );

  app.post(
    "/api/beds/:bed/duty/handovers/:handover",
    { schema: { params: schemas.HandoverParams, body: schemas.Answer, ...answered } },
    async (request, reply) => {
      const { bed, handover } = request.params;
      const { answer } = request.body;
      return done(request, reply, bed, (book, author) => withAnswer(book, handover, answer, author));
    },
  );

  /** Before somebody is put on duty whom perhaps nothing wakes (BR-13). */
  async function askBack(
    bed: BedId,
    ids: readonly PersonId[],
    { unproven }: { readonly unproven?: "agreed" },
  ): Promise<void> {
    const home = context.deps.homeOf(bed);
    if (home === undefined || unproven === "agreed" || ids.length === 0) return;
    bedOrFault(context, bed);
    refuseLed(context);
    const people = (await onCall(context, bed)).filter(({ id }) => ids.includes(id));
    await refuseUnproven(context, home, people);
  }

  async function done(
    request: FastifyRequest,
    reply: FastifyReply,
    bed: BedId,
    change: Change,
  ): Promise<DutyResponse> {
    await changeDuty(context, request, bed, change);
    return tagged(reply, await dutyView(context, bed));
  }
}

/** Only of the version that the page has shown (if-match); throws CONFLICT where there is a newer one. */
export function seenVersion(request: FastifyRequest, change: Change): Change {
  const expected = expectedOf(request);
  return (book, author) => {
    if (book.version !== expected) {
      throw new Fault("CONFLICT", "Somebody else has changed the duty meanwhile.", {
        fix: "Look at what is there now, and change it again.",
      });
    }
    return change(book, author);
  };
}

function tagged(reply: FastifyReply, view: DutyResponse): DutyResponse {
  reply.header("cache-control", "no-store").header("etag", `"${view.version}"`);
  return view;
}

/** Changes a bed's duty in the name of who asks. Throws what the change throws, NOT_ALLOWED on a box that is led. */
export async function changeDuty(
  context: Context,
  request: FastifyRequest,
  of: BedId,
  change: Change,
): Promise<void> {
  const { deps } = context;
  const { bed, zone } = bedOrFault(context, of);
  refuseLed(context);
  const person = context.person(request);
  const state = context.stateOf(bed);
  const people = (await onCall(context, bed)).map(({ id }) => id);
  for (let tries = 0; tries < TRIES; tries += 1) {
    const book = (await state.duty(ownBed(bed))) ?? emptyDuty(ownBed(bed));
    const next = change(book, { by: actorOf(person), now: deps.clock.wall(), zone, people });
    if (!(await state.putDuty(next, book.version))) continue;
    context.audit(`duty.${next.change}`, auditOf(next), person);
    const home = deps.homeOf(bed);
    // A box runs on what its hub knows.
    if (home !== undefined) deps.targetsChanged(home);
    return;
  }
  throw new Fault("CONFLICT", "Others are changing the duty at this moment.", { fix: "Try again." });
}

/** What a hub leads is changed there, so that there is one place that knows it. Throws NOT_ALLOWED. */
export function refuseLed({ deps: { ledBy } }: Context): void {
  if (ledBy === undefined) return;
  throw new Fault("NOT_ALLOWED", `Notes and duty of this bed are kept at ${ledBy}.`, {
    fix: "Open the hub's page.",
  });
}

async function dutyView(context: Context, of: BedId): Promise<DutyResponse> {
  const { deps } = context;
  const { bed, zone } = bedOrFault(context, of);
  const now = deps.clock.wall();
  const known = await onCall(context, bed);
  const home = deps.homeOf(bed);
  const unproven = new Set(home === undefined ? [] : await unprovenOf(context, home, known));
  const people = known.map((person) => ({
    ...{ id: person.id, name: person.name },
    ...(unproven.has(person) ? { unproven: true as const } : {}),
  }));
  const book = (await context.stateOf(bed).duty(ownBed(bed))) ?? emptyDuty(ownBed(bed));
  const ids = people.map(({ id }) => id);
  const { rota, handovers } = dutyOf(book, ids);
  const night = dutyNight(now, zone);
  const { at, by, change, version } = book;
  return {
    ...{ bed, version, zone, at: now, people, rota },
    ...dutyAt(rota, handovers, now, zone),
    tonight: { ...night, gaps: dutyGaps(rota, handovers, night, zone) },
    shifts: shiftsOf(rota, handovers, { from: now, to: wall(now + SHIFTS_SHOWN_MS) }, zone),
    handovers: handovers.filter((one) => isShown(one, now)),
    ...(version === 0 ? {} : { changed: { at, by, change } }),
    ...(deps.ledBy === undefined ? {} : { ledBy: deps.ledBy }),
  };
}

const isShown = ({ state, until, answeredAt = until }: DutyBook["handovers"][number], now: Wall): boolean =>
  state === "open" ? until > now : answeredAt > now - HANDOVERS_SHOWN_MS;

async function onCall(context: Context, bed: BedId) {
  return (await context.stateOf(bed).people()).filter(mayBeOnCall);
}

function auditOf(book: DutyBook): string {
  const { bed, version, at, change, rota, handovers, calling = [], backstops = [] } = book;
  if (change === "calling") {
    const turns = calling.map(({ person, turn = "as usual", ways = [] }) => {
      const waits = ways.map(({ target, important, usual }) => `${target} +${important}/+${usual}`);
      return [`${person} ${turn}`, ...waits].join(" ");
    });
    return `${bed} version ${version}: ${[...turns, ...backstops].join(", ")}`;
  }
  if (change !== "rota") {
    const about = handovers.findLast(({ offeredAt, answeredAt = offeredAt }) => answeredAt === at);
    const what = about === undefined ? "" : `${about.id} ${about.giver} to ${about.to} until ${about.until}`;
    return `${bed} version ${version}: ${what}`;
  }
  const entries = rota.map(({ person, weekday, from, to }) => `${person} ${weekday} ${from}-${to}`);
  return `${bed} version ${version}: ${entries.join(", ")}`;
}

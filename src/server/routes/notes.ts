import type { FastifyRequest } from "fastify";
import { withOffer } from "../../domain/duty-book.ts";
import { Fault } from "../../domain/fault.ts";
import { type BedId, ownBed } from "../../domain/ids.ts";
import { isNoteBody } from "../../domain/note.ts";
import { DAY_MS, nightBounds, parseNight, wall } from "../../domain/time.ts";
import type { App, Context } from "../context.ts";
import type { NotesResponse } from "../contract/notes.ts";
import * as schemas from "../schemas-notes.ts";
import { actorOf, bedOrFault } from "./beds.ts";
import { changeDuty, refuseLed } from "./duty.ts";

const NOTES_SHOWN = 200;
/** Longer than a shift of two days is no duty, but a slip of the finger. */
const DUTY_MAX_MS = 14 * DAY_MS;

/** Mornings, symptoms, ALSFRS-R items, duty and care acts of a bed. */
export function noteRoutes(app: App, context: Context): void {
  const { deps } = context;
  const params = schemas.NotesParams;

  app.get(
    "/api/beds/:bed/notes/:kind",
    { schema: { params, querystring: schemas.NotesQuery, response: { 200: schemas.NotesAnswer } } },
    async (request, reply): Promise<NotesResponse> => {
      const { bed } = bedOrFault(context, request.params.bed);
      const limit = Number(request.query.limit ?? NOTES_SHOWN);
      reply.header("cache-control", "no-store");
      const notes = await context.stateOf(bed).notes(ownBed(bed), request.params.kind, limit);
      return { notes, ...(deps.ledBy === undefined ? {} : { ledBy: deps.ledBy }) };
    },
  );

  const bedParams = { params: schemas.NoteBedParams };
  app.post(
    "/api/beds/:bed/notes/symptom",
    { schema: { ...bedParams, body: schemas.NoteSymptom } },
    async (request, reply) => {
      await keep(request, request.params.bed, "symptom", request.body);
      return reply.code(204).send();
    },
  );
  app.post(
    "/api/beds/:bed/notes/alsfrs_r",
    { schema: { ...bedParams, body: schemas.NoteAlsfrs } },
    async (request, reply) => {
      await keep(request, request.params.bed, "alsfrs_r", request.body);
      return reply.code(204).send();
    },
  );
  app.post(
    "/api/beds/:bed/notes/care",
    { schema: { ...bedParams, body: schemas.NoteCare } },
    async (request, reply) => {
      await keep(request, request.params.bed, "care", request.body);
      return reply.code(204).send();
    },
  );
  app.post(
    "/api/beds/:bed/notes/duty",
    { schema: { ...bedParams, body: schemas.NoteDuty } },
    async (request, reply) => {
      const now = deps.clock.wall();
      const { at = now, until, person: to } = request.body;
      if (until <= at || until - at > DUTY_MAX_MS) {
        throw new Fault("INPUT_INVALID", "A duty ends after it begins, within 14 days.");
      }
      // There is one place that says who is on call; what is over is history alone.
      if (until > now) {
        const offer = { id: context.newId(), to, from: wall(Math.max(at, now)), until: wall(until) };
        await changeDuty(context, request, request.params.bed, (book, author) =>
          withOffer(book, offer, author),
        );
      }
      await keep(request, request.params.bed, "duty", request.body);
      return reply.code(204).send();
    },
  );

  app.post(
    "/api/beds/:bed/notes/morning",
    { schema: { ...bedParams, body: schemas.NoteMorning } },
    async (request, reply) => {
      const { zone } = bedOrFault(context, request.params.bed);
      const night = parseNight(request.body.night);
      const now = deps.clock.wall();
      if (night === undefined || nightBounds(night, zone).from > now) {
        throw new Fault("INPUT_INVALID", "That night has not begun.");
      }
      // Told at its end, however late it is written down.
      const at = Math.min(now, nightBounds(night, zone).to - 1);
      await keep(request, request.params.bed, "morning", { ...request.body, at });
      return reply.code(204).send();
    },
  );

  app.delete(
    "/api/beds/:bed/notes/:note",
    { schema: { params: schemas.NoteParams } },
    async (request, reply) => {
      const { note } = request.params;
      const { bed } = bedOrFault(context, request.params.bed);
      refuseLed(context);
      const person = context.person(request);
      const by = person.role === "owner" ? undefined : person.id;
      if (!(await context.stateOf(bed).removeNote(ownBed(bed), note, by))) {
        throw new Fault("NOT_FOUND", "There is no such note of yours.");
      }
      context.audit("note.removed", `${ownBed(bed)} ${note}`, person);
      return reply.code(204).send();
    },
  );

  async function keep(
    request: FastifyRequest,
    of: BedId,
    kind: string,
    { at, replaces, ...rest }: { readonly at?: number; readonly replaces?: string },
  ): Promise<void> {
    const { bed } = bedOrFault(context, of);
    refuseLed(context);
    const writtenAt = deps.clock.wall();
    const body: unknown = { kind, ...rest };
    if (!isNoteBody(body)) throw new Fault("INPUT_INVALID", "This is no note of this kind.");
    // Only a duty lies ahead.
    if (kind !== "duty" && at !== undefined && at > writtenAt) {
      throw new Fault("INPUT_INVALID", "That is still to come.");
    }
    const person = context.person(request);
    const id = context.newId();
    const when = { at: wall(at ?? writtenAt), writtenAt };
    const correcting = replaces === undefined ? {} : { replaces };
    const note = { id, bed: ownBed(bed), ...when, by: actorOf(person), body, ...correcting };
    if (!(await context.stateOf(bed).addNote(note))) {
      throw new Fault("CONFLICT", "Somebody else has written this meanwhile.", {
        fix: "Look at what is there now, and correct that.",
      });
    }
    context.audit("note.written", `${ownBed(bed)} ${kind} ${id}`, person);
  }
}

import type { AlarmCommand, Occurrence } from "../../domain/alarm.ts";
import { Fault } from "../../domain/fault.ts";
import type { BedId } from "../../domain/ids.ts";
import type { Person } from "../../domain/person.ts";
import type { App, Context } from "../context.ts";
import type { AcknowledgeRequest, CommandAnswer } from "../contract.ts";
import type { LiveBed } from "../live-model.ts";
import * as schemas from "../schemas.ts";

const answer = { response: { 200: schemas.CommandAnswer } };

/** What people do at a bed: acknowledge, call, say that one is all right, watch, drill. Each becomes a command in the name of the session. */
export function bedRoutes(app: App, context: Context): void {
  app.post(
    "/api/beds/:bed/occurrences/:id/acknowledge",
    { schema: { params: schemas.OccurrenceParams, body: schemas.Acknowledge, ...answer } },
    async (request): Promise<CommandAnswer> => {
      const { bed, id: occurrence } = request.params;
      const by = actorOf(context.person(request));
      return carryOut(context, bed, acknowledgeCommand(context, bed, occurrence, by, request.body));
    },
  );

  app.post(
    "/api/beds/:bed/call",
    { schema: { params: schemas.BedParams, body: schemas.Call, ...answer } },
    async (request): Promise<CommandAnswer> => {
      const { how, kind } = request.body;
      const id = context.newId();
      return carryOut(context, request.params.bed, { kind: "call", id, call: { how, kind } });
    },
  );

  app.post(
    "/api/beds/:bed/occurrences/:id/all-right",
    { schema: { params: schemas.OccurrenceParams, ...answer } },
    async (request): Promise<CommandAnswer> => {
      const { bed, id: occurrence } = request.params;
      const by = actorOf(context.person(request));
      return carryOut(context, bed, { kind: "all_right", id: context.newId(), occurrence, by });
    },
  );

  app.post(
    "/api/beds/:bed/watch",
    { schema: { params: schemas.BedParams, body: schemas.Watch, ...answer } },
    async (request): Promise<CommandAnswer> => {
      const person = context.person(request);
      const kind = request.body.on ? "start_watch" : "end_watch";
      const { bed } = request.params;
      const done = await carryOut(context, bed, { kind, id: context.newId(), by: actorOf(person) });
      context.audit(kind, bed, person);
      return done;
    },
  );

  app.post(
    "/api/beds/:bed/drill",
    { schema: { params: schemas.BedParams, body: schemas.Drill, ...answer } },
    async (request): Promise<CommandAnswer> => {
      const person = context.person(request);
      const { bed } = request.params;
      const { forMs } = request.body;
      const id = context.newId();
      const done = await carryOut(context, bed, { kind: "drill", id, forMs, by: actorOf(person) });
      context.audit("drill", `${bed} for ${forMs} ms`, person);
      return done;
    },
  );

  app.get("/api/live", () => {
    throw new Fault("INPUT_INVALID", "This address speaks WebSocket only.");
  });
}

/** Hands a command to the owner of the bed's alarms; throws the problem where it was refused. */
export async function carryOut(context: Context, bed: BedId, command: AlarmCommand): Promise<CommandAnswer> {
  bedOrFault(context, bed);
  const {
    accepted,
    reason = "This does not fit what is going on.",
    code = "CONFLICT",
  } = await context.deps.command(bed, command);
  if (!accepted) throw new Fault(code, reason);
  return { accepted };
}

/** The bed, or NOT_FOUND. */
export function bedOrFault({ deps }: Context, bed: BedId): LiveBed {
  const found = deps.live.bed(bed);
  if (found === undefined) throw new Fault("NOT_FOUND", `There is no bed ${bed}.`);
  return found;
}

/** A person as everybody sees who did something. */
export const actorOf = ({ id, name }: Person): { readonly id: string; readonly name: string } => ({
  id,
  name,
});

/** Being at the bedside answers a patient's call; every other alarm is acknowledged and goes on being watched. */
export function acknowledgeCommand(
  context: Context,
  bed: BedId,
  occurrence: Occurrence["id"],
  by: { readonly id: string; readonly name: string },
  { place, card }: AcknowledgeRequest,
): AlarmCommand {
  const id = context.newId();
  const open = context.deps.live.fold(bed)?.open.find((one) => one.id === occurrence);
  if (place === "bedside" && open?.condition === "PATIENT_CALL")
    return { kind: "with_patient", id, occurrence, by };
  return { kind: "acknowledge", id, occurrence, by, place, ...(card === true ? { card } : {}) };
}

import type { AlarmCommand } from "../../domain/alarm.ts";
import type { BedId } from "../../domain/ids.ts";
import { wall } from "../../domain/time.ts";
import type { App, Context } from "../context.ts";
import type { CommandAnswer } from "../contract.ts";
import * as schemas from "../schemas.ts";
import { actorOf, carryOut } from "./beds.ts";

const answer = { response: { 200: schemas.CommandAnswer } };
const bedOnly = { schema: { params: schemas.BedParams, ...answer } };

/**
 * Pauses, care and traces of a bed's alarms, and the ways to leave its watch. Each becomes a command in the name of
 * the session; what the engine refuses is a problem with a code of its own.
 */
export function alarmRoutes(app: App, context: Context): void {
  app.post(
    "/api/beds/:bed/pause",
    { schema: { params: schemas.BedParams, body: schemas.Pause, ...answer } },
    async (request): Promise<CommandAnswer> => {
      const { condition, priority, forMs } = request.body;
      const about = { condition, priority, forMs } as const;
      return obey(request.params.bed, { kind: "pause", ...about, ...asked(request) });
    },
  );

  app.post(
    "/api/beds/:bed/resume",
    { schema: { params: schemas.BedParams, body: schemas.Resume, ...answer } },
    async (request): Promise<CommandAnswer> => {
      const { condition } = request.body;
      return obey(request.params.bed, { kind: "resume", condition, ...asked(request) });
    },
  );

  app.post(
    "/api/beds/:bed/care",
    { schema: { params: schemas.BedParams, body: schemas.Care, ...answer } },
    async (request): Promise<CommandAnswer> =>
      obey(request.params.bed, { kind: "care", act: request.body.act, ...asked(request) }),
  );

  app.post(
    "/api/beds/:bed/care/done",
    bedOnly,
    async (request): Promise<CommandAnswer> =>
      obey(request.params.bed, { kind: "care_done", ...asked(request) }),
  );

  app.post(
    "/api/beds/:bed/care/plan",
    { schema: { params: schemas.BedParams, body: schemas.CarePlan, ...answer } },
    async (request): Promise<CommandAnswer> => {
      const { bed } = request.params;
      const done = await obey(bed, { kind: "care_plan", plan: request.body.plan, ...asked(request) });
      context.audit("care_plan", `${bed} ${JSON.stringify(request.body.plan)}`, context.person(request));
      return done;
    },
  );

  app.post(
    "/api/beds/:bed/occurrences/:id/seen",
    { schema: { params: schemas.OccurrenceParams, ...answer } },
    async (request): Promise<CommandAnswer> => {
      const { bed, id: occurrence } = request.params;
      return obey(bed, { kind: "seen", occurrence, ...asked(request) });
    },
  );

  app.post(
    "/api/beds/:bed/leave",
    { schema: { params: schemas.BedParams, body: schemas.Leave, ...answer } },
    async (request): Promise<CommandAnswer> => {
      const { bed } = request.params;
      const { reason, until } = request.body;
      const done = await obey(bed, { kind: "leave", reason, until: wall(until), ...asked(request) });
      context.audit("leave", `${bed} ${reason} until ${until}`, context.person(request));
      return done;
    },
  );

  app.post(
    "/api/beds/:bed/finish",
    { schema: { params: schemas.BedParams, body: schemas.Finish, ...answer } },
    async (request): Promise<CommandAnswer> => {
      const { bed } = request.params;
      const { reason } = request.body;
      const done = await obey(bed, { kind: "finish", reason, ...asked(request) });
      context.audit("finish", `${bed} ${reason}`, context.person(request));
      return done;
    },
  );

  app.post("/api/beds/:bed/finish/undo", bedOnly, async (request): Promise<CommandAnswer> => {
    const { bed } = request.params;
    const done = await obey(bed, { kind: "undo_finish", ...asked(request) });
    context.audit("undo_finish", bed, context.person(request));
    return done;
  });

  const obey = (bed: BedId, command: AlarmCommand): Promise<CommandAnswer> => carryOut(context, bed, command);

  /** Who asks, and an id of its own: only a repeat of the same command has the same. */
  function asked(request: Parameters<Context["person"]>[0]) {
    return { id: context.newId(), by: actorOf(context.person(request)) };
  }
}

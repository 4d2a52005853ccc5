import type { AuditAction } from "../../domain/audit-action.ts";
import { accessIn, accessName, type ChannelAccess } from "../../domain/channel-access.ts";
import { Fault } from "../../domain/fault.ts";
import type { HomeId } from "../../domain/ids.ts";
import type { DeadManModule } from "../../port/dead-man.ts";
import { checkFields, withoutSecrets } from "../channel-fields.ts";
import type { App, Context } from "../context.ts";
import type { TryResponse } from "../contract/channels.ts";
import type { DeadManView, DeadMenResponse } from "../contract/dead-man.ts";
import { ChannelAccess as AccessBody, TryAnswer } from "../schemas-channels.ts";
import { DeadManParams, DeadMenAnswer } from "../schemas-dead-man.ts";
import { HomeParams } from "../schemas-people.ts";

/** Who outside the house is told if the box dies: what the home has entered for it, and how it stands. */
export function deadMenRoutes(app: App, context: Context): void {
  const { deps } = context;

  app.get(
    "/api/homes/:home/dead-men",
    { schema: { params: HomeParams, response: { 200: DeadMenAnswer } } },
    async (request, reply): Promise<DeadMenResponse> => {
      reply.header("cache-control", "no-store");
      const values = await deps.homes.of(request.params.home).values();
      const { deadMen, ledBy } = deps;
      if (deadMen === undefined || ledBy !== undefined) {
        return { ...(ledBy === undefined ? {} : { ledBy }), ways: [] };
      }
      const states = deadMen.states();
      return {
        ways: deadMen.modules.map((module) => {
          const state = states.find(({ id }) => id === module.id)?.state;
          return viewOf(module, accessIn(values, module.id), state);
        }),
      };
    },
  );

  app.put(
    "/api/homes/:home/dead-men/:way",
    { schema: { params: DeadManParams, body: AccessBody } },
    async (request, reply) => {
      const { home, way } = request.params;
      const module = moduleOf(way);
      const state = deps.homes.of(home);
      const before = accessIn(await state.values(), way);
      const settings = checkFields(module.fields, request.body.settings, before);
      await state.setValue(accessName(way), JSON.stringify(settings));
      changed(home, "dead_man.entered", way, request);
      return reply.code(204).send();
    },
  );

  app.delete(
    "/api/homes/:home/dead-men/:way",
    { schema: { params: DeadManParams } },
    async (request, reply) => {
      const { home, way } = request.params;
      moduleOf(way);
      await deps.homes.of(home).setValue(accessName(way), "null");
      changed(home, "dead_man.forgotten", way, request);
      return reply.code(204).send();
    },
  );

  app.post(
    "/api/homes/:home/dead-men/:way/try",
    { schema: { params: DeadManParams, response: { 200: TryAnswer } } },
    async (request): Promise<TryResponse> => {
      const { home, way } = request.params;
      moduleOf(way);
      context.audit("dead_man.tried", way, { ...context.person(request), home });
      const { outcome, tookMs, ...rest } = await own().drill(way);
      return { outcome, tookMs, ...("detail" in rest ? { detail: rest.detail } : {}) };
    },
  );

  const own = (): NonNullable<typeof deps.deadMen> => {
    if (deps.deadMen !== undefined && deps.ledBy === undefined) return deps.deadMen;
    throw new Fault("CONFLICT", "A hub notices by itself that a box has fallen silent.", {
      fix: "Nothing has to be set up.",
    });
  };

  const moduleOf = (way: string): DeadManModule => {
    const module = own().modules.find(({ id }) => id === way);
    if (module === undefined) throw new Fault("NOT_FOUND", `There is no ${way} here.`);
    return module;
  };

  const changed = (home: HomeId, action: AuditAction, detail: string, request: Request): void => {
    context.audit(action, detail, { ...context.person(request), home });
    deps.targetsChanged(home);
  };
}

type Request = Parameters<Context["person"]>[0];

function viewOf(
  { id, name, summary, steps, fields, time }: DeadManModule,
  entered: ChannelAccess | undefined,
  state: DeadManView["state"],
): DeadManView {
  return {
    ...{ id, name, summary, steps, fields, time },
    isReady: entered !== undefined,
    entered: withoutSecrets(fields, entered),
    ...(state === undefined ? {} : { state }),
  };
}

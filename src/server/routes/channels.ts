import type { AuditAction } from "../../domain/audit-action.ts";
import { accessIn, accessName, type ChannelAccess } from "../../domain/channel-access.ts";
import { Fault } from "../../domain/fault.ts";
import type { HomeId } from "../../domain/ids.ts";
import { isCountry } from "../../domain/phone-plan.ts";
import type { ChannelModule } from "../../port/channel.ts";
import type { TargetRecord } from "../../port/state.ts";
import { checkFields, isReady, withoutSecrets } from "../channel-fields.ts";
import type { App, Context } from "../context.ts";
import type {
  ChannelsResponse,
  ChannelView,
  LossResponse,
  PhonesWhere,
  PhoneView,
} from "../contract/channels.ts";
import { lossWithout, refuseFewer } from "../phone-loss.ts";
import * as schemas from "../schemas-channels.ts";
import { HomeParams } from "../schemas-people.ts";

/** Phones of one person. */
const PHONES_MAX = 20;
/** In the home's state: its country, and whether it has internet. */
const WHERE = "phones_where";

/** Ways to reach people: what a home has with a provider, and the phones of its people. */
export function channelRoutes(app: App, context: Context): void {
  const { deps } = context;

  app.get(
    "/api/homes/:home/channels",
    { schema: { params: HomeParams, response: { 200: schemas.ChannelsAnswer } } },
    async (request, reply): Promise<ChannelsResponse> => {
      reply.header("cache-control", "no-store");
      const { home } = request.params;
      const state = deps.homes.of(home);
      const [values, targets] = await Promise.all([state.values(), state.targets()]);
      const where = readWhere(values[WHERE]);
      return {
        ...(where === undefined ? {} : { where }),
        channels: deps.channels.map((module) => viewOf(module, accessIn(values, module.id))),
        phones: targets.map(phoneOf),
      };
    },
  );

  app.put(
    "/api/homes/:home/phones-where",
    { schema: { params: HomeParams, body: schemas.WhereEntered } },
    async (request, reply) => {
      const { home } = request.params;
      const { country, offline } = request.body;
      await deps.homes.of(home).setValue(WHERE, JSON.stringify({ country, offline }));
      context.audit("phones.where", country, { ...context.person(request), home });
      return reply.code(204).send();
    },
  );

  app.get(
    "/api/homes/:home/phones/:phone/loss",
    { schema: { params: schemas.HomePhoneParams, response: { 200: schemas.LossAnswer } } },
    async (request, reply): Promise<LossResponse> => {
      const { home, phone } = request.params;
      reply.header("cache-control", "no-store");
      return lossWithout(deps.homes.of(home), deps.channels, { phone });
    },
  );

  app.get(
    "/api/homes/:home/channels/:channel/loss",
    { schema: { params: schemas.HomeChannelParams, response: { 200: schemas.LossAnswer } } },
    async (request, reply): Promise<LossResponse> => {
      const { home, channel } = request.params;
      moduleOf(channel);
      reply.header("cache-control", "no-store");
      return lossWithout(deps.homes.of(home), deps.channels, { channel });
    },
  );

  app.put(
    "/api/homes/:home/channels/:channel",
    { schema: { params: schemas.HomeChannelParams, body: schemas.ChannelAccess } },
    async (request, reply) => {
      const { home, channel } = request.params;
      const module = moduleOf(channel);
      const state = deps.homes.of(home);
      const before = accessIn(await state.values(), channel);
      const settings = checkFields(module.access, request.body.settings, before);
      await state.setValue(accessName(channel), JSON.stringify(settings));
      // Who sends is another one from now on: whether its phones let that through, only a loud drill shows.
      for (const target of await state.targets()) {
        if (target.channel === channel) await state.putTarget({ ...target, changedAt: deps.clock.wall() });
      }
      changed(home, "channel.entered", channel, request);
      return reply.code(204).send();
    },
  );

  app.delete(
    "/api/homes/:home/channels/:channel",
    { schema: { params: schemas.HomeChannelParams, querystring: schemas.FewerQuery } },
    async (request, reply) => {
      const { home, channel } = request.params;
      moduleOf(channel);
      const isAgreed = request.query.fewer === "agreed";
      await refuseFewer(deps.homes.of(home), deps.channels, { channel }, isAgreed);
      await deps.homes.of(home).setValue(accessName(channel), "null");
      changed(home, "channel.forgotten", channel, request);
      return reply.code(204).send();
    },
  );

  app.post(
    "/api/homes/:home/phones",
    { schema: { params: HomeParams, body: schemas.PhoneAdd, response: { 200: schemas.PhoneAnswer } } },
    async (request): Promise<{ readonly id: string }> => {
      const { home } = request.params;
      const { channel, label, settings } = request.body;
      const module = moduleOf(channel);
      const asking = context.person(request);
      const person = request.body.person ?? asking.id;
      if (person !== asking.id && !isOwner(request, home)) {
        throw new Fault("NOT_ALLOWED", "Only the owner adds somebody else's phone.");
      }
      const state = deps.homes.of(home);
      const [values, targets, people] = await Promise.all([state.values(), state.targets(), state.people()]);
      if (!people.some(({ id }) => id === person)) {
        throw new Fault("NOT_FOUND", "There is no such person in this home.");
      }
      if (!isReady(module, accessIn(values, channel))) {
        throw new Fault("CONFLICT", "This home has entered nothing for this service yet.", {
          fix: "Enter what the home has with it first.",
        });
      }
      if (targets.filter((one) => one.person === person).length >= PHONES_MAX) {
        throw new Fault("CONFLICT", `This person already has ${PHONES_MAX} phones.`, {
          fix: "Remove one that is no longer used.",
        });
      }
      const target: TargetRecord = {
        ...{ id: context.newId(), channel, person, label: label.trim(), addedAt: deps.clock.wall() },
        settings: checkFields(module.target, settings),
      };
      await state.putTarget(target);
      changed(home, "target.added", target.id, request);
      return { id: target.id };
    },
  );

  const isOwner = (request: Request, home: HomeId): boolean =>
    context.account(request).homes.some((one) => one.home === home && one.role === "owner");

  const moduleOf = (id: string): ChannelModule => {
    const module = deps.channels.find((one) => one.id === id);
    if (module === undefined) throw new Fault("NOT_FOUND", `There is no channel ${id} here.`);
    return module;
  };

  const changed = (home: HomeId, action: AuditAction, detail: string, request: Request): void => {
    context.audit(action, detail, { ...context.person(request), home });
    deps.targetsChanged(home);
  };

  const phoneOf = (target: TargetRecord): PhoneView => {
    const module = deps.channels.find(({ id }) => id === target.channel);
    return {
      ...{ id: target.id, channel: target.channel, label: target.label },
      ...{ person: target.person, addedAt: target.addedAt },
      ...(target.lastProofAt === undefined ? {} : { provenAt: target.lastProofAt }),
      ...(target.deadSince === undefined ? {} : { dead: target.deadWhy ?? "" }),
      ...(target.morning === undefined ? {} : { morning: target.morning }),
      // What is not of a module here (a browser's subscription) is a key as a whole.
      settings: module === undefined ? {} : withoutSecrets(module.target, target.settings),
    };
  };
}

type Request = Parameters<Context["person"]>[0];

function viewOf(module: ChannelModule, entered: ChannelAccess | undefined): ChannelView {
  const { id, name, summary, place, steps, capabilities, access, target } = module;
  return {
    ...{ id, name, summary, place, steps, capabilities, access, target },
    isReady: isReady(module, entered),
    entered: withoutSecrets(access, entered),
  };
}

/** Undefined while nobody has said, and for what is not what was written. */
function readWhere(text: string | undefined): PhonesWhere | undefined {
  const value: unknown = JSON.parse(text ?? "null");
  if (typeof value !== "object" || value === null) return undefined;
  const { country, offline }: { readonly [name: string]: unknown } = { ...value };
  return typeof country === "string" && isCountry(country)
    ? { country, offline: offline === true }
    : undefined;
}

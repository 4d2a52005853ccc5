import { isIP } from "node:net";
import { Fault } from "../../domain/fault.ts";
import type { HomeId } from "../../domain/ids.ts";
import { setUpAfter } from "../../domain/removals.ts";
import type { Wall } from "../../domain/time.ts";
import type { TargetRecord } from "../../port/state.ts";
import type { App, Context } from "../context.ts";
import { refuseFewer } from "../phone-loss.ts";
import { phoneSystem } from "../phone-system.ts";
import { PushAnswer, PushSubscribe, TargetParams } from "../schemas.ts";
import { FewerQuery } from "../schemas-channels.ts";

/** Phones of one person. */
const TARGETS_MAX = 20;

/** Phones that are woken by Web Push. */
export function pushRoutes(app: App, context: Context): void {
  const { deps } = context;

  app.post(
    "/api/push",
    { schema: { body: PushSubscribe, response: { 200: PushAnswer } } },
    async (request): Promise<{ readonly id: string }> => {
      const person = context.person(request);
      const signedIn = context.signedIn(request);
      const { endpoint, p256dh, auth, label } = request.body;
      const mine = context.homes(request);
      // A subscription is made with the key of one home: another's pushes would be refused.
      const home = request.body.home ?? mine[0];
      if (!deps.allowPrivateEndpoints) checkEndpoint(endpoint);
      if (home === undefined || !mine.includes(home))
        throw new Fault("NOT_FOUND", "There is no home for you here.");
      const targets = await deps.homes.of(home).targets();
      const before = targets.find(({ settings }) => settings["endpoint"] === endpoint);
      if (before === undefined && targets.filter((one) => one.person === person.id).length >= TARGETS_MAX) {
        throw new Fault("CONFLICT", `You already have ${TARGETS_MAX} phones.`, {
          fix: "Remove one that is no longer used.",
        });
      }
      const sameKeys = before?.settings["p256dh"] === p256dh && before.settings["auth"] === auth;
      // The same phone again keeps its proof; new keys, or another person, have yet to be proven.
      const isSame = sameKeys && before.person === person.id;
      const system = phoneSystem(request.headers["user-agent"]);
      const id = before?.id ?? context.newId();
      const target: TargetRecord = {
        id,
        channel: "web-push",
        settings: { endpoint, p256dh, auth },
        person: person.id,
        label: label.trim(),
        addedAt: setUpAfter(deps.clock.wall(), before?.addedAt),
        ...(before?.person === person.id && before.morning === true ? { morning: true } : {}),
        ...(isSame ? provenBefore(before, system, deps.clock.wall()) : {}),
        ...(system === undefined ? {} : { system }),
        ...(signedIn === undefined ? {} : { signIn: signedIn.tokenHash }),
      };
      await deps.homes.of(home).putTarget(target);
      context.audit("target.added", id, { ...person, home });
      deps.targetsChanged(home);
      return { id };
    },
  );

  const removing = { params: TargetParams, querystring: FewerQuery };
  app.delete("/api/push/:id", { schema: removing }, async (request, reply) => {
    const person = context.person(request);
    const { id } = request.params;
    const isAgreed = request.query.fewer === "agreed";
    const found: HomeId[] = [];
    for (const home of context.homes(request)) {
      const target = (await deps.homes.of(home).targets()).find((one) => one.id === id);
      const isOwner = context.account(request).homes.some((one) => one.home === home && one.role === "owner");
      if (target === undefined || (target.person !== person.id && !isOwner)) continue;
      await refuseFewer(deps.homes.of(home), deps.channels, { phone: id }, isAgreed);
      found.push(home);
    }
    if (found.length === 0) throw new Fault("NOT_FOUND", "There is no such phone of yours.");
    for (const home of found) {
      await deps.homes.of(home).removeTarget(id, deps.clock.wall());
      context.audit("target.removed", id, { ...person, home });
      deps.targetsChanged(home);
    }
    return reply.code(204).send();
  });
}

/** What the same phone keeps. Another system or browser on it may let nothing through any more: that is noted with its time. */
function provenBefore(
  before: TargetRecord,
  system: string | undefined,
  now: Wall,
): Pick<TargetRecord, "lastProofAt" | "lastLoudProofAt" | "changedAt"> {
  const { lastProofAt, lastLoudProofAt } = before;
  const isOther = system !== undefined && before.system !== undefined && system !== before.system;
  const changedAt = isOther ? now : before.changedAt;
  return {
    ...(lastProofAt === undefined ? {} : { lastProofAt }),
    ...(lastLoudProofAt === undefined ? {} : { lastLoudProofAt }),
    ...(changedAt === undefined ? {} : { changedAt }),
  };
}

/** Push services have names; an address inside the house would make this box knock on doors for whoever asks. */
function checkEndpoint(endpoint: string): void {
  const host = URL.canParse(endpoint) ? new URL(endpoint).hostname.replace(/^\[|\]$/g, "") : "";
  if (isIP(host) === 0 && host.includes(".") && !/\.(local|localhost|internal|home|lan)$/.test(host)) return;
  throw new Fault("INPUT_INVALID", "This is not the address of a push service.", {
    fix: "Turn notifications off and on again for this page.",
  });
}

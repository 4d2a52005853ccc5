import { isIP } from "node:net";
import { Fault } from "../../domain/fault.ts";
import type { App, Context } from "../context.ts";
import { PushAnswer, PushSubscribe, TargetParams } from "../schemas.ts";

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
      const { endpoint, p256dh, auth, label } = request.body;
      if (!deps.allowPrivateEndpoints) checkEndpoint(endpoint);
      const targets = await deps.state.targets();
      const before = targets.find(({ settings }) => settings["endpoint"] === endpoint);
      if (before === undefined && targets.filter((one) => one.person === person.id).length >= TARGETS_MAX) {
        throw new Fault("CONFLICT", `You already have ${TARGETS_MAX} phones.`, {
          fix: "Remove one that is no longer used.",
        });
      }
      const sameKeys = before?.settings["p256dh"] === p256dh && before.settings["auth"] === auth;
      // The same phone again keeps its proof; new keys, or another person, have yet to be proven.
      const keepProof = sameKeys && before.person === person.id && before.lastProofAt !== undefined;
      const id = before?.id ?? context.newId();
      await deps.state.putTarget({
        id,
        channel: "web-push",
        settings: { endpoint, p256dh, auth },
        person: person.id,
        label: label.trim(),
        addedAt: deps.clock.wall(),
        ...(keepProof ? { lastProofAt: before.lastProofAt } : {}),
      });
      context.audit("target.added", id, person);
      deps.targetsChanged();
      return { id };
    },
  );

  app.delete("/api/push/:id", { schema: { params: TargetParams } }, async (request, reply) => {
    const person = context.person(request);
    const { id } = request.params;
    const target = (await deps.state.targets()).find((one) => one.id === id);
    if (target === undefined || (target.person !== person.id && person.role !== "owner")) {
      throw new Fault("NOT_FOUND", "There is no such phone of yours.");
    }
    await deps.state.removeTarget(id);
    context.audit("target.removed", id, person);
    deps.targetsChanged();
    return reply.code(204).send();
  });
}

/** Push services have names; an address inside the house would make this box knock on doors for whoever asks. */
function checkEndpoint(endpoint: string): void {
  const host = URL.canParse(endpoint) ? new URL(endpoint).hostname.replace(/^\[|\]$/g, "") : "";
  if (isIP(host) === 0 && host.includes(".") && !/\.(local|localhost|internal|home|lan)$/.test(host)) return;
  throw new Fault("INPUT_INVALID", "This is not the address of a push service.", {
    fix: "Turn notifications off and on again for this page.",
  });
}

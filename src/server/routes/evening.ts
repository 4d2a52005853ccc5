import type { Actor } from "../../domain/alarm.ts";
import { canWake } from "../../domain/alerted.ts";
import { loudDueOf } from "../../domain/evening.ts";
import { Fault } from "../../domain/fault.ts";
import type { HomeId } from "../../domain/ids.ts";
import { MINUTE_MS, type Wall, wall } from "../../domain/time.ts";
import type { EveningDesk } from "../../port/evening.ts";
import type { TargetRecord } from "../../port/state.ts";
import type { App, Context } from "../context.ts";
import type { EveningResponse } from "../contract/evening.ts";
import type { WakeReadiness } from "../contract.ts";
import { CheckStart, EveningAnswer, SetEvening, SounderHeard } from "../schemas-evening.ts";
import { HomeParams } from "../schemas-people.ts";

/** The evening check and the loud drill: begun, followed, ended; what tonight rests on. */
export function eveningRoutes(app: App, context: Context): void {
  const { deps } = context;

  app.get(
    "/api/homes/:home/evening",
    { schema: { params: HomeParams, response: { 200: EveningAnswer } } },
    async (request, reply): Promise<EveningResponse> => {
      reply.header("cache-control", "no-store");
      return viewOf(request.params.home);
    },
  );

  app.post(
    "/api/homes/:home/evening",
    { schema: { params: HomeParams, body: CheckStart, response: { 200: EveningAnswer } } },
    async (request): Promise<EveningResponse> => {
      const { home } = request.params;
      const { kind, phones, sounder } = request.body;
      const person = context.person(request);
      const desk = deskHere(home, person);
      const targets = await deps.homes.of(home).targets();
      const stranger = phones?.find((phone) => !targets.some(({ id }) => id === phone));
      if (stranger !== undefined) throw new Fault("NOT_FOUND", "There is no such phone.");
      await desk.begin({
        ...{ kind, by: person.name },
        ...(phones === undefined ? {} : { phones }),
        ...(sounder === undefined ? {} : { sounder }),
      });
      context.audit("check", `${kind} ${phones?.join(" ") ?? "all phones"}`, { ...person, home });
      return viewOf(home);
    },
  );

  app.post(
    "/api/homes/:home/evening/heard",
    { schema: { params: HomeParams, body: SounderHeard, response: { 200: EveningAnswer } } },
    async (request): Promise<EveningResponse> => {
      const { home } = request.params;
      const { heard } = request.body;
      const person = context.person(request);
      await deskHere(home, person).heard(heard, person.name);
      context.audit("check.heard", heard ? "yes" : "no", { ...person, home });
      return viewOf(home);
    },
  );

  app.delete("/api/homes/:home/evening", { schema: { params: HomeParams } }, async (request, reply) => {
    const { home } = request.params;
    const person = context.person(request);
    await deskHere(home, person).stop();
    context.audit("check.stopped", "", { ...person, home });
    return reply.code(204).send();
  });

  app.put(
    "/api/homes/:home/evening/settings",
    { schema: { params: HomeParams, body: SetEvening } },
    async (request, reply) => {
      const { on, atMinute } = request.body;
      const { home } = request.params;
      const person = context.person(request);
      await deskHere(home, person).set({ on, atMinute });
      const detail = on ? `at minute ${atMinute}` : "off";
      context.audit("check.settings", detail, { ...person, home });
      return reply.code(204).send();
    },
  );

  const deskHere = (home: HomeId, { id, name }: Actor): EveningDesk => {
    const desk = deps.evening?.(home, { id, name });
    if (desk !== undefined) return desk;
    throw new Fault("CONFLICT", "Phones are called by the box at the bed.", {
      fix: "Start the check on the box's own page.",
    });
  };

  const doesWake = (channel: string): boolean => {
    const way = deps.channels.find(({ id }) => id === channel);
    return way !== undefined && canWake(way.capabilities);
  };

  async function viewOf(home: HomeId): Promise<EveningResponse> {
    const now = deps.clock.wall();
    const first = deps.live.states().find(({ bed }) => deps.homeOf(bed) === home);
    const { readiness } = first ?? {};
    const box = first === undefined ? undefined : deps.box?.(first.bed);
    const desk = deps.evening?.(home);
    const kept = new Map((await deps.homes.of(home).targets()).map((target) => [target.id, target]));
    const { running, latest, last = {}, settings, due } = desk ?? {};
    return {
      ...{ now, isHere: desk !== undefined, last },
      ...(box === undefined ? {} : { box }),
      ...(running === undefined ? {} : { running }),
      ...(latest === undefined ? {} : { latest }),
      ...(settings === undefined ? {} : { settings }),
      isDue: due?.check === true,
      sounder: readiness?.sounder.ok === true,
      phones: (readiness?.targets ?? []).map((target) => ({
        ...phoneOf(target, kept.get(target.id), now),
        wakes: doesWake(target.channel),
      })),
    };
  }
}

/** By what is kept here to the second, else by what its box last told, to the minute. */
function phoneOf(
  target: WakeReadiness["targets"][number],
  kept: TargetRecord | undefined,
  now: Wall,
): Omit<EveningResponse["phones"][number], "wakes"> {
  const { id, label, person, personId, channel, provenAgeMs, loudAgeMs, changedAgeMs, dead } = target;
  const at = (known: Wall | undefined, ageMs: number | undefined): Wall | undefined => {
    const told = ageMs === undefined ? undefined : wall(now - ageMs);
    if (known === undefined || told === undefined) return known ?? told;
    return told - known > MINUTE_MS ? told : known;
  };
  const provenAt = at(kept?.lastProofAt, provenAgeMs);
  const loudAt = at(kept?.lastLoudProofAt, loudAgeMs);
  const loudDue = loudDueOf({ loudAt, changedAt: at(kept?.changedAt, changedAgeMs) }, now);
  return {
    ...{ id, label, person, channel },
    ...(personId === undefined ? {} : { personId }),
    ...(provenAt === undefined ? {} : { provenAt }),
    ...(loudAt === undefined ? {} : { loudAt }),
    ...(loudDue === undefined ? {} : { loudDue }),
    ...(dead === undefined ? {} : { dead }),
  };
}

import type { Actor } from "../../domain/alarm.ts";
import { Fault } from "../../domain/fault.ts";
import type { HomeId } from "../../domain/ids.ts";
import type { EveningDesk } from "../../port/evening.ts";
import type { App, Context } from "../context.ts";
import type { EveningResponse } from "../contract/evening.ts";
import { firstOf, phonesOf } from "../proven-phones.ts";
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
      context.audit("check", kind === "pillow" ? kind : `${kind} ${phones?.join(" ") ?? "all phones"}`, {
        ...person,
        home,
      });
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

  async function viewOf(home: HomeId): Promise<EveningResponse> {
    const now = deps.clock.wall();
    const first = firstOf(deps, home);
    const { readiness } = first ?? {};
    const box = first === undefined ? undefined : deps.box?.(first.bed);
    const desk = deps.evening?.(home);
    const { running, latest, last = {}, settings, due } = desk ?? {};
    return {
      ...{ now, isHere: desk !== undefined, last },
      ...(box === undefined ? {} : { box }),
      ...(running === undefined ? {} : { running }),
      ...(latest === undefined ? {} : { latest }),
      ...(settings === undefined ? {} : { settings }),
      isDue: due?.check === true,
      sounder: readiness?.sounder.ok === true,
      phones: await phonesOf(context, home),
    };
  }
}

import type { FastifyReply } from "fastify";
import { Fault } from "../../domain/fault.ts";
import type { Language, Person, Role } from "../../domain/person.ts";
import { MINUTE_MS, wall } from "../../domain/time.ts";
import type { App, Context } from "../context.ts";
import type { JoinCodeResponse, Me } from "../contract.ts";
import { joinCodeHash, makeCode, verifyOwnerCode } from "../owner-code.ts";
import { JoinCodeAnswer, MakeJoinCode, MeAnswer, SetLanguage, SignIn } from "../schemas.ts";
import { cookieName } from "../security.ts";
import { SESSION_MS } from "../sessions.ts";

const JOIN_CODE_MS = 10 * MINUTE_MS;
const PEOPLE_MAX = 200;
/** Guesses a minute: from one address, and from everywhere together. */
const TRIES_MAX = 10;
const TRIES_ALL_MAX = 60;

/** Who is here: signing in and out, language, join codes. */
export function meRoutes(app: App, context: Context): void {
  const { deps, sessions, hub } = context;
  const cookie = cookieName(deps.tls !== undefined);
  const perAddress = app.createRateLimit({ max: TRIES_MAX, timeWindow: MINUTE_MS });
  const together = app.createRateLimit({
    max: TRIES_ALL_MAX,
    timeWindow: MINUTE_MS,
    keyGenerator: () => "everybody",
  });

  app.get("/api/me", { schema: { response: { 200: MeAnswer } } }, async (request, reply): Promise<Me> => {
    reply.header("cache-control", "no-store");
    return meOf(context.signedIn(request)?.person);
  });

  app.post(
    "/api/sign-in",
    { schema: { body: SignIn, response: { 200: MeAnswer } } },
    async (request, reply): Promise<Me> => {
      for (const limit of [perAddress, together]) {
        const rate = await limit(request);
        if (!rate.isAllowed && rate.isExceeded) {
          reply.header("retry-after", rate.ttlInSeconds);
          throw new Fault("RATE_LIMITED", "Too many codes were tried.", { fix: "Wait a minute." });
        }
      }
      const { code, language } = request.body;
      const name = request.body.name.trim();
      const role = await roleOfCode(code);
      if (role === undefined) {
        context.audit("sign_in.refused", "wrong code");
        throw new Fault("NOT_ALLOWED", "This code is wrong, used up or too old.", {
          fix: "Check it for typing mistakes, or ask the owner for a new one.",
        });
      }
      const person = await findOrAdd(name, role, language);
      setCookie(reply, await sessions.start(person), SESSION_MS / 1_000);
      reply.header("cache-control", "no-store");
      context.audit("sign_in", role, person);
      return meOf(person);
    },
  );

  app.post("/api/sign-out", async (request, reply) => {
    const signedIn = context.signedIn(request);
    setCookie(reply, "", 0);
    if (signedIn !== undefined) {
      hub.drop(signedIn.tokenHash);
      await sessions.end(signedIn.tokenHash);
      context.audit("sign_out", signedIn.person.role, signedIn.person);
    }
    return reply.code(204).send();
  });

  app.post("/api/me/language", { schema: { body: SetLanguage } }, async (request, reply) => {
    await sessions.setLanguage(context.person(request), request.body.language);
    return reply.code(204).send();
  });

  app.post(
    "/api/people/join-codes",
    { schema: { body: MakeJoinCode, response: { 200: JoinCodeAnswer } } },
    async (request, reply): Promise<JoinCodeResponse> => {
      const code = makeCode(deps.random);
      const expiresAt = wall(deps.clock.wall() + JOIN_CODE_MS);
      await deps.state.addJoinCode({ codeHash: joinCodeHash(code), role: request.body.role, expiresAt });
      context.audit("join_code.made", request.body.role, context.person(request));
      reply.header("cache-control", "no-store");
      return { code, expiresInMs: JOIN_CODE_MS };
    },
  );

  function meOf(person: Person | undefined): Me {
    return person === undefined ? deps.about : { ...deps.about, person };
  }

  async function roleOfCode(code: string): Promise<Role | undefined> {
    if (await verifyOwnerCode(deps.state, code)) return "owner";
    return deps.state.takeJoinCode(joinCodeHash(code), deps.clock.wall());
  }

  /** The same name in the same role is the same person on one more phone. */
  async function findOrAdd(name: string, role: Role, language: Language): Promise<Person> {
    const people = await deps.state.people();
    const known = people.find((person) => person.role === role && person.name === name);
    if (known !== undefined) {
      if (known.language === language) return known;
      await deps.state.setLanguage(known.id, language);
      return { ...known, language };
    }
    if (people.length >= PEOPLE_MAX) {
      throw new Fault("CONFLICT", `This home already has ${PEOPLE_MAX} people.`, {
        fix: "Sign in with a name that is already there.",
      });
    }
    const person: Person = { id: context.newId(), name, role, language };
    await deps.state.addPerson(person);
    return person;
  }

  function setCookie(reply: FastifyReply, value: string, maxAgeSeconds: number): void {
    reply.setCookie(cookie, value, {
      path: "/",
      httpOnly: true,
      sameSite: "lax",
      secure: deps.tls !== undefined,
      maxAge: maxAgeSeconds,
    });
  }
}

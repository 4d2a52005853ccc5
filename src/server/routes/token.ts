import type { FastifyReply, FastifyRequest } from "fastify";
import type { Occurrence } from "../../domain/alarm.ts";
import type { PhoneCheckKind } from "../../domain/evening.ts";
import { Fault } from "../../domain/fault.ts";
import type { Language } from "../../domain/person.ts";
import { askingOf } from "../../domain/ringing.ts";
import { isWorseThanShown } from "../../domain/worsened.ts";
import { wordsIn } from "../../words/index.ts";
import { fill } from "../../words/template.ts";
import { CANTONESE, hangUp, say, twiml, VOICES, type Voice } from "../../words/twiml.ts";
import type { App, Context } from "../context.ts";
import type { TokenAcknowledgeResponse } from "../contract.ts";
import type { TokenGrant } from "../deps.ts";
import { languageOf, type PlainPage, sendPlainPage } from "../html.ts";
import { TokenAnswer, TokenParams, TokenQuery } from "../schemas.ts";

/** What a form or a channel's button may send along; read only for the key that was pressed in a call. */
const BODY_MAX = 8_192;
/** Field of the page's form. */
const TAP = "tap";

/**
 * One-time addresses from notifications. GET shows a page with one button and changes nothing, since mail scanners
 * and link previews follow every address; POST acknowledges, in the name of whom the message was sent to. With
 * `?as=twiml` a telephone service posts the key that was pressed, and gets what it says next.
 */
export async function tokenRoutes(app: App, context: Context): Promise<void> {
  const { deps } = context;

  await app.register(async (scope: App) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "string", bodyLimit: BODY_MAX }, (_, body, done) =>
      done(null, body),
    );

    scope.get("/api/a/:token", { schema: { params: TokenParams } }, (request, reply) => {
      const grant = deps.verifyToken(request.params.token);
      if (grant === undefined) return sendPlainPage(reply, 404, notTaken(languageOfRequest(request)));
      const check = checkOf(grant);
      if (check !== undefined) return sendPlainPage(reply, 200, checkPage(grant, check));
      if (isOfLess(grant)) return sendPlainPage(reply, 200, worsePage(grant));
      return sendPlainPage(reply, 200, askPage(grant, openOccurrence(grant), context.newId()));
    });

    scope.post(
      "/api/a/:token",
      { schema: { params: TokenParams, querystring: TokenQuery, response: { 200: TokenAnswer } } },
      async (request, reply) => {
        const { token } = request.params;
        const grant = deps.verifyToken(token);
        if (grant === undefined) {
          return refuse(request, reply, { language: languageOfRequest(request) }, unknownToken());
        }
        const voice = voiceOf(request.query.as, grant.language);
        // A telephone service asks with the key that was pressed; without one nobody has answered.
        if (voice !== undefined && !isKeyPressed(request.body)) return sendTwiml(reply, hangUp());
        const { bed, occurrence, by, worsened, commandId } = grant;
        const tap = tapIn(request.body);
        const id = tap === undefined ? commandId : `${commandId}-${tap}`;
        const check = checkOf(grant);
        const place = isAsking(openOccurrence(grant)) ? "watching" : "going";
        // One message a card: one answer to all of it.
        const command = { kind: "acknowledge", id, occurrence, by, place, card: true, worsened } as const;
        const {
          accepted,
          reason = "This alarm is over.",
          code = "CONFLICT",
        } = await deps.command(bed, command);
        const { push } = wordsIn(grant.language);
        if (!accepted && voice !== undefined) {
          return sendTwiml(reply, say(push.notTakenSpoken, voice) + hangUp());
        }
        if (!accepted) return refuse(request, reply, grant, new Fault(code, reason));
        deps.proven(token);
        if (voice !== undefined) return sendTwiml(reply, say(push.takenSpoken, voice) + hangUp());
        if (wantsPage(request)) return sendPlainPage(reply, 200, takenPage(grant, check));
        const open = openOccurrence(grant);
        const answer: TokenAcknowledgeResponse = {
          by: by.name,
          ...(open === undefined ? {} : { occurrence: open }),
        };
        return reply.header("cache-control", "no-store").send(answer);
      },
    );

    scope.post("/api/r/:token", { schema: { params: TokenParams } }, async (request, reply) => {
      if (!deps.receipt(request.params.token)) throw unknownToken();
      return reply.code(204).send();
    });
  });

  /** What a check asks by this message; undefined for a real alarm. */
  function checkOf({ bed, occurrence }: TokenGrant): PhoneCheckKind | undefined {
    const home = deps.homeOf(bed);
    return home === undefined ? undefined : deps.evening?.(home)?.asked(occurrence)?.kind;
  }

  /** Its message was about something milder than what is open now. */
  function isOfLess({ bed, occurrence, worsened }: TokenGrant): boolean {
    return isWorseThanShown(deps.live.fold(bed)?.open ?? [], { occurrence, worsened, card: true });
  }

  function openOccurrence({ bed, occurrence }: TokenGrant): Occurrence | undefined {
    return deps.live.fold(bed)?.open.find(({ id }) => id === occurrence);
  }
}

/** The gentle question to somebody who watches in the alarm's place: the answer is that they still do. */
const isAsking = (open: Occurrence | undefined): boolean => open !== undefined && askingOf(open) === "gentle";

const unknownToken = (): Fault =>
  new Fault("NOT_FOUND", "This one-time address is not known, used up or too old.", {
    fix: "Open the page and acknowledge there.",
  });

const wantsPage = (request: FastifyRequest): boolean =>
  request.headers.accept?.includes("text/html") === true;

const languageOfRequest = (request: FastifyRequest): Language =>
  languageOf(request.headers["accept-language"]);

/** One key, in the form that a telephone service posts; nothing else counts as one. */
function isKeyPressed(body: unknown): boolean {
  const digits = typeof body === "string" ? new URLSearchParams(body).getAll("Digits") : [];
  return digits.length === 1 && /^[0-9*#]$/.test(digits[0] ?? "");
}

/** Whose voice answers; undefined for whoever asks for no TwiML. */
function voiceOf(as: "twiml" | "twiml-yue" | undefined, language: Language): Voice | undefined {
  if (as === undefined) return undefined;
  return as === "twiml-yue" && language !== "en" ? CANTONESE : VOICES[language];
}

const sendTwiml = (reply: FastifyReply, verbs: string): FastifyReply =>
  reply
    .header("cache-control", "no-store")
    .type("text/xml; charset=utf-8")
    // The route's schema is that of the JSON answer.
    .serializer((text) => String(text))
    .send(twiml(verbs));

/** A person with a browser gets a page, a program gets problem details; both with the fault's status. */
function refuse(
  request: FastifyRequest,
  reply: FastifyReply,
  asker: Pick<TokenGrant, "language">,
  fault: Fault,
): FastifyReply {
  if (!wantsPage(request)) throw fault;
  if (fault.code === "ALARM_WORSE") return sendPlainPage(reply, 422, worsePage(asker));
  if (fault.code === "ANSWER_OLD") return sendPlainPage(reply, 422, oldPage(asker));
  return sendPlainPage(reply, fault.code === "CONFLICT" ? 409 : 404, notTaken(asker.language));
}

/**
 * Which showing of the page was answered: a person who looks at the page anew, and taps again after the answer has lapsed,
 * has seen that it goes on. Whatever posts without a page is one answer for each message, however often it posts.
 */
function tapIn(body: unknown): string | undefined {
  const tap = typeof body === "string" ? new URLSearchParams(body).get(TAP) : null;
  return tap !== null && /^[a-z2-7]{10}$/.test(tap) ? tap : undefined;
}

/** No name of the patient and no value: whoever holds the phone may not be who it was sent to. */
function askPage({ language }: TokenGrant, open: Occurrence | undefined, tap: string): PlainPage {
  const { push } = wordsIn(language);
  const link = { text: push.open, to: "/" };
  if (open === undefined) return { language, heading: push.closedTitle, paragraphs: [push.body], link };
  const { acknowledgement } = open;
  const marks = [...(open.drill ? [push.drill] : []), ...(open.simulated ? [push.simulated] : [])];
  return {
    language,
    heading: [...marks, push.titles[open.priority]].join(" · "),
    paragraphs:
      acknowledgement === undefined
        ? [push.body]
        : [fill(push.takenByTitle, { name: acknowledgement.by.name })],
    button: push.acknowledge,
    field: { name: TAP, value: tap },
    link,
  };
}

function worsePage({ language }: Pick<TokenGrant, "language">): PlainPage {
  const { push } = wordsIn(language);
  const link = { text: push.open, to: "/" };
  return { language, heading: push.worseTitle, paragraphs: [push.worseBody], link };
}

function oldPage({ language }: Pick<TokenGrant, "language">): PlainPage {
  const { push } = wordsIn(language);
  const link = { text: push.open, to: "/" };
  return { language, heading: push.oldTitle, paragraphs: [push.oldBody], link };
}

/** A check asks in words of its own: nothing has happened. */
function checkPage({ language }: TokenGrant, check: PhoneCheckKind): PlainPage {
  const { push, evening } = wordsIn(language);
  const { title, body, loudBody, tap } = evening.push;
  return {
    ...{ language, button: tap, link: { text: push.open, to: "/" } },
    heading: check === "quiet" ? title : [push.drill, push.titles.high].join(" · "),
    paragraphs: [check === "quiet" ? body : loudBody],
  };
}

function takenPage({ language }: TokenGrant, check: PhoneCheckKind | undefined): PlainPage {
  const { push, evening } = wordsIn(language);
  const link = { text: push.open, to: "/" };
  if (check !== undefined) {
    const heading = check === "quiet" ? evening.push.doneTitle : evening.push.loudDoneTitle;
    return { language, heading, paragraphs: [evening.push.doneBody], link };
  }
  return { language, heading: push.takenTitle, paragraphs: [push.takenBody], link };
}

function notTaken(language: Language): PlainPage {
  const { push } = wordsIn(language);
  const link = { text: push.open, to: "/" };
  return { language, heading: push.notTakenTitle, paragraphs: [push.notTakenBody], link };
}

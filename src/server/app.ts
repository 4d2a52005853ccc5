import { createServer as createPlainServer, type RequestListener } from "node:http";
import { createServer as createTlsServer } from "node:https";
import fastifyCookie from "@fastify/cookie";
import fastifyRateLimit from "@fastify/rate-limit";
import Fastify, { type FastifyRequest } from "fastify";
import { Compile } from "typebox/compile";
import { Fault } from "../domain/fault.ts";
import { MINUTE_MS } from "../domain/time.ts";
import { type Connections, limitConnections } from "./connections.ts";
import { type App, type Context, createContext, wholeOf } from "./context.ts";
import type { ServerDeps } from "./deps.ts";
import { strangeHost } from "./hosts.ts";
import { RateStore } from "./limits.ts";
import { createLiveHub } from "./live-hub.ts";
import { collectRoutes } from "./openapi.ts";
import { packAnswers } from "./packed.ts";
import { problemOf, rawProblem, requestId, sendProblem } from "./problem.ts";
import { readInSlices } from "./read-slices.ts";
import {
  authorise,
  bedOf,
  placeOf,
  type Right,
  rightOf,
  SHARED,
  sharedBy,
  sightOf,
  sightOfShare,
} from "./rights.ts";
import { alarmRoutes } from "./routes/alarms.ts";
import { auditRoutes } from "./routes/audit.ts";
import { authorityRoutes } from "./routes/authority.ts";
import { bedRoutes } from "./routes/beds.ts";
import { callingRoutes } from "./routes/calling.ts";
import { channelRoutes } from "./routes/channels.ts";
import { commissioningRoutes } from "./routes/commissioning.ts";
import { deadMenRoutes } from "./routes/dead-men.ts";
import { deviceRoutes } from "./routes/devices.ts";
import { dutyRoutes } from "./routes/duty.ts";
import { eveningRoutes } from "./routes/evening.ts";
import { healthRoutes } from "./routes/health.ts";
import { homePeopleRoutes } from "./routes/home-people.ts";
import { homeRoutes } from "./routes/homes.ts";
import { importRoutes } from "./routes/import.ts";
import { limitsRoutes } from "./routes/limits.ts";
import { meRoutes } from "./routes/me.ts";
import { isScraper, metricRoutes } from "./routes/metrics.ts";
import { morningRoutes } from "./routes/morning.ts";
import { nightFileRoutes } from "./routes/night-files.ts";
import { nightRoutes } from "./routes/nights.ts";
import { noteRoutes } from "./routes/notes.ts";
import { oidcRoutes } from "./routes/oidc.ts";
import { openApiRoutes } from "./routes/openapi.ts";
import { organisationRoutes } from "./routes/organisations.ts";
import { pageRoutes } from "./routes/pages.ts";
import { pairRoutes } from "./routes/pair.ts";
import { passkeyRoutes } from "./routes/passkeys.ts";
import { peopleRoutes } from "./routes/people.ts";
import { privacyRoutes } from "./routes/privacy.ts";
import { pushRoutes } from "./routes/push.ts";
import { shareHash, shareRoutes } from "./routes/shares.ts";
import { speechRoutes } from "./routes/speech.ts";
import { tokenRoutes } from "./routes/token.ts";
import { voiceRoutes } from "./routes/voices.ts";
import { cookieName, crossSite, SECURITY_HEADERS, shareCookie } from "./security.ts";
import { createSessions } from "./sessions.ts";
import { tagAnswers } from "./tagged.ts";
import { answerUpgrades } from "./upgrade.ts";

/** Largest request body: a push subscription with a long address is about 3 KiB. */
const BODY_MAX = 16 * 1024;
/** Requests a minute from one address; a page that polls once a second and loads its files stays far below. */
const REQUESTS_MAX = 1_200;
/** Times that a connection may take, ms. A page on a bad line needs a second or two for each. */
const TIMES = {
  /** TLS. */
  handshake: 10_000,
  headers: 10_000,
  /** A whole request with its body. */
  request: 15_000,
  /** Nothing at all in either direction: somebody who does not read an answer, or is gone. */
  silent: 60_000,
  /** A whole answer, however long: a night of a card over a bad mobile line takes some minutes. */
  answer: 20 * MINUTE_MS,
  /** Between two requests. */
  idle: 60_000,
  /** How often these are looked at. */
  look: 2_000,
};

/**
 * The whole HTTP side: pages, API and the live WebSocket. Not listening yet (`listen`), but answers injected
 * requests at once; close() ends it with every socket and timer. Rejects when a route is declared wrongly.
 */
export async function createApp(deps: ServerDeps): Promise<App> {
  const serving = newFastify(deps);
  const { app } = serving;
  const sessions = createSessions(deps);
  const hub = createLiveHub({
    clock: deps.clock,
    log: deps.log,
    model: deps.live,
    sightOf: async (tokenHash) => {
      if (tokenHash.startsWith(SHARED)) {
        const share = await deps.accounts.share(tokenHash.slice(SHARED.length), deps.clock.wall(), false);
        return share === undefined ? undefined : sightOfShare(share, deps.homeOf);
      }
      const account = await sessions.check(tokenHash);
      return account === undefined ? undefined : sightOf(account, deps.homeOf);
    },
  });
  const context = createContext(deps, sessions, hub);
  const connections = serving.connections();

  app.setErrorHandler((error, request, reply) => {
    const problem = problemOf(error);
    if (problem.status >= 500) {
      const fields = {
        route: routeOf(request),
        code: problem.code,
        request: request.id,
        error: String(error),
      };
      deps.log.note("request.failed", fields, "error");
    }
    return sendProblem(reply, problem);
  });
  app.setNotFoundHandler((_, reply) =>
    sendProblem(reply, problemOf(new Fault("NOT_FOUND", "There is nothing at this address."))),
  );
  // An answer that does not fit its schema still goes out, since a page with an odd field beats none; tests
  // read the note.
  app.setSerializerCompiler(({ schema, url }) => {
    const checked = Compile(schema);
    return (answer: unknown) => {
      if (!checked.Check(answer)) deps.log.note("answer.unfit", { route: url ?? "" }, "error");
      return JSON.stringify(answer);
    };
  });

  // Every object that is answered is described: pages, programs and docs/openapi.json rely on it.
  app.addHook("preSerialization", async (request, reply, answer) => {
    const known: unknown = request.routeOptions.schema?.response;
    if (reply.statusCode < 400 && (typeof known !== "object" || known === null)) {
      deps.log.note("answer.undescribed", { route: routeOf(request) }, "error");
    }
    return answer;
  });

  await app.register(fastifyCookie);
  await app.register(fastifyRateLimit, { global: false, store: rateStoreOn(deps) });
  guard(app, context, connections);
  tagAnswers(app);
  packAnswers(app);
  await collectRoutes(app);
  await pageRoutes(app, context);
  meRoutes(app, context);
  channelRoutes(app, context);
  deadMenRoutes(app, context);
  peopleRoutes(app, context);
  homePeopleRoutes(app, context);
  passkeyRoutes(app, context);
  oidcRoutes(app, context);
  organisationRoutes(app, context);
  shareRoutes(app, context);
  bedRoutes(app, context);
  alarmRoutes(app, context);
  limitsRoutes(app, context);
  pushRoutes(app, context);
  speechRoutes(app, context);
  await voiceRoutes(app, context);
  await tokenRoutes(app, context);
  nightRoutes(app, context);
  nightFileRoutes(app, context);
  morningRoutes(app, context);
  auditRoutes(app, context);
  await importRoutes(app, context);
  deviceRoutes(app, context);
  healthRoutes(app, context);
  metricRoutes(app, context);
  openApiRoutes(app, context);
  noteRoutes(app, context);
  dutyRoutes(app, context);
  callingRoutes(app, context);
  eveningRoutes(app, context);
  commissioningRoutes(app, context);
  homeRoutes(app, context);
  pairRoutes(app, context);
  authorityRoutes(app, context);
  privacyRoutes(app, context);

  app.addHook("onReady", async () => hub.start());
  app.addHook("preClose", async () => {
    hub.stop();
    // Somebody in the middle of a handshake is no request that the library could end.
    connections.cutWaiting();
  });
  answerUpgrades(app, context, connections);
  return app;
}

/** The app and the connections of its one server. */
function newFastify(deps: ServerDeps): { readonly app: App; connections(): Connections } {
  let connections: Connections | undefined;
  const app = Fastify({
    // Typed as plain HTTP either way: routes never touch what differs.
    serverFactory(handler) {
      const times = {
        ...{ headersTimeout: TIMES.headers, requestTimeout: TIMES.request },
        ...{ connectionsCheckingInterval: TIMES.look, keepAlive: true, keepAliveTimeout: TIMES.idle },
      };
      const listener: RequestListener = (request, response) => {
        if (connections?.takes(request, response) !== true) return;
        // Somebody who reads a byte now and then is never silent.
        const late = deps.clock.after(TIMES.answer, () => request.socket.destroy());
        response.once("close", late);
        handler(request, response);
      };
      const server =
        deps.tls === undefined
          ? createPlainServer(times, listener)
          : createTlsServer({ ...times, ...deps.tls, handshakeTimeout: TIMES.handshake }, listener);
      server.timeout = TIMES.silent;
      connections = limitConnections(server);
      readInSlices(server, deps.tls === undefined ? "connection" : "secureConnection");
      return server;
    },
    logger: false,
    bodyLimit: BODY_MAX,
    forceCloseConnections: true,
    return503OnClosing: true,
    genReqId: () => requestId(deps),
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 512 },
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
    // What is no HTTP, or its head too long or too late: there is no request yet.
    clientErrorHandler(error, socket) {
      const code = "code" in error ? error.code : "";
      if (code === "ECONNRESET") return;
      // An answer would wait for a handshake that may never end.
      if (/^ERR_(?:TLS|SSL)_/.test(code)) return void socket.destroy();
      const id = requestId(deps);
      deps.log.note("request.unreadable", { request: id, error: error.message }, "debug");
      if (!socket.writable) return void socket.destroy();
      const fault = new Fault("INPUT_INVALID", "This is not a request that can be read.");
      socket.end(rawProblem(id, fault), () => socket.destroy());
    },
    frameworkErrors: (error, _, reply) => {
      reply.headers(SECURITY_HEADERS).header("x-request-id", reply.request.id);
      sendProblem(reply, problemOf(error));
    },
  });
  return {
    app,
    connections() {
      if (connections === undefined) throw new TypeError("Fastify made no server");
      return connections;
    },
  };
}

/** Headers, limits and the one place that decides who may do what, before anything else of a request is read. */
function guard(app: App, context: Context, connections: Connections): void {
  const { deps, sessions } = context;
  const cookie = cookieName(deps.tls !== undefined);
  const limit = app.createRateLimit({ max: REQUESTS_MAX, timeWindow: MINUTE_MS });

  app.addHook("onRequest", async (request, reply) => {
    reply.headers(SECURITY_HEADERS).header("x-request-id", request.id);
    const rate = await limit(request);
    if (!rate.isAllowed && rate.isExceeded) {
      reply.header("retry-after", rate.ttlInSeconds);
      throw new Fault(
        "RATE_LIMITED",
        `More than ${REQUESTS_MAX} requests in a minute came from this address.`,
        {
          fix: "Wait a minute.",
        },
      );
    }
    const strange = strangeHost(request.headers.host, deps.names?.() ?? []);
    if (strange !== undefined) throw strange;
    if (request.is404) return;
    const right = rightOf(request.method, request.routeOptions.url ?? "");
    if (right === undefined) deps.log.note("route.without_rights", { route: routeOf(request) }, "error");
    if (request.method !== "GET" && request.method !== "HEAD" && right?.byToken !== true) {
      const foreign = crossSite(request.headers);
      if (foreign !== undefined) throw foreign;
    }
    const open = right?.who === "anyone" && request.routeOptions.url !== "/api/me";
    const signedIn = open ? undefined : await sessions.find(request.cookies[cookie] ?? bearerOf(request));
    const place = right?.ofAll === true ? wholeOf(deps) : placeOf(request.params, deps.homeOf);
    if (signedIn !== undefined) context.remember(request, { signedIn, right, place });
    const isProgram =
      right?.byMetricsToken === true && isScraper(request.headers.authorization, deps.metrics?.token?.());
    const isOther = signedIn === undefined && (isProgram || (await isShared(context, request, right)));
    if (signedIn !== undefined || isOther) connections.admit(request.raw.socket);
    if (isOther) return;
    const refusal = authorise(right, signedIn?.account, place);
    if (refusal !== undefined) throw refusal;
  });

  app.addHook("onResponse", async (request, reply) => {
    // The pattern, never the address: addresses hold one-time secrets.
    const fields = { route: routeOf(request), status: reply.statusCode, request: request.id };
    deps.log.note("request.done", fields, "debug");
  });
}

/** A shared link that this browser opened lets nobody in, but shows its one bed. */
async function isShared(
  { deps }: Context,
  request: FastifyRequest,
  right: Right | undefined,
): Promise<boolean> {
  const secret = request.cookies[shareCookie(deps.tls !== undefined)];
  if (right?.share === undefined || secret === undefined) return false;
  const share = await deps.accounts.share(shareHash(secret), deps.clock.wall(), false);
  return share !== undefined && sharedBy(share, right, bedOf(request.params), deps.homeOf);
}

/** Programs on this machine send the same secret in a header; browsers never do so by themselves. */
const bearerOf = (request: FastifyRequest): string | undefined =>
  /^Bearer ([\w-]+)$/.exec(request.headers.authorization ?? "")?.[1];

const routeOf = (request: FastifyRequest): string => `${request.method} ${request.routeOptions.url ?? "?"}`;

/** The limiter's store on the port clock, in the constructor shape that the plugin asks for. */
function rateStoreOn({ clock }: ServerDeps): new () => RateStore {
  return class extends RateStore {
    constructor() {
      super(clock);
    }
  };
}

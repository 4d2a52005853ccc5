// A server that says to the built pages what a test wants them to hear: the routes and messages of
// src/server/contract.ts, with the real server's headers, and nothing of its logic.
import { readFile } from "node:fs/promises";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { type WebSocket, WebSocketServer } from "ws";
import type { Role } from "../../src/domain/person.ts";
import { type Night, wall } from "../../src/domain/time.ts";
import type { HealthFinding } from "../../src/port/health.ts";
import type { CallingResponse } from "../../src/server/contract/calling.ts";
import type { DutyResponse } from "../../src/server/contract/duty.ts";
import type {
  CommissioningView,
  DeviceView,
  FrameLine,
  SimulationView,
} from "../../src/server/contract/technician.ts";
import type {
  BedState,
  LiveMessage,
  Me,
  NightResponse,
  NightsResponse,
  Problem,
} from "../../src/server/contract.ts";
import { problemOf } from "../../src/server/problem.ts";
import { SECURITY_HEADERS } from "../../src/server/security.ts";
import {
  bedState,
  commissionings,
  deviceView,
  frameLines,
  NOW,
  nightResponse,
  oximeter,
  simulationView,
  ventilator,
} from "./pages-beds.ts";
import { createPagesLimits, type PagesLimits } from "./pages-limits.ts";

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

/** What the server answers with; a test changes it at any time. */
export interface PagesScript {
  beds: readonly BedState[];
  /** Undefined: nobody is signed in. */
  role: Role | undefined;
  demo: boolean;
  nights: NightsResponse["nights"];
  night: (night: Night) => NightResponse;
  devices: readonly DeviceView[];
  health: readonly HealthFinding[];
  frames: readonly FrameLine[];
  simulation: SimulationView;
  commissionings: readonly CommissioningView[];
  /** What the box speaks, whatever is asked for; undefined: it has no voice. */
  speech: Uint8Array | undefined;
  readonly limits: PagesLimits;
  /** Answers of its own, by "METHOD /path". */
  readonly answers: Map<string, object>;
  /** What GET /api/me says besides the usual. */
  about: Partial<Me>;
  /** Live is heard through a shared link, without a sign-in. */
  isShared: boolean;
  /** Refusals instead of the usual, by "METHOD /path"; `hang` never answers. */
  readonly refusals: Map<string, Problem | "hang">;
}

export interface PagesServer {
  readonly url: string;
  readonly port: number;
  readonly script: PagesScript;
  readonly asked: Asked[];
  /** Sockets that are connected. */
  readonly sockets: ReadonlySet<WebSocket>;
  /** What pages asked for over the socket, newest last. */
  readonly requests: unknown[];
  /** Sends the beds of the script, after changing them. */
  state(...beds: readonly BedState[]): void;
  send(message: LiveMessage): void;
  /** Whether new sockets are taken. */
  accept(sockets: boolean): void;
  /** Breaks every socket. */
  drop(): void;
  /** Stops listening and starts again on the same port. */
  down(): Promise<void>;
  up(): Promise<void>;
  close(): Promise<void>;
}

const PAGES: { readonly [address: string]: string } = {
  "/": "caregiver/index.html",
  "/patient": "patient/index.html",
  "/therapist": "therapist/index.html",
  "/technician": "technician/index.html",
  "/share": "share/index.html",
};

const TYPES: { readonly [extension: string]: string } = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".webmanifest": "application/manifest+json",
};

/** A public key of the right shape; nobody signs with it. */
const PUSH_KEY = "BEl62iUYgUivxIkv69yViEuiBIa-Ib9-SkvMeAtA3LFgDzkrxZJjSgSnfckjBJuBkr3qBUYIHBQFLXYp5Nksh8U";

/** Of a home without phones. */
const NO_PHONES: CallingResponse = {
  ...{
    bed: "b1",
    version: 0,
    at: NOW,
    zone: "Asia/Shanghai",
    people: [],
    rules: [],
    backstops: [],
    choices: [],
  },
  ...{ phones: [], plans: { high: [], medium: [] }, exhaustedMs: 300_000 },
  againMs: { high: 50_000, medium: 900_000 },
};

/** Of a home where nobody has planned anything. */
const NO_DUTY: DutyResponse = {
  ...{ bed: "b1", version: 0, zone: "Asia/Shanghai", at: NOW, people: [{ id: "p1", name: "Mei" }] },
  tonight: { from: wall(NOW), to: wall(NOW + 3_600_000), gaps: [] },
  ...{ shifts: [], rota: [], handovers: [] },
};

/** Serves a built folder on loopback, on a free port. */
export async function startPagesServer(folder: string): Promise<PagesServer> {
  const script: PagesScript = {
    beds: [bedState()],
    role: "owner",
    demo: true,
    nights: [],
    night: nightResponse,
    devices: [deviceView(oximeter), deviceView(ventilator)],
    health: [
      { id: "clock", level: "ok" },
      { id: "disk", level: "warning", count: 83 },
      { id: "sounder", level: "error", detail: "no output" },
    ],
    frames: frameLines(),
    simulation: simulationView(),
    commissionings: commissionings(),
    speech: undefined,
    limits: createPagesLimits(),
    answers: new Map(),
    about: {},
    isShared: false,
    refusals: new Map(),
  };
  const asked: Asked[] = [];
  const sockets = new Set<WebSocket>();
  const requests: unknown[] = [];
  let accepting = true;
  let server = listenable();
  let port = await listen(server, 0);

  function listenable(): http.Server {
    const made = http.createServer((request, response) => {
      respond(request, response).catch((error: unknown) => {
        response.statusCode = 500;
        response.end(String(error));
      });
    });
    const live = new WebSocketServer({ noServer: true });
    made.on("upgrade", (request, socket, head) => {
      const mayHear = script.role !== undefined || script.isShared;
      if (!accepting || !/^\/api\/live(\?|$)/.test(request.url ?? "") || !mayHear) {
        socket.destroy();
        return;
      }
      live.handleUpgrade(request, socket, head, (connected) => {
        sockets.add(connected);
        connected.on("close", () => sockets.delete(connected));
        connected.on("message", (data) => requests.push(JSON.parse(String(data))));
        connected.send(JSON.stringify(stateMessage()));
      });
    });
    return made;
  }

  const stateMessage = (): LiveMessage => ({ kind: "state", at: NOW, beds: script.beds });

  async function respond(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) response.setHeader(name, value);
    if (!pathname.startsWith("/api/")) return sendFile(response, PAGES[pathname] ?? pathname.slice(1));
    const body = await bodyOf(request);
    const method = request.method ?? "GET";
    asked.push({ method, path: pathname, body });
    const refusal = script.refusals.get(`${method} ${pathname}`);
    if (refusal === "hang") return;
    if (refusal !== undefined) return sendJson(response, refusal.status, refusal);
    const own = script.answers.get(`${method} ${pathname}`);
    if (own !== undefined) return sendJson(response, 200, own);
    if (pathname.startsWith("/api/speech/") && script.speech !== undefined) {
      response.writeHead(200, { "content-type": "audio/wav" }).end(script.speech);
      return;
    }
    if (pathname === "/api/beds/b1/limits/what-if") {
      response.writeHead(200, { "content-type": "application/x-ndjson" });
      for (const line of script.limits.whatIf) response.write(`${JSON.stringify(line)}\n`);
      response.end();
      return;
    }
    const version = Number(/\d+/.exec(request.headers["if-match"] ?? "")?.[0] ?? 0);
    const { role = "owner" } = script;
    try {
      const limits = await script.limits.answer({ method, path: pathname, body, version, role });
      if (limits !== undefined) return sendJson(response, 200, limits);
    } catch (error) {
      const refused = problemOf(error);
      return sendJson(response, refused.status, refused);
    }
    const answer = answerOf(method, pathname);
    if (answer === undefined) response.writeHead(204).end();
    else sendJson(response, 200, answer);
  }

  function answerOf(method: string, pathname: string): object | undefined {
    const night = /^\/api\/beds\/b1\/nights\/([\d-]+)$/.exec(pathname)?.[1];
    if (night !== undefined) return script.night(night as Night);
    if (/^\/api\/beds\/b1\/devices\/\w+\/frames$/.test(pathname)) return { frames: script.frames };
    switch (`${method} ${pathname}`) {
      case "GET /api/me":
        return me();
      case "POST /api/sign-in":
        script.role = "owner";
        return me();
      case "POST /api/sign-out":
        script.role = undefined;
        return undefined;
      case "GET /api/health":
        return {
          version: "1.2.3",
          at: 0,
          upMs: 7_200_000,
          findings: script.health,
          beds: [],
          memoryBytes: 1,
        };
      case "GET /api/devices":
        return { devices: script.devices };
      case "GET /api/simulation/b1":
        return script.simulation;
      case "GET /api/beds/b1/commissionings":
        return { commissionings: script.commissionings };
      case "GET /api/beds/b1/reception":
        return {
          seconds: 32_400,
          devices: [{ device: oximeter.device, signal: "spo2", received: 30_779, longestGapS: 212 }],
        };
      case "GET /api/beds/b1/notes/morning":
      case "GET /api/beds/b1/notes/symptom":
      case "GET /api/beds/b1/notes/alsfrs_r":
        return { notes: [] };
      case "GET /api/beds/b1/duty":
        return { ...NO_DUTY };
      case "GET /api/beds/b1/calling":
        return { ...NO_PHONES };
      case "GET /api/beds/b1/nights":
        return { nights: script.nights };
      case "GET /api/voices":
        return { house: "en", voices: [] };
      case "GET /api/speech/en/mask_off":
        return undefined;
      case "POST /api/people/join-codes":
        return { code: "k3f7q-zm2xw", expiresInMs: 600_000 };
      default:
        return { accepted: true };
    }
  }

  const me = (): Me => ({
    home: "homehome23",
    demo: script.demo,
    version: "0.1.0",
    pushKey: PUSH_KEY,
    ...script.about,
    ...(script.role === undefined
      ? {}
      : { person: { id: "p1", name: "Mei", role: script.role, language: "en" } }),
  });

  async function sendFile(response: http.ServerResponse, name: string): Promise<void> {
    const file = path.join(folder, path.normalize(`/${name}`));
    const content = await readFile(file).catch(() => undefined);
    if (content === undefined) {
      sendJson(response, 404, {
        title: "There is no such thing here.",
        status: 404,
        detail: name,
        code: "NOT_FOUND",
      });
      return;
    }
    response.setHeader("content-type", TYPES[path.extname(file)] ?? "application/octet-stream");
    response.setHeader("cache-control", "no-cache");
    response.end(content);
  }

  function send(message: LiveMessage): void {
    for (const socket of sockets) socket.send(JSON.stringify(message));
  }

  return {
    get url() {
      return `http://localhost:${port}`;
    },
    get port() {
      return port;
    },
    script,
    asked,
    sockets,
    requests,
    state(...beds) {
      if (beds.length > 0) script.beds = beds;
      send(stateMessage());
    },
    send,
    accept(next) {
      accepting = next;
    },
    drop() {
      for (const socket of sockets) socket.terminate();
    },
    async down() {
      for (const socket of sockets) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    async up() {
      server = listenable();
      port = await listen(server, port);
    },
    async close() {
      for (const socket of sockets) socket.terminate();
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A refusal as the real server words it. */
export const problem = (status: number, code: string, detail: string): Problem => ({
  type: `https://breathwatch.invalid/faults#${code}`,
  title: detail,
  status,
  detail,
  code,
  instance: "urn:breathwatch:request:0123456789abcdef",
});

async function listen(server: http.Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return (server.address() as AddressInfo).port;
}

async function bodyOf(request: http.IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === "" ? undefined : JSON.parse(text);
}

function sendJson(response: http.ServerResponse, status: number, body: object): void {
  const type = status >= 400 ? "application/problem+json" : "application/json";
  response.writeHead(status, { "content-type": type }).end(JSON.stringify(body));
}

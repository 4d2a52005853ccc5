import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { Fault, messageOf } from "../domain/fault.ts";
import { MINUTE_MS } from "../domain/time.ts";
import type { App, Context } from "./context.ts";
import { RateStore } from "./limits.ts";
import { problemOf } from "./problem.ts";
import { authorise, rightOf, sightOf } from "./rights.ts";
import { cookieName, crossSite } from "./security.ts";
import type { SignedIn } from "./sessions.ts";

const LIVE = "/api/live";
/** A page that reconnects every second for a minute, on a few tablets behind one address. */
const UPGRADES_MAX = 600;
/** Largest message from a page: a request for waves is about 50 bytes. */
const MESSAGE_MAX = 1_024;

/** Answers WebSocket upgrades by the same table of rights as everything else; refusals are problem details. */
export function answerUpgrades(app: App, context: Context): void {
  const { deps, hub } = context;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_MAX, perMessageDeflate: false });
  const limits = new RateStore(deps.clock);

  app.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Until the socket is taken over, a connection reset would otherwise be nobody's.
    const ignore = (): void => {};
    socket.on("error", ignore);
    admit(request).then(
      ({ tokenHash, account }) => {
        if (socket.destroyed) return;
        socket.off("error", ignore);
        sockets.handleUpgrade(request, socket, head, (accepted) =>
          hub.add(accepted, tokenHash, sightOf(account, deps.homeOf)),
        );
      },
      (error: unknown) => {
        deps.log.note("live.refused", { error: messageOf(error) }, "debug");
        refuse(socket, error);
      },
    );
  });
  app.addHook("onClose", async () => {
    sockets.close();
  });

  async function admit(request: IncomingMessage): Promise<SignedIn> {
    const path = (request.url ?? "").split("?", 1)[0];
    if (path !== LIVE) throw new Fault("NOT_FOUND", "There is no WebSocket at this address.");
    if (limits.hit(request.socket.remoteAddress ?? "", MINUTE_MS).current > UPGRADES_MAX) {
      throw new Fault("RATE_LIMITED", "Too many connections were opened from this address.");
    }
    const foreign = crossSite(request.headers);
    if (foreign !== undefined) throw foreign;
    const cookies = app.parseCookie(request.headers.cookie ?? "");
    const signedIn = await context.sessions.find(cookies[cookieName(deps.tls !== undefined)]);
    const refusal = authorise(rightOf("GET", LIVE), signedIn?.account, { kind: "anywhere" });
    if (refusal !== undefined) throw refusal;
    if (signedIn === undefined) throw new Fault("NOT_SIGNED_IN", "Nobody is signed in here.");
    if (hub.full(signedIn.tokenHash)) {
      throw new Fault("RATE_LIMITED", "Too many pages are open at once.", {
        fix: "Close pages on other devices.",
      });
    }
    return signedIn;
  }
}

function refuse(socket: Duplex, error: unknown): void {
  if (socket.destroyed) return;
  const problem = problemOf(error);
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? "Refused"}`,
    "connection: close",
    "content-type: application/problem+json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}

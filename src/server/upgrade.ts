import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { Fault, messageOf } from "../domain/fault.ts";
import { MINUTE_MS } from "../domain/time.ts";
import type { Connections } from "./connections.ts";
import type { App, Context } from "./context.ts";
import { strangeHost } from "./hosts.ts";
import { RateStore } from "./limits.ts";
import type { Sight } from "./live-views.ts";
import { rawProblem, requestId } from "./problem.ts";
import { authorise, rightOf, SHARED, sightOf, sightOfShare } from "./rights.ts";
import { shareHash } from "./routes/shares.ts";
import { cookieName, crossSite, shareCookie } from "./security.ts";

const LIVE = "/api/live";
/** A page that reconnects every second for a minute, on a few tablets behind one address. */
const UPGRADES_MAX = 600;
/** Largest message from a page: a request for waves is about 50 bytes. */
const MESSAGE_MAX = 1_024;

/** A page that may look on: by a sign-in, or by a shared link. */
interface Viewer {
  readonly tokenHash: string;
  readonly sight: Sight;
}

/** Answers WebSocket upgrades by the same table of rights as everything else; refusals are problem details. */
export function answerUpgrades(app: App, context: Context, connections: Connections): void {
  const { deps, hub } = context;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_MAX, perMessageDeflate: false });
  const limits = new RateStore(deps.clock);

  app.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Until the socket is taken over, a connection reset would otherwise be nobody's.
    const ignore = (): void => {};
    socket.on("error", ignore);
    admit(request).then(
      ({ tokenHash, sight }) => {
        if (socket.destroyed) return;
        socket.off("error", ignore);
        connections.admit(request.socket);
        sockets.handleUpgrade(request, socket, head, (accepted) =>
          hub.add(accepted, tokenHash, sight, cursorOf(request.url ?? ""), wantsChanges(request.url ?? "")),
        );
      },
      (error: unknown) => {
        const id = requestId(deps);
        deps.log.note("live.refused", { request: id, error: messageOf(error) }, "debug");
        refuse(socket, rawProblem(id, error));
      },
    );
  });
  app.addHook("onClose", async () => {
    sockets.close();
  });

  async function admit(request: IncomingMessage): Promise<Viewer> {
    const path = (request.url ?? "").split("?", 1)[0];
    if (path !== LIVE) throw new Fault("NOT_FOUND", "There is no WebSocket at this address.");
    if (limits.hit(request.socket.remoteAddress ?? "", MINUTE_MS).current > UPGRADES_MAX) {
      throw new Fault("RATE_LIMITED", "Too many connections were opened from this address.");
    }
    const strange = strangeHost(request.headers.host, deps.names?.() ?? []);
    if (strange !== undefined) throw strange;
    const foreign = crossSite(request.headers);
    if (foreign !== undefined) throw foreign;
    const cookies = app.parseCookie(request.headers.cookie ?? "");
    const signedIn = await context.sessions.find(cookies[cookieName(deps.tls !== undefined)]);
    const viewer =
      signedIn === undefined
        ? await sharedViewer(cookies)
        : { tokenHash: signedIn.tokenHash, sight: sightOf(signedIn.account, deps.homeOf) };
    // Who is signed in is judged by their roles, whatever links this browser opened.
    const isShared = signedIn === undefined && viewer !== undefined;
    const refusal = authorise(rightOf("GET", LIVE), signedIn?.account, { kind: "anywhere" });
    if (refusal !== undefined && !isShared) throw refusal;
    if (viewer === undefined) throw new Fault("NOT_SIGNED_IN", "Nobody is signed in here.");
    if (hub.full(viewer.tokenHash)) {
      throw new Fault("RATE_LIMITED", "Too many pages are open at once.", {
        fix: "Close pages on other devices.",
      });
    }
    return viewer;
  }

  async function sharedViewer(cookies: {
    readonly [name: string]: string | undefined;
  }): Promise<Viewer | undefined> {
    const secret = cookies[shareCookie(deps.tls !== undefined)];
    if (secret === undefined) return undefined;
    const hash = shareHash(secret);
    const share = await deps.accounts.share(hash, deps.clock.wall(), false);
    if (share?.scope !== "live") return undefined;
    return { tokenHash: `${SHARED}${hash}`, sight: sightOfShare(share, deps.homeOf) };
  }
}

/** What a page says that it has seen before; undefined: nothing, or nothing that one can say. */
const cursorOf = (url: string): string | undefined => /[?&]after=([0-9a-z.]{3,40})(?:&|$)/.exec(url)?.[1];

/** Whether a page keeps what it was told, and wants what changed alone. */
const wantsChanges = (url: string): boolean => /[?&]changes=1(?:&|$)/.test(url);

function refuse(socket: Duplex, answer: string): void {
  if (!socket.destroyed) socket.end(answer, () => socket.destroy());
}

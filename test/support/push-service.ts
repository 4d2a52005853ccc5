// A push service on loopback: RFC 8030 for senders over HTTPS, Mozilla's autopush protocol for Firefox over WebSocket.
import { randomBytes, randomUUID } from "node:crypto";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { createPushReceiver, type PushReceiver, readVapid } from "./push-receiver.ts";

/** What happened at the push service, newest last. */
export type PushEvent =
  | { readonly kind: "posted"; readonly status: number; readonly why: string; readonly post: Post }
  /** The browser decrypted and displayed (`code` 100), or could not. */
  | {
      readonly kind: "acknowledged";
      readonly channel: string;
      readonly version: string;
      readonly code: number;
    }
  | { readonly kind: "connected" | "disconnected" | "registered" | "unregistered" | "undecryptable" };

export interface Post {
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface PushService {
  /** For Firefox: pref `dom.push.serverURL`. */
  readonly socketUrl: string;
  /** Scheme, host and port of every endpoint: the audience of VAPID tokens. */
  readonly origin: string;
  readonly events: readonly PushEvent[];
  /** Bodies that were accepted, in order. */
  readonly accepted: readonly Post[];
  /** A subscription without a browser; `settings` are those of a target. */
  subscribe(publicKey?: string): {
    readonly settings: { readonly endpoint: string; readonly p256dh: string; readonly auth: string };
    readonly receiver: PushReceiver;
    unsubscribe(): void;
  };
  /** The next posts are answered with these instead of being looked at. */
  answerNext(...answers: { readonly status: number; readonly headers?: Record<string, string> }[]): void;
  /** The phones lose their network. */
  dropBrowsers(): void;
  /** Resolves with the first event that fits, of those to come; rejects after 20 s. */
  next<K extends PushEvent["kind"]>(
    kind: K,
    fits?: (event: Extract<PushEvent, { kind: K }>) => boolean,
  ): Promise<Extract<PushEvent, { kind: K }>>;
  stop(): Promise<void>;
}

interface Notification {
  readonly message: { readonly version: string } & Record<string, unknown>;
  readonly topic: string | undefined;
  readonly expiresAt: number;
}

interface Subscription {
  readonly browser: string | undefined;
  /** The only sender's key that may send, when the page named one. */
  readonly key: string | undefined;
  waiting: Notification[];
}

interface Browser {
  socket: WebSocket | undefined;
  readonly channels: Set<string>;
}

const BYTES_MAX = 4_096;
const WAIT_MS = 20_000;

export async function startPushService(tls: {
  readonly key: string;
  readonly cert: string;
}): Promise<PushService> {
  const subscriptions = new Map<string, Subscription>();
  const browsers = new Map<string, Browser>();
  const events: PushEvent[] = [];
  const accepted: Post[] = [];
  const planned: { readonly status: number; readonly headers?: Record<string, string> }[] = [];
  const listeners = new Set<(event: PushEvent) => void>();
  const happened = (event: PushEvent): void => {
    events.push(event);
    for (const listener of listeners) listener(event);
  };

  const deliver = (channel: string, subscription: Subscription, post: Post): string => {
    const version = randomUUID();
    const ttl = Number(post.headers["ttl"]);
    const topic = post.headers["topic"]?.toString();
    const data = post.body.toString("base64url");
    const headers = { encoding: "aes128gcm" };
    const message = { messageType: "notification", channelID: channel, version, ttl, data, headers };
    if (topic !== undefined)
      subscription.waiting = subscription.waiting.filter((each) => each.topic !== topic);
    const socket = browsers.get(subscription.browser ?? "")?.socket;
    if (socket !== undefined || ttl > 0) {
      subscription.waiting.push({ message, topic, expiresAt: performance.now() + Math.max(ttl, 5) * 1_000 });
    }
    socket?.send(JSON.stringify(message));
    return version;
  };

  const answer = (post: Post): { status: number; why: string; headers?: Record<string, string> } => {
    const order = planned.shift();
    if (order !== undefined) return { ...order, why: "ordered by the test" };
    const channel = post.path.split("/").at(-1) ?? "";
    const subscription = subscriptions.get(channel);
    if (subscription === undefined) return { status: 410, why: "no such subscription" };
    const refusal = refuse(post, origin, subscription.key);
    if (refusal !== undefined) return refusal;
    accepted.push(post);
    const version = deliver(channel, subscription, post);
    const headers = { location: `${origin}/m/${version}`, ttl: String(post.headers["ttl"]) };
    return { status: 201, why: "", headers };
  };

  const endpoints = https.createServer(tls, (request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const post = { path: request.url ?? "", headers: request.headers, body: Buffer.concat(parts) };
      const { status, why, headers = {} } = answer(post);
      response.writeHead(status, headers).end(why);
      happened({ kind: "posted", status, why, post });
    });
  });
  const socketServer = http.createServer();
  const sockets = new WebSocketServer({ server: socketServer, handleProtocols: ([first]) => first ?? false });
  sockets.on("connection", (socket) =>
    serveBrowser(socket, { browsers, subscriptions, happened, origin: () => origin }),
  );

  await Promise.all([listen(endpoints), listen(socketServer)]);
  const origin = `https://127.0.0.1:${portOf(endpoints)}`;
  const endpointOf = (channel: string): string => `${origin}/push/${channel}`;

  return {
    socketUrl: `ws://127.0.0.1:${portOf(socketServer)}/`,
    origin,
    events,
    accepted,
    subscribe(publicKey) {
      const channel = randomUUID();
      const receiver = createPushReceiver();
      subscriptions.set(channel, { browser: undefined, key: publicKey, waiting: [] });
      return {
        settings: { endpoint: endpointOf(channel), p256dh: receiver.p256dh, auth: receiver.auth },
        receiver,
        unsubscribe: () => subscriptions.delete(channel),
      };
    },
    answerNext: (...answers) => void planned.push(...answers),
    dropBrowsers() {
      for (const { socket } of browsers.values()) socket?.terminate();
    },
    next(kind, fits = () => true) {
      const event = new Promise<never>((resolve, reject) => {
        const timer = setTimeout(() => {
          listeners.delete(listener);
          reject(new Error(`the push service waited 20 s for "${kind}"; it saw ${summary(events)}`));
        }, WAIT_MS);
        const listener = (event: PushEvent): void => {
          if (event.kind !== kind || !fits(event as never)) return;
          clearTimeout(timer);
          listeners.delete(listener);
          resolve(event as never);
        };
        listeners.add(listener);
      });
      // A test that failed before it came to wait must show its own failure, not this one.
      event.catch(() => undefined);
      return event;
    },
    async stop() {
      for (const client of sockets.clients) client.terminate();
      sockets.close();
      await Promise.all([close(endpoints), close(socketServer)]);
    },
  };
}

const summary = (events: readonly PushEvent[]): string =>
  events
    .map((event) => (event.kind === "posted" ? `posted (${event.status} ${event.why})` : event.kind))
    .join(", ");

/** RFC 8030 and 8292: why a message is not taken; undefined when it is. */
function refuse(
  { headers, body }: Post,
  origin: string,
  key: string | undefined,
): { status: number; why: string } | undefined {
  if (!/^\d+$/.test(headers["ttl"]?.toString() ?? "")) return { status: 400, why: "no TTL" };
  if (body.length > BYTES_MAX) return { status: 413, why: "too large" };
  if (body.length > 0 && headers["content-encoding"] !== "aes128gcm") return { status: 400, why: "encoding" };
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(headers["topic"]?.toString() ?? "t"))
    return { status: 400, why: "topic" };
  if (headers.authorization === undefined)
    return key === undefined ? undefined : { status: 401, why: "no token" };
  try {
    const claims = readVapid(headers.authorization);
    const leftS = claims.exp - Date.now() / 1_000;
    if (leftS <= 0 || leftS > 24 * 3_600) return { status: 401, why: "the token's time is wrong" };
    if (claims.aud !== origin) return { status: 403, why: `the token is for ${claims.aud}` };
    if (key !== undefined && claims.key !== key) return { status: 403, why: "another sender's key" };
    if (!/^(?:mailto:|https:)/.test(claims.sub)) return { status: 403, why: "BadJwtToken" };
  } catch (thrown) {
    return { status: 401, why: String(thrown) };
  }
  return undefined;
}

interface BrowserContext {
  readonly browsers: Map<string, Browser>;
  readonly subscriptions: Map<string, Subscription>;
  readonly happened: (event: PushEvent) => void;
  readonly origin: () => string;
}

/** What Firefox sends over its WebSocket; an empty object is its ping. */
interface FromBrowser {
  readonly messageType?: "hello" | "register" | "unregister" | "ack" | "nack";
  readonly uaid?: string;
  readonly channelID?: string;
  readonly key?: string;
  readonly updates?: readonly {
    readonly channelID: string;
    readonly version: string;
    readonly code: number;
  }[];
}

function serveBrowser(
  socket: WebSocket,
  { browsers, subscriptions, happened, origin }: BrowserContext,
): void {
  let name = "";
  const say = (message: object): void => socket.send(JSON.stringify(message));
  const waitingOf = (channel: string): readonly Notification[] => {
    const subscription = subscriptions.get(channel);
    if (subscription === undefined) return [];
    subscription.waiting = subscription.waiting.filter(({ expiresAt }) => expiresAt > performance.now());
    return subscription.waiting;
  };
  socket.on("close", () => {
    const browser = browsers.get(name);
    if (browser?.socket === socket) browser.socket = undefined;
    happened({ kind: "disconnected" });
  });
  socket.on("message", (text: Buffer) => {
    const message = JSON.parse(text.toString()) as FromBrowser;
    const channel = message.channelID ?? "";
    switch (message.messageType) {
      case undefined:
        return say({});
      case "hello": {
        name =
          message.uaid !== undefined && browsers.has(message.uaid)
            ? message.uaid
            : randomBytes(16).toString("hex");
        const browser = browsers.get(name) ?? { socket, channels: new Set<string>() };
        browser.socket = socket;
        browsers.set(name, browser);
        say({ messageType: "hello", status: 200, uaid: name, use_webpush: true, broadcasts: {} });
        for (const each of browser.channels) for (const { message } of waitingOf(each)) say(message);
        return happened({ kind: "connected" });
      }
      case "register":
        subscriptions.set(channel, { browser: name, key: plainKey(message.key), waiting: [] });
        browsers.get(name)?.channels.add(channel);
        say({
          messageType: "register",
          status: 200,
          channelID: channel,
          pushEndpoint: `${origin()}/push/${channel}`,
        });
        return happened({ kind: "registered" });
      case "unregister":
        subscriptions.delete(channel);
        browsers.get(name)?.channels.delete(channel);
        say({ messageType: "unregister", status: 200, channelID: channel });
        return happened({ kind: "unregistered" });
      case "ack":
        for (const update of message.updates ?? []) {
          const subscription = subscriptions.get(update.channelID);
          if (subscription !== undefined) {
            subscription.waiting = subscription.waiting.filter(
              (each) => each.message.version !== update.version,
            );
          }
          happened({
            kind: "acknowledged",
            channel: update.channelID,
            version: update.version,
            code: update.code,
          });
        }
        return;
      case "nack":
        happened({ kind: "undecryptable" });
    }
  });
}

/** Firefox pads the key. */
const plainKey = (key: string | undefined): string | undefined =>
  key === undefined ? undefined : Buffer.from(key, "base64").toString("base64url");

const listen = (server: http.Server | https.Server): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });

const portOf = (server: http.Server | https.Server): number => (server.address() as AddressInfo).port;

const close = (server: http.Server | https.Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

import { once } from "node:events";
import { createConnection, createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { ROLES } from "../../src/domain/person.ts";
import type { BedState, LiveMessage } from "../../src/server/contract.ts";
import { listen } from "../../src/server/listen.ts";
import { createCertificate } from "../support/certificate.ts";
import { requires } from "../support/require.ts";
import { fold, type Harness, occurrence, samples, startHarness } from "../unit/server/harness.ts";

const OXIMETER = "oxiaaaaaaa";

let harness: Harness;
let origin: string;
let port: number;
const pages: WebSocket[] = [];
const sockets: Socket[] = [];

beforeEach(async () => {
  harness = await startHarness();
  ({ url: origin, port } = await listen(harness.app, { host: "127.0.0.1", port: 0 }));
});
afterEach(async () => {
  for (const page of pages.splice(0)) page.terminate();
  for (const socket of sockets.splice(0)) socket.destroy();
  await harness.close();
  expect(harness.complaints()).toEqual([]);
});

/** A page over a real socket: what it was told, and how to wait for more. */
class Page {
  readonly socket: WebSocket;
  readonly inbox: LiveMessage[] = [];
  closed: number | undefined;

  constructor(headers: Record<string, string>, path = "/api/live") {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers });
    pages.push(this.socket);
    this.socket.on("message", (data: Buffer) => this.inbox.push(JSON.parse(data.toString())));
    this.socket.on("close", (code) => {
      this.closed = code;
    });
    this.socket.on("error", () => {});
  }

  /** The newest message of which this is true; real sockets, so it takes as long as it takes. */
  async until(wanted: (message: LiveMessage) => boolean): Promise<LiveMessage> {
    return await eventually(() => this.inbox.findLast(wanted));
  }

  async state(wanted: (bed: BedState) => boolean = () => true): Promise<BedState> {
    const found = await this.until((message) => message.kind === "state" && wanted(message.beds[0]!));
    return (found as { readonly beds: readonly BedState[] }).beds[0]!;
  }
}

async function eventually<T>(look: () => T | undefined, patienceMs = 10_000): Promise<T> {
  const until = performance.now() + patienceMs;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    if (performance.now() > until) throw new Error(`not seen within ${patienceMs} ms`);
    await pause(5);
  }
}

/** One sign-in may hold 32 pages. */
async function signInOften(times: number): Promise<string[]> {
  const cookies: string[] = [];
  while (cookies.length < times) cookies.push(await harness.signIn("caregiver"));
  return cookies;
}

/** HTTP status that refuses an upgrade; 101 when it is accepted. */
async function upgradeStatus(headers: Record<string, string>, path = "/api/live"): Promise<number> {
  const page = new Page(headers, path);
  return await new Promise((resolve) => {
    page.socket.on("unexpected-response", (_, response) => resolve(response.statusCode ?? 0));
    page.socket.on("open", () => resolve(101));
  });
}

describe("the live socket", () => {
  it("is refused without a sign-in, from other sites and at other addresses, and open to every role", async () => {
    const cookie = await harness.signIn("caregiver");
    expect(await upgradeStatus({})).toBe(401);
    expect(await upgradeStatus({ cookie: `breathwatch=${"A".repeat(43)}` })).toBe(401);
    expect(await upgradeStatus({ cookie: "breathwatch=%00; ;;;=" })).toBe(401);
    expect(await upgradeStatus({ cookie, origin: "https://evil.example" })).toBe(403);
    expect(await upgradeStatus({ cookie, origin })).toBe(101);
    expect(await upgradeStatus({ cookie }, "/api/live?x=1")).toBe(101);
    for (const path of ["/", "/api/devices", "/api/live/x", "/api/../api/live2"]) {
      expect(await upgradeStatus({ cookie }, path), path).toBe(404);
    }
    for (const role of ROLES)
      expect(await upgradeStatus({ cookie: await harness.signIn(role) }), role).toBe(101);
  });

  it("shows a bed of which nothing was ever heard, without inventing a number", async () => {
    const page = new Page({ cookie: await harness.signIn("caregiver") });
    expect(await page.state()).toMatchObject({
      bed: "b1",
      signals: {},
      alarms: { open: [] },
      simulated: true,
    });
  });

  it("brings numbers, alarms, waves and heartbeats, and the newest state to a page that comes back", async () => {
    const cookie = await harness.signIn("caregiver");
    const page = new Page({ cookie });
    await page.state();
    harness.live.observe(samples(harness.clock, OXIMETER, { spo2: 91 }));
    const measuredAt = harness.clock.mono();
    await harness.clock.advance(250);
    expect((await page.state((bed) => bed.signals.spo2 !== undefined)).signals.spo2).toMatchObject({
      sample: 91,
    });

    page.socket.send(JSON.stringify({ kind: "waves", bed: "b1", on: true }));
    const body = { kind: "wave", rateHz: 50, channels: { flow: [1, 2] } } as const;
    await eventually(() => {
      harness.live.observe(samples(harness.clock, OXIMETER, {}, { body }));
      return page.inbox.find(({ kind }) => kind === "wave");
    });
    // Real answers to pings take real time, so a beat may find something still on its way.
    for (let n = 0; n < 20 && !page.inbox.some(({ kind }) => kind === "heartbeat"); n += 1) {
      await pause(20);
      await harness.clock.advance(5_000);
    }
    await page.until(({ kind }) => kind === "heartbeat");

    page.socket.terminate();
    harness.live.alarms(fold([occurrence()], 3));
    await harness.clock.advance(1_000);
    const again = new Page({ cookie });
    const back = await again.state();
    expect(back.alarms).toMatchObject({ revision: 3, open: [{ id: "b1-abcdefghij-1" }] });
    expect(back.signals.spo2).toMatchObject({ sample: 91, ageMs: harness.clock.mono() - measuredAt });
  });

  it("tells two hundred pages of an alarm within two seconds, and all know who has taken it", async () => {
    const cookies = await signInOften(8);
    const all = Array.from({ length: 200 }, (_, n) => new Page({ cookie: cookies[n % 8]! }));
    await Promise.all(all.map((page) => page.state()));
    const started = performance.now();
    harness.live.alarms(fold([occurrence()], 1));
    const tookMs = performance.now() - started;
    await harness.clock.advance(0);
    await Promise.all(all.map((page) => page.state((bed) => bed.alarms.revision === 1)));
    const raisedMs = performance.now() - started;
    const by = { id: "p1", name: "Mei" };
    const at = harness.clock.wall();
    const acknowledgement = { by, at, until: at, place: "going" } as const;
    harness.live.alarms(fold([occurrence({ acknowledgement })], 2));
    await harness.clock.advance(0);
    const last = await Promise.all(all.map((page) => page.state((bed) => bed.alarms.revision === 2)));
    expect(last.every((bed) => bed.alarms.open[0]?.acknowledgement?.by.name === "Mei")).toBe(true);
    const totalMs = performance.now() - started;
    process.stderr.write(
      `200 pages: alarm path held ${tookMs.toFixed(2)} ms, alarm everywhere ${raisedMs.toFixed(0)} ms, taken ${totalMs.toFixed(0)} ms\n`,
    );
    expect(tookMs).toBeLessThan(10);
    expect(totalMs).toBeLessThan(2_000);
  });

  it("gives a page that stopped reading no backlog, keeps the others going, and lets go of it after 30 s", async () => {
    const cookie = await harness.signIn("caregiver");
    const { socket: stuck, firstBytes } = await rawPage(cookie);
    const page = new Page({ cookie });
    await page.state();
    for (let n = 0; n < 24; n += 1) {
      harness.live.observe(samples(harness.clock, OXIMETER, { spo2: 70 + n }));
      await harness.clock.advance(1_000);
      await page.state((bed) => bed.signals.spo2?.sample === 70 + n);
    }
    let bytes = firstBytes;
    stuck.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    stuck.resume();
    await pause(200);
    // One state was on its way when it stopped; it never answers pings, so it gets no other.
    const oneState = JSON.stringify(harness.live.states()).length;
    expect(bytes).toBeLessThan(3 * oneState);
    const gone = once(stuck, "close");
    await harness.clock.advance(15_000);
    await gone;
    expect(page.closed).toBeUndefined();
  });

  it("survives garbage, oversized and unmasked frames of a page, and closes that page alone", async () => {
    const cookie = await harness.signIn("caregiver");
    const good = new Page({ cookie });
    await good.state();
    const big = new Page({ cookie });
    await big.state();
    big.socket.send("x".repeat(5_000));
    await eventually(() => big.closed);
    const binary = new Page({ cookie });
    await binary.state();
    binary.socket.send(Buffer.from([0, 255, 1, 254]));
    expect(await eventually(() => binary.closed)).toBe(1008);
    for (const frame of [
      Buffer.from([0xff, 0xff, 0xff]),
      Buffer.from([0x81, 0x02, 0x68, 0x69]),
      Buffer.alloc(4_096, 7),
    ]) {
      const { socket: raw } = await rawPage(cookie);
      raw.resume();
      raw.write(frame);
      await once(raw, "close");
    }
    harness.live.alarms(fold([occurrence()], 9));
    await harness.clock.advance(0);
    await good.state((bed) => bed.alarms.revision === 9);
  });

  it("closes with the sign-in that it lives on", async () => {
    const cookie = await harness.signIn("caregiver");
    const page = new Page({ cookie });
    const other = new Page({ cookie: await harness.signIn("caregiver") });
    await Promise.all([page.state(), other.state()]);
    await fetch(`${origin}/api/sign-out`, { method: "POST", headers: { cookie } });
    expect(await eventually(() => page.closed)).toBe(4401);
    expect(other.closed).toBeUndefined();
    expect(await upgradeStatus({ cookie })).toBe(401);
  });

  it("refuses the page after the last place, without harm to those that are there", async () => {
    const cookies = await signInOften(8);
    const cookie = await harness.signIn("caregiver");
    const all = Array.from({ length: 256 }, (_, n) => new Page({ cookie: cookies[n % 8]! }));
    await Promise.all(all.map((page) => page.state()));
    expect(await upgradeStatus({ cookie })).toBe(429);
    all[0]!.socket.terminate();
    // The server learns of it in its own time.
    await expect.poll(() => upgradeStatus({ cookie }), { timeout: 10_000 }).toBe(101);
  });
});

/** A page that shakes hands and then reads nothing until told to. */
async function rawPage(cookie: string): Promise<{ readonly socket: Socket; readonly firstBytes: number }> {
  const socket = createConnection(port, "127.0.0.1");
  sockets.push(socket);
  socket.on("error", () => {});
  await once(socket, "connect");
  const head = [
    "GET /api/live HTTP/1.1",
    `host: 127.0.0.1:${port}`,
    "connection: Upgrade",
    "upgrade: websocket",
    "sec-websocket-version: 13",
    "sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==",
    `cookie: ${cookie}`,
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  const [first] = (await once(socket, "data")) as [Buffer];
  expect(first.toString("latin1")).toContain("101 Switching Protocols");
  socket.pause();
  return { socket, firstBytes: first.length };
}

const withOpenssl = requires("openssl");

describe("the port", () => {
  it("that is taken is named, with what to do", async () => {
    const other = await startHarness();
    await expect(listen(other.app, { host: "127.0.0.1", port })).rejects.toMatchObject({
      code: "HTTP_PORT_TAKEN",
      message: expect.stringContaining(`Port ${port} on 127.0.0.1`),
      fix: expect.stringContaining("web.port"),
    });
    await other.close();
  });

  it.each(["0.0.0.0", "192.168.1.10", "::", "box.local", "127.0.0.1.evil.example"])(
    "is not opened on %s without TLS",
    async (host) => {
      const other = await startHarness();
      await expect(listen(other.app, { host, port: 0 })).rejects.toMatchObject({
        code: "HTTP_INSECURE",
        permanent: true,
        fix: expect.stringContaining("tls"),
      });
      expect(other.app.server.listening).toBe(false);
      await other.close();
    },
  );

  withOpenssl.test(
    "speaks TLS on any address where it is configured, and only then with a cookie for TLS alone",
    async () => {
      const certificate = createCertificate();
      const distrust = certificate.trust();
      const secure = await startHarness({ tls: certificate, withOwnerCode: true });
      try {
        const { url } = await listen(secure.app, { host: "0.0.0.0", port: 0, tls: certificate });
        const address = url.replace("0.0.0.0", "127.0.0.1");
        expect(address).toMatch(/^https:/);
        const answer = await fetch(`${address}/api/sign-in`, {
          method: "POST",
          headers: { "content-type": "application/json", origin: address },
          body: JSON.stringify({ code: secure.ownerCode, name: "Mei", language: "en" }),
        });
        const cookie = String(answer.headers.get("set-cookie"));
        expect(cookie).toMatch(/^__Host-breathwatch=/);
        expect(cookie).toContain("Secure");
        const page = new WebSocket(`${address.replace("https", "wss")}/api/live`, {
          headers: { cookie: cookie.split(";")[0] },
          ca: certificate.cert,
        });
        pages.push(page);
        const [first] = (await once(page, "message")) as [Buffer];
        expect(JSON.parse(first.toString())).toMatchObject({ kind: "state" });
      } finally {
        await secure.close();
        distrust();
        certificate.remove();
      }
    },
  );

  it("answers after garbage, half a request and a flood of connections that say nothing", async () => {
    const say = async (bytes: string | Buffer): Promise<Socket> => {
      const socket = createConnection(port, "127.0.0.1");
      sockets.push(socket);
      socket.on("error", () => {});
      await once(socket, "connect");
      socket.write(bytes);
      return socket;
    };
    await say(Buffer.alloc(2_000, 0xff));
    await say("GET / HTTP/1.1\r\nhost: x\r\nx: ");
    await say(`GET / HTTP/1.1\r\nx: ${"y".repeat(40_000)}\r\n\r\n`);
    await say("POST /api/sign-in HTTP/1.1\r\nhost: x\r\ncontent-length: 99999999999\r\n\r\n{");
    await say("GET /api/live HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
    await say("GET http://[::bad HTTP/1.1\r\nhost: x\r\n\r\n");
    await Promise.all(Array.from({ length: 100 }, () => say("")));
    const answer = await fetch(`${origin}/api/me`);
    expect(answer.status).toBe(200);
  });

  it("is free again after the end, with pages still open", async () => {
    const page = new Page({ cookie: await harness.signIn("caregiver") });
    await page.state();
    const started = performance.now();
    await harness.app.close();
    expect(performance.now() - started).toBeLessThan(2_000);
    const next = createServer();
    next.listen(port, "127.0.0.1");
    await once(next, "listening");
    next.close();
    expect(harness.clock.pending).toBe(0);
  });
});

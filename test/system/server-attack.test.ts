// The page server under attack, over real sockets: crowds, slow clients, bytes that are no HTTP, floods, certificates.
import { once } from "node:events";
import { Agent, get, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls } from "node:tls";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { listen, renewCertificate } from "../../src/server/listen.ts";
import { createCertificate } from "../support/certificate.ts";
import { requires } from "../support/require.ts";
import { type Harness, startHarness } from "../unit/server/harness.ts";

/** The family's page gets its answers within this time while the attack goes on. */
const PATIENCE_MS = 3_000;

let harness: Harness;
let port: number;
const undo: (() => unknown)[] = [];
beforeEach(async () => {
  harness = await startHarness();
  ({ port } = await listen(harness.app, { host: "127.0.0.1", port: 0 }));
});
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
  await harness.close();
  expect(harness.complaints()).toEqual([]);
});

/** A connection from an address of this machine; `bytes` are said at once. */
function raw(bytes: string | Buffer = "", from = "127.0.0.1", to = port): Socket {
  const socket = connect({ port: to, host: "127.0.0.1", localAddress: from });
  socket.on("error", () => undefined);
  if (bytes.length > 0) socket.write(bytes);
  undo.push(() => socket.destroy());
  return socket;
}

const closed = async (socket: Socket, ms: number): Promise<boolean> => {
  if (socket.closed) return true;
  socket.resume();
  return Promise.race([once(socket, "close").then(() => true), sleep(ms, false, { ref: false })]);
};

/** A browser of the family at an address of its own, on connections that it keeps. */
async function family() {
  const cookie = await harness.signIn("caregiver");
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  undo.push(() => agent.destroy());
  return async (path = "/api/beds/b1/limits"): Promise<{ status: number; ms: number }> => {
    const began = performance.now();
    const options = {
      port,
      host: "127.0.0.1",
      localAddress: "127.0.0.200",
      path,
      agent,
      headers: { cookie },
    };
    const [answer] = (await once(get(options), "response")) as [IncomingMessage];
    answer.resume();
    await once(answer, "end");
    return { status: answer.statusCode ?? 0, ms: performance.now() - began };
  };
}

async function connections(): Promise<number> {
  return new Promise((resolve, reject) => {
    harness.app.server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
  });
}

/** The connection as its answer so far, until it ends. */
async function answerTo(bytes: string | Buffer): Promise<string> {
  const socket = raw(bytes);
  let heard = "";
  socket.setEncoding("utf8").on("data", (text) => {
    heard += text;
  });
  await Promise.race([once(socket, "close"), sleep(500)]);
  return heard;
}

describe("a crowd of ten thousand connections", () => {
  test.each([
    ["that say nothing", ""],
    ["that never end their head", "GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx: "],
    ["that ask for pages and stay", "GET /api/me HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"],
  ])("%s shuts nobody else out, and fills no memory", async (_, bytes) => {
    const ask = await family();
    expect((await ask()).status).toBe(200);
    const before = process.memoryUsage().rss;
    const slowest = { kept: 0, fresh: 0 };
    for (let n = 0; n < 10_000; n += 1) {
      raw(bytes, `127.0.0.${2 + (n % 20)}`).resume();
      if (n % 500 !== 499) continue;
      await sleep(1);
      const kept = await ask();
      const fresh = await (await family())();
      expect([kept.status, fresh.status]).toEqual([200, 200]);
      slowest.kept = Math.max(slowest.kept, kept.ms);
      slowest.fresh = Math.max(slowest.fresh, fresh.ms);
      expect(await connections()).toBeLessThanOrEqual(600);
    }
    expect(slowest.kept).toBeLessThan(PATIENCE_MS);
    expect(slowest.fresh).toBeLessThan(PATIENCE_MS);
    // Both ends of ten thousand sockets lie in this process.
    expect(process.memoryUsage().rss - before).toBeLessThan(400 << 20);
    await expect.poll(connections, { timeout: 10_000 }).toBeLessThanOrEqual(512);
  });
});

describe("a client that is too slow", () => {
  test.each([
    ["with its head", "GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n", "x: y\r\n"],
    [
      "with its body",
      "POST /api/sign-in HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: 4000\r\n\r\n{",
      " ",
    ],
  ])("%s is closed after its time, though it says a little again and again", async (_, begin, more) => {
    const socket = raw(begin);
    const timer = setInterval(() => socket.writable && socket.write(more), 500);
    undo.push(() => clearInterval(timer));
    const began = performance.now();
    expect(await closed(socket, 25_000)).toBe(true);
    // 10 s for the head, 15 s for all of it, and up to 2 s until somebody looks.
    expect(performance.now() - began).toBeGreaterThan(8_000);
  });

  test("that closes its half and stays is let go", async () => {
    const socket = raw("GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ");
    socket.end();
    expect(await closed(socket, 5_000)).toBe(true);
  });

  test("that asks for much and reads none of it is bounded in what waits for it", async () => {
    const ask = await family();
    const request = "GET /api/me HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";
    const before = process.memoryUsage().rss;
    const crowd = Array.from({ length: 20 }, () => raw(request.repeat(1_000)));
    for (const socket of crowd) socket.pause();
    for (let n = 0; n < 10; n += 1) {
      const { status, ms } = await ask();
      expect(status).toBe(200);
      expect(ms).toBeLessThan(PATIENCE_MS);
      await sleep(100);
    }
    expect(process.memoryUsage().rss - before).toBeLessThan(300 << 20);
  });
});

describe("somebody who reads a large answer a byte at a time", () => {
  const RECORD = "/api/beds/b1/audit";

  test("has no more of it made than fits on its way, keeps nobody out, and is closed in the end", async () => {
    const piece = `${"x".repeat(65_535)}\n`;
    let made = 0;
    // 256 MiB each time.
    harness.auditPieces = {
      async *[Symbol.asyncIterator]() {
        for (let n = 0; n < 4_096; n += 1) {
          made += 1;
          yield piece;
        }
      },
    };
    const cookie = await harness.signIn("owner");
    const before = process.memoryUsage().rss;
    let read = 0;
    const crowd = [1, 2].map((n) => {
      const socket = connect({ port, host: "127.0.0.1", localAddress: `127.0.0.${50 + n}` });
      undo.push(() => socket.destroy());
      socket.on("error", () => undefined);
      // Nothing flows by itself: one byte at a time is taken out of what this end has buffered.
      socket.pause();
      socket.write(`GET ${RECORD} HTTP/1.1\r\nhost: 127.0.0.1\r\ncookie: ${cookie}\r\n\r\n`);
      const timer = setInterval(() => {
        read += (socket.read(1) as Buffer | null)?.length ?? 0;
      }, 50);
      undo.push(() => clearInterval(timer));
      return socket;
    });
    await expect.poll(() => read, { timeout: 10_000 }).toBeGreaterThan(4);
    const ask = await family();
    for (let n = 0; n < 20; n += 1) {
      const { status, ms } = await ask();
      expect(status).toBe(200);
      expect(ms).toBeLessThan(PATIENCE_MS);
      await sleep(50);
    }
    // What lies in the buffers of both ends, which the system makes some MiB large; not what there is.
    expect(made).toBeLessThan(512);
    expect(process.memoryUsage().rss - before).toBeLessThan(150 << 20);
    const record = () => fetch(`http://127.0.0.1:${port}${RECORD}`, { headers: { cookie } });
    expect((await record()).status).toBe(429);
    expect(crowd.map(({ closed: isClosed }) => isClosed)).toEqual([false, false]);

    await harness.clock.advance(19 * 60_000);
    expect((await record()).status).toBe(429);
    await harness.clock.advance(2 * 60_000);
    // Both places are free again, and what nobody reads is made no more.
    const last = made;
    harness.auditPieces = [piece];
    await expect.poll(async () => (await record()).status, { timeout: 10_000 }).toBe(200);
    expect((await record()).status).toBe(200);
    expect(made).toBe(last);
  });
});

describe("requests in one piece", () => {
  const request = "GET /api/me HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n";

  test("are read no further than the answers that a connection may wait for", async () => {
    const ask = await family();
    expect((await ask()).status).toBe(200);
    let read = 0;
    harness.app.server.on("request", () => {
      read += 1;
    });
    const began = process.cpuUsage();
    const crowd = Array.from({ length: 20 }, (_, n) => raw(request.repeat(5_000), `127.0.0.${2 + n}`));
    // Ended with bytes that nobody read, which is a reset.
    await Promise.all(
      crowd.map((socket) => new Promise((resolve) => socket.resume().once("close", resolve))),
    );
    const { user, system } = process.cpuUsage(began);
    // Of 5,000 each what one small read held when the seventeenth was one too many.
    expect(read).toBeGreaterThan(20 * 16);
    expect(read).toBeLessThan(20 * 100);
    expect((user + system) / 1_000).toBeLessThan(2_000);
    const { status, ms } = await ask();
    expect(status).toBe(200);
    expect(ms).toBeLessThan(PATIENCE_MS);
  });

  test("as a program sends them, a few at once, are all answered, one connection for hundreds", async () => {
    const socket = raw();
    let heard = "";
    socket.setEncoding("utf8").on("data", (text) => {
      heard += text;
    });
    const answers = (): number => heard.split("HTTP/1.1 ").length - 1;
    for (let round = 1; round <= 30; round += 1) {
      socket.write(request.repeat(10));
      await expect.poll(answers, { timeout: 10_000 }).toBe(10 * round);
    }
    expect(socket.closed).toBe(false);
  });

  test("cut anywhere, with bodies and a page's upgrade behind them, are what they were", async () => {
    const cookie = await harness.signIn("caregiver");
    const body = JSON.stringify({ how: "touch", kind: "come", padding: "x".repeat(5_000) });
    const post =
      `POST /api/beds/b1/call HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncookie: ${cookie}\r\n` +
      `sec-fetch-site: same-origin\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const upgrade =
      `GET /api/live HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncookie: ${cookie}\r\nconnection: upgrade\r\n` +
      `upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n`;
    // A frame that asks for something unknown, longer than a slice: the page is closed with 1009 when all of it was read.
    const frame = Buffer.concat([
      Buffer.from([0x81, 0xfe, 0x10, 0x00, 0, 0, 0, 0]),
      Buffer.alloc(4_096, 0x78),
    ]);
    for (const size of [64_000, 1_999, 2_048, 700]) {
      const socket = raw();
      let heard = "";
      socket.setEncoding("latin1").on("data", (text) => {
        heard += text;
      });
      const statuses = () => [...heard.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => status);
      const send = async (bytes: Buffer): Promise<void> => {
        for (let at = 0; at < bytes.length; at += size) {
          socket.write(bytes.subarray(at, at + size));
          await sleep(1);
        }
      };
      await send(Buffer.from(post + request));
      await expect.poll(statuses, { timeout: 10_000 }).toEqual(["200", "200"]);
      await send(Buffer.concat([Buffer.from(upgrade), frame]));
      expect(await closed(socket, 10_000)).toBe(true);
      expect(statuses()).toEqual(["200", "200", "101"]);
      expect(heard).toContain(String.fromCharCode(0x88, 2, 1_009 >> 8, 1_009 & 255));
    }
  });
});

describe("bytes that are no request", () => {
  test("of any kind get an answer or the door, and the next one is served", async () => {
    const post = (body: Buffer): Buffer =>
      Buffer.concat([
        Buffer.from(
          "POST /api/sign-in HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n" +
            `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`,
        ),
        body,
      ]);
    const deep = `${"[".repeat(8_000)}${"]".repeat(8_000)}`;
    const cases: [string, string | Buffer, RegExp][] = [
      [
        "oversized head",
        `GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx: ${"y".repeat(40_000)}\r\n\r\n`,
        /^(HTTP\/1.1 4\d\d |$)/,
      ],
      ["ten thousand headers", `GET / HTTP/1.1\r\n${"a: b\r\n".repeat(10_000)}\r\n`, /^(HTTP\/1.1 4\d\d |$)/],
      ["deeply nested JSON", post(Buffer.from(deep)), /^HTTP\/1.1 400 /],
      ["JSON that is too long", post(Buffer.from(`"${"x".repeat(20_000)}"`)), /^HTTP\/1.1 413 /],
      ["malformed UTF-8", post(Buffer.from([0x22, 0xc3, 0x28, 0xff, 0xfe, 0x22])), /^HTTP\/1.1 400 /],
      ["a prototype", post(Buffer.from('{"__proto__":{"role":"owner"}}')), /^HTTP\/1.1 400 /],
      [
        "two lengths",
        "POST /api/sign-in HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}",
        /^HTTP\/1.1 400 /,
      ],
      [
        "smuggling",
        "POST /api/sign-in HTTP/1.1\r\nhost: a\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        /^HTTP\/1.1 400 /,
      ],
      ["TLS to a port without it", Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3]), /^HTTP\/1.1 400 /],
    ];
    for (const [what, bytes, expected] of cases) expect(await answerTo(bytes), what).toMatch(expected);
    expect((await (await family())()).status).toBe(200);
  });
});

describe("pages over a WebSocket", () => {
  const page = (cookie: string): WebSocket => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/api/live`, { headers: { cookie } });
    socket.on("error", () => undefined);
    undo.push(() => socket.terminate());
    return socket;
  };

  test("that flood, or send a frame that is too large, are closed alone", async () => {
    const cookie = await harness.signIn("caregiver");
    const [good, large, flood] = [page(cookie), page(cookie), page(cookie)];
    await Promise.all([good, large, flood].map((socket) => once(socket, "message")));
    const ends = [once(large, "close"), once(flood, "close")];
    large.send("x".repeat(2_000));
    for (let n = 0; n < 10_000 && flood.readyState === flood.OPEN; n += 1)
      flood.send('{"kind":"waves","bed":"b1","on":true}');
    const codes = (await Promise.all(ends)).map(([code]) => code);
    expect(codes[0]).toBe(1009);
    expect(codes[1]).toBe(1008);
    expect(good.readyState).toBe(good.OPEN);
  });

  test("stand while a crowd knocks", async () => {
    const socket = page(await harness.signIn("caregiver"));
    await once(socket, "message");
    for (let n = 0; n < 2_000; n += 1) raw("", `127.0.0.${2 + (n % 4)}`);
    await expect.poll(connections, { timeout: 10_000 }).toBeGreaterThan(400);
    expect(socket.readyState).toBe(socket.OPEN);
  });
});

requires("openssl").describe("TLS", () => {
  test("lets nobody stall its handshake for long, nor many keep others out", async () => {
    const certificate = createCertificate();
    undo.push(() => certificate.remove());
    const secure = await startHarness({ tls: certificate });
    undo.push(() => secure.close());
    const { port: tlsPort } = await listen(secure.app, { host: "127.0.0.1", port: 0, tls: certificate });
    const began = performance.now();
    const crowd = Array.from({ length: 1_000 }, (_, n) =>
      raw("\x16\x03\x01", `127.0.0.${2 + (n % 4)}`, tlsPort),
    );
    const socket = connectTls({
      socket: raw("", "127.0.0.200", tlsPort),
      host: "127.0.0.1",
      ca: certificate.cert,
    });
    undo.push(() => socket.destroy());
    await once(socket, "secureConnect");
    expect(performance.now() - began).toBeLessThan(PATIENCE_MS);
    for (const one of crowd) one.resume();
    await expect.poll(() => crowd.filter((one) => !one.closed).length, { timeout: 20_000 }).toBe(0);
  });

  test("shows a renewed certificate to whoever comes next, and leaves those that are there", async () => {
    const [first, second] = [createCertificate(), createCertificate()];
    undo.push(
      () => first.remove(),
      () => second.remove(),
    );
    const secure = await startHarness({ tls: first });
    undo.push(() => secure.close());
    const { port: tlsPort } = await listen(secure.app, { host: "127.0.0.1", port: 0, tls: first });
    const open = async (ca: string) => {
      const socket = connectTls({ port: tlsPort, host: "127.0.0.1", ca });
      undo.push(() => socket.destroy());
      await once(socket, "secureConnect");
      return socket;
    };
    const standing = await open(first.cert);
    renewCertificate(secure.app, second);
    await open(second.cert);
    await expect(open(first.cert)).rejects.toThrow(/certificate/i);
    standing.write("GET /api/me HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n");
    const [data] = (await once(standing, "data")) as [Buffer];
    expect(data.toString()).toMatch(/^HTTP\/1.1 200 /);
  });
});

import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { wall } from "../../../src/domain/time.ts";
import { createHttp } from "../../../src/ops/http.ts";
import { createVirtualClock, settle } from "../../../src/rehearsal/clock.ts";

const request = { method: "POST", headers: { "x-a": "b" }, timeoutMs: 5_000 } as const;

describe("outbound requests", () => {
  const clock = createVirtualClock(wall(1_800_000_000_000));
  const http = createHttp(clock);
  const servers: Server[] = [];
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });
  const serve = async (listener: RequestListener): Promise<string> => {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };

  test("carry method, headers and body out and the answer back", async () => {
    const url = await serve((incoming, outgoing) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () => {
        outgoing.writeHead(201, { "retry-after": "7" });
        outgoing.end(
          `${incoming.method} ${String(incoming.headers["x-a"])} ${Buffer.concat(chunks).toString()}`,
        );
      });
    });
    const answer = await http.request({ ...request, url, body: new TextEncoder().encode("hello") });
    expect(answer).toMatchObject({ status: 201, body: "POST b hello", headers: { "retry-after": "7" } });
    expect(clock.pending).toBe(0);
  });

  test("do not follow a redirect", async () => {
    let asked = 0;
    const url = await serve((_, outgoing) => {
      asked++;
      outgoing.writeHead(307, { location: "/elsewhere" });
      outgoing.end();
    });
    expect(await http.request({ ...request, url })).toMatchObject({
      status: 307,
      headers: { location: "/elsewhere" },
    });
    expect(asked).toBe(1);
  });

  test("read no more than 64 KiB of an endless answer", async () => {
    const url = await serve((_, outgoing) => {
      const more = (): void => {
        while (!outgoing.destroyed && outgoing.write("x".repeat(10_000)));
      };
      outgoing.on("drain", more);
      more();
    });
    expect((await http.request({ ...request, url })).body).toHaveLength(65_536);
  });

  test("fail with CHANNEL_FAILED and the host when nobody listens", async () => {
    const url = await serve(() => undefined);
    servers.splice(0)[0]!.close();
    const failing = http.request({ ...request, url: `${url}/secret-path` });
    await expect(failing).rejects.toMatchObject({ code: "CHANNEL_FAILED", permanent: false });
    await expect(failing).rejects.toThrow(/127\.0\.0\.1:\d+: .*ECONNREFUSED/);
    await expect(failing).rejects.not.toThrow(/secret-path/);
  });

  test.each(["before its head", "in its body"])(
    "fail after the timeout when the answer stops %s",
    async (where) => {
      const reached = Promise.withResolvers<void>();
      const url = await serve((_, outgoing) => {
        if (where === "in its body") {
          outgoing.writeHead(200);
          outgoing.write("part");
        }
        reached.resolve();
      });
      const failing = http.request({ ...request, url });
      const outcome = expect(failing).rejects.toMatchObject({ code: "CHANNEL_FAILED" });
      await reached.promise;
      for (let turn = 0; turn < 5; turn++) await settle();
      await clock.advance(5_000);
      await outcome;
      await expect(failing).rejects.toThrow("no answer in 5000 ms");
    },
  );

  describe("that go on", () => {
    const read = (url: string, quietMs = 60_000) => {
      const lines: string[] = [];
      const stopping = new AbortController();
      const asked = { method: "GET", url, headers: {} } as const;
      const done = http.lines(asked, (line) => lines.push(line), { quietMs, signal: stopping.signal });
      return { lines, done, stop: () => stopping.abort() };
    };

    test("are handed on line by line, however they were cut", async () => {
      const url = await serve((_, outgoing) => {
        outgoing.write('{"a":1}\n{"b"');
        setImmediate(() => outgoing.end(":2}\nnot ended"));
      });
      const { lines, done } = read(url);
      await done;
      expect(lines).toEqual(['{"a":1}', '{"b":2}']);
      expect(clock.pending).toBe(0);
    });

    test("end when nothing comes for too long, and when they are not wanted any more", async () => {
      let opened = 0;
      const url = await serve((_, outgoing) => {
        opened++;
        outgoing.write("one\n");
      });
      const quiet = read(url, 1_000);
      const refused = expect(quiet.done).rejects.toThrow("nothing came for 1000 ms");
      await vi.waitFor(() => expect(quiet.lines).toEqual(["one"]));
      await clock.advance(1_001);
      await refused;
      const stopped = read(url);
      await vi.waitFor(() => expect(stopped.lines).toEqual(["one"]));
      stopped.stop();
      await stopped.done;
      expect(opened).toBe(2);
      expect(clock.pending).toBe(0);
    });

    test("are refused with another status, and with a line that has no end", async () => {
      const closed = await serve((_, outgoing) => outgoing.writeHead(403).end());
      await expect(read(closed).done).rejects.toThrow("answers 403");
      const endless = await serve((_, outgoing) => outgoing.end("x".repeat(20_000)));
      await expect(read(endless).done).rejects.toThrow("no end");
    });
  });
});

// Whom a home talks to by itself: a list for machines, and a home at work that reaches nobody else.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { outboundTo } from "../../src/notify/outbound.ts";
import { ask, startHome, temporaryFolder, until, writeHomeConfig } from "../support/home.ts";

const PRELOAD = path.join(import.meta.dirname, "../support/connections-preload.mjs");
const SECRET = "correct horse battery";

interface Place {
  readonly how: "tcp" | "udp" | "dns";
  readonly host: string;
  readonly port?: number;
}

const environment = (file: string) => ({
  NODE_OPTIONS: `--import=${PRELOAD}`,
  BREATHWATCH_CONNECTIONS: file,
});

const placesIn = (file: string): Place[] =>
  existsSync(file)
    ? readFileSync(file, "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Place)
    : [];

/** Places that neither the list nor the configuration of this home knows. */
const strangersIn = (file: string, configured: ReadonlySet<string>): Place[] =>
  placesIn(file).filter(
    ({ how, host, port }) =>
      outboundTo(host).length === 0 &&
      !(how === "tcp" && configured.has(`${host}:${port}`)) &&
      !(how === "dns" && ["127.0.0.1", "localhost"].includes(host)),
  );

/** A server in the house; everything that was asked of it. */
async function startServer(answer: (request: IncomingMessage) => string | undefined) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    request.resume();
    const body = answer(request);
    if (body === undefined) response.writeHead(200).write('{"event":"open"}\n');
    else response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { asked, place: `127.0.0.1:${port}`, url: `http://127.0.0.1:${port}` };
}

test("a program that calls somebody unknown is noticed", () => {
  const file = path.join(temporaryFolder(), "places.jsonl");
  const call = "require('node:net').connect(9, '192.0.2.7').on('error', () => undefined).destroy()";
  spawnSync(process.execPath, ["-e", call], { env: { ...process.env, ...environment(file) } });
  expect(strangersIn(file, new Set())).toEqual([{ how: "tcp", host: "192.0.2.7", port: 9 }]);
});

test("a home reaches its broker, webhook and relay through a call and its answer, and nobody else", async () => {
  const folder = temporaryFolder();
  const file = path.join(folder, "places.jsonl");
  const hook = await startServer(() => "ok");
  const relay = await startServer(() => undefined);
  const config = writeHomeConfig(folder, {
    beds: [{ id: "b1", devices: [{ family: "nonin-serial", port: "/dev/breathwatch-nothing-there" }] }],
    relay: { server: relay.url },
    channels: {
      webPush: { subject: "mailto:family@example.org" },
      webhooks: [{ label: "Aunt", url: `${hook.url}/ring`, secret: SECRET }],
    },
  });
  const home = await startHome(["home", "--config", config], {
    ...{ folder, dataDir: path.join(folder, "data") },
    environment: environment(file),
  });
  const call = await ask(home, "POST", "/api/beds/b1/call", { how: "touch", kind: "come" });
  expect(call.status).toBeLessThan(300);
  await until(() => hook.asked.includes("POST /ring"), 20_000);
  await until(() => relay.asked.some((one) => one.startsWith("GET /breathwatch-")), 20_000);
  await home.stop();

  const broker = new URL(home.control.broker.url);
  const known = new Set([hook.place, relay.place, broker.host]);
  expect(strangersIn(file, known)).toEqual([]);
  const reached = new Set(placesIn(file).map(({ host, port }) => `${host}:${port}`));
  for (const place of known) expect(reached).toContain(place);
});

/*
 * The people of `bench api`, a program of its own: each at an address of its own of this machine, on one connection that it
 * keeps, with a page that hears live.
 *
 *   node api-clients.ts FILE            (JSON: ApiClients)
 *
 * A line on stdin is a number and for how many seconds to ask; it answers with the number and one line of JSON (ApiHeard).
 */
import { readFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { createInterface } from "node:readline";
import { WebSocket } from "ws";
import { SECOND_MS } from "../domain/time.ts";
import { createClock } from "../ops/clock.ts";
import type { ApiClients, ApiHeard } from "./api.ts";
import { askedAt, isClients, latencyOf } from "./api.ts";

const given: unknown = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
if (!isClients(given)) throw new TypeError("not the clients of bench api");
const asked: ApiClients = given;
const { url, people, perSecond, live } = asked;
const { hostname, port } = new URL(url);
const clock = createClock();
const PATIENCE_MS = 30 * SECOND_MS;
/** Addresses of this machine; the first is everybody's. */
const addressOf = (n: number): string => `127.0.${1 + Math.floor(n / 200)}.${2 + (n % 200)}`;

let liveMessages = 0;
let liveOpen = 0;
const clients = people.map((person, n) => ({
  ...person,
  localAddress: addressOf(n),
  agent: new Agent({ keepAlive: true, maxSockets: 1 }),
}));
if (live) {
  for (const { token, localAddress } of clients) {
    const socket = new WebSocket(`ws://${hostname}:${port}/api/live`, {
      ...{ localAddress, headers: { cookie: `breathwatch=${token}` } },
    });
    socket.on("message", () => liveMessages++);
    socket.on("open", () => liveOpen++);
    socket.on("close", () => liveOpen--);
    socket.on("error", () => undefined);
  }
}

/** Until all of the answer is there; the status, 0 where there was none. */
const ask = (path: string, { token, localAddress, agent }: (typeof clients)[number]): Promise<number> =>
  new Promise((resolve) => {
    const headers = { cookie: `breathwatch=${token}`, connection: "keep-alive" };
    const request = get(
      { hostname, port, path, agent, localAddress, headers, timeout: PATIENCE_MS },
      (answer) => {
        answer.resume();
        answer.once("end", () => resolve(answer.statusCode ?? 0));
        answer.once("error", () => resolve(0));
      },
    );
    request.once("timeout", () => request.destroy());
    request.once("error", () => resolve(0));
  });

async function measure(seconds: number): Promise<ApiHeard> {
  const times = new Map<string, number[]>();
  const statuses = new Map<number, number>();
  const began = clock.mono();
  const heardBefore = liveMessages;
  const until = began + seconds * SECOND_MS;
  await Promise.all(
    clients.map(async (client, n) => {
      // Spread over the time between two questions of one.
      const gapMs = SECOND_MS / perSecond;
      for (let turn = 0, due = began + (n / clients.length) * gapMs; due < until; turn++, due += gapMs) {
        const wait = due - clock.mono();
        if (wait > 0) await clock.sleep(wait);
        const { kind, path } = askedAt(turn + n, client.bed, asked);
        const status = await ask(path, client);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        // From when it was due: somebody who waits for an answer before this one waits all the same.
        times.set(kind, [...(times.get(kind) ?? []), clock.mono() - due]);
      }
    }),
  );
  return {
    perSecond:
      [...statuses.values()].reduce((sum, one) => sum + one, 0) / ((clock.mono() - began) / SECOND_MS),
    failed: [...statuses].filter(([status]) => status !== 200).reduce((sum, [, count]) => sum + count, 0),
    all: latencyOf([...times.values()].flat()),
    kinds: Object.fromEntries([...times].map(([kind, values]) => [kind, latencyOf(values)])),
    live: { open: liveOpen, messages: liveMessages - heardBefore },
  };
}

createInterface(process.stdin).on("line", (line) => {
  const [id, seconds = "1"] = line.split(" ");
  measure(Number(seconds)).then(
    (heard) => process.stdout.write(`heard ${id} ${JSON.stringify(heard)}\n`),
    (error: unknown) => process.stderr.write(`${String(error)}\n`),
  );
});
process.stdout.write("ready\n");

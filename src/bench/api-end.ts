/*
 * The hub of `bench api`, a program of its own: a whole hub with SQLite, sealed, and its own broker, that many homes with
 * nights in the store, and somebody signed in for each.
 *
 *   node api-end.ts FOLDER HOMES WATCHED HOURS
 *
 * WATCHED of the homes have a night at one row a second, HOURS long; the others one row a minute. When it is ready it says so with one line of JSON
 * (ApiEnd), and runs until it is ended.
 */
import { createHash } from "node:crypto";
import path from "node:path";
import { write } from "../bus/messages.ts";
import { bedTopic } from "../bus/topics.ts";
import { openRealWorld } from "../cli/real-world.ts";
import type { HomeConfig } from "../config/config.ts";
import { readConfig } from "../config/read.ts";
import { qualifiedBed } from "../domain/ids.ts";
import { DAY_MS, HOUR_MS, nightOf, type Wall, wall } from "../domain/time.ts";
import { composeHub } from "../hub.ts";
import type { StoredRow, Timeseries } from "../port/timeseries.ts";
import { createSessions } from "../server/sessions.ts";
import type { ApiEnd } from "./api.ts";
import { homeName } from "./fleet-names.ts";
import { wanderingRows } from "./store-data.ts";

const [folder = "", ...numbers] = process.argv.slice(2);
const [homes = 0, watched = 0, hours = 0] = numbers.map(Number);
const BATCH_ROWS = 3_600;
const ZONE = "UTC";
const EPOCH = "benchaaaaa";
const HEARTBEAT_MS = 10_000;

const { config: read, findings } = readConfig(
  `zone: ${ZONE}\nhub: { name: Bench }\nweb: { host: 127.0.0.1, port: 0, ownAuthority: true }\nbus: { port: 0 }\n`,
  [],
  { zone: ZONE },
);
if (read === undefined) throw new Error(JSON.stringify(findings));
// Without TLS, as the server that it is compared with.
const { ownAuthority: _, ...web } = read.web;
const config: HomeConfig = { ...read, web };
const real = await openRealWorld({ config, dataDir: path.join(folder, "hub"), environment: process.env });
const { world, registry, key } = real;
const { accounts, clock, timeseries } = world;
if (key === undefined) throw new Error("the bench has no key");

const now = clock.wall();
const evening = wall(now - DAY_MS - (now % HOUR_MS));
const tokens: string[] = [];
for (let n = 0; n < homes; n++) tokens.push(await makeHome(homeName(n), now));
for (let n = 0; n < homes; n++) {
  await keepNight(timeseries, qualifiedBed(homeName(n), "b1"), n < watched ? 1 : 60, n);
}

const hub = await composeHub({ ...world, registry, key }, config, {
  pagesFolder: path.join(folder, "no-pages"),
  certificate: () => ({}),
  keep: () => config.keep,
  secret: async () => "",
  metricsToken: () => undefined,
});
const { url, username, password } = hub.broker;
const box = world.bus.connect({ url, username, password, clientId: "bench-boxes" });
await new Promise<void>((resolve) => {
  if (box.connected) return resolve();
  const stop = box.onConnected((connected) => {
    if (!connected) return;
    stop();
    resolve();
  });
});
for (let n = 0; n < homes; n++) {
  const about = { label: `Bed of ${n}`, zone: ZONE, dependencyClass: "B", devices: [] } as const;
  const state = write({ epoch: EPOCH, online: true, at: clock.wall(), simulated: true, about });
  await box.publish(bedTopic(homeName(n), "b1", "state"), state, { retain: true });
}
/** A box that says nothing is silent after half a minute, and the hub does much for it then. */
const beat = (): void => {
  for (let n = 0; n < homes; n++) {
    const health = { epoch: EPOCH, nonce: "bench", at: clock.wall(), clockTrusted: true };
    const payload = write({ ...health, spoolHeld: 0, spoolDropped: 0 });
    box.publish(bedTopic(homeName(n), "b1", "health"), payload, { retain: false }).catch(() => undefined);
  }
};
beat();
clock.every(HEARTBEAT_MS, beat);
while (hub.live.states().length < homes) await clock.sleep(50);

const end: ApiEnd = {
  url: hub.url ?? "",
  broker: { port: Number(new URL(url).port), username, password },
  night: nightOf(evening, ZONE),
  people: tokens.slice(0, watched).map((token, n) => ({ token, bed: qualifiedBed(homeName(n), "b1") })),
};
process.stdout.write(`ready ${JSON.stringify(end)}\n`);

/** A home with its box, and its owner, who is signed in; the secret of the sign-in. */
async function makeHome(home: string, at: Wall): Promise<string> {
  const codeHash = createHash("sha256").update(home).digest("hex");
  const owner = `owner${home}`;
  await registry.addClaimCode({
    ...{ codeHash, label: home, madeBy: owner, madeAt: at, expiresAt: wall(at + HOUR_MS) },
  });
  const made = {
    home,
    box: `z${home.slice(1)}`,
    pairingKey: new Uint8Array(32).fill(1),
    brokerPassword: home,
  };
  const verdict = await registry.claim({ codeHash, publicKey: home, made }, at);
  if (verdict.kind !== "paired") throw new Error(`home ${home}: ${verdict.kind}`);
  await accounts.putAccount({ id: owner, name: "Owner", language: "en" });
  await accounts.putRole(owner, home, "owner");
  // A file of its own, made once in a home's life.
  await world.homes.of(home).putPerson({ id: owner, name: "Owner", language: "en", role: "owner" });
  return createSessions(world).start(owner, "program", "bench");
}

async function keepNight(
  store: Pick<Timeseries, "write">,
  bed: string,
  stepSeconds: number,
  seed: number,
): Promise<void> {
  let rows: StoredRow[] = [];
  const keep = async (): Promise<void> => {
    await store.write({ rows, waves: [], settings: [], events: [] });
    rows = [];
  };
  for (const row of wanderingRows(bed, { from: evening, hours, stepSeconds, seed: seed + 1 })) {
    rows.push(row);
    if (rows.length >= BATCH_ROWS) await keep();
  }
  await keep();
}

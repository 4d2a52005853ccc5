/*
 * The hub's end of `bench hub`, a program of its own: the way into the store as a hub has it, SQLite behind it, sealed.
 *
 *   node hub-end.ts STORE-FILE BROKER-URL USER PASSWORD
 *
 * For every line on stdin, a number, it tells, as one line of JSON, what it stored since the line before (HubHeard) with the number before it.
 */
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { createBusConnector } from "../bus/client.ts";
import { createHomesIngest } from "../bus/homes-ingest.ts";
import { KEY_BYTES } from "../crypt/seal.ts";
import { DAY_MS, MINUTE_MS, wall } from "../domain/time.ts";
import { createClock } from "../ops/clock.ts";
import { createLog } from "../ops/log.ts";
import { createRandom } from "../ops/random.ts";
import type { Timeseries } from "../port/timeseries.ts";
import { openSqliteTimeseries } from "../store/timeseries/sqlite/timeseries.ts";
import { type HubHeard, NIGHT_BED, NIGHT_HOURS } from "./hub.ts";
import { spreadOf } from "./statistics.ts";
import { STORE_SIGNALS, wanderingRows } from "./store-data.ts";

const [file = "", url = "", username = "", password = ""] = process.argv.slice(2);
const BATCH_ROWS = 3_600;
const ASK_EVERY_MS = 1_000;

const clock = createClock();
const random = createRandom();
const log = createLog({ output: process.stderr, clock, level: "warn" });
const timeseries = await openSqliteTimeseries({ file, key: randomBytes(KEY_BYTES), clock, log });

/** A whole night of one bed, to ask for under load. */
const from = clock.wall() - DAY_MS;
let rows = [];
for (const row of wanderingRows(NIGHT_BED, { from, hours: NIGHT_HOURS, stepSeconds: 1, seed: 1 })) {
  rows.push(row);
  if (rows.length < BATCH_ROWS) continue;
  await timeseries.write({ rows, waves: [], settings: [], events: [] });
  rows = [];
}

let stored: number[] = [];
let nights: number[] = [];
let commits = 0;
const measured: Timeseries = {
  ...timeseries,
  async write(batch) {
    const fresh = await timeseries.write(batch);
    const now = clock.wall();
    // A row's time is the moment at which its message was handed to the connection, on this machine's clock.
    for (const { at } of batch.rows) stored.push(now - at);
    commits++;
    return fresh;
  },
};

const bus = createBusConnector({ clock, random, log }).connect({
  url,
  username,
  password,
  clientId: "hub-bench",
});
const ingest = createHomesIngest({ bus, timeseries: measured, clock, random, log, isKnown: () => true });
ingest.start();

let asking = false;
clock.every(ASK_EVERY_MS, () => {
  if (asking) return;
  asking = true;
  const began = clock.mono();
  const range = { bed: NIGHT_BED, from: wall(from), to: wall(from + DAY_MS) };
  timeseries
    .buckets({ ...range, signals: STORE_SIGNALS.slice(0, 10), bucketMs: MINUTE_MS })
    .then(
      () => nights.push(clock.mono() - began),
      () => log.note("bench.not_answered", {}, "warn"),
    )
    .finally(() => {
      asking = false;
    });
});

createInterface(process.stdin).on("line", (line) => {
  const { turnedAway, repeats, waiting } = ingest.status();
  const heard: HubHeard = {
    ...{ stored: spreadOf(stored), night: spreadOf(nights), commits, turnedAway, repeats, waiting },
  };
  stored = [];
  nights = [];
  commits = 0;
  process.stdout.write(`heard ${line.trim()} ${JSON.stringify(heard)}\n`);
});
process.stdout.write("ready\n");

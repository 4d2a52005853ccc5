// A process that writes one row after the other and says each number that the store has acknowledged.

import { wall } from "../../src/domain/time.ts";
import { createClock } from "../../src/ops/clock.ts";
import { openSqliteTimeseries } from "../../src/store/timeseries/sqlite/timeseries.ts";

const file = process.argv[2] ?? "";
const from = Number(process.argv[3] ?? 0);
const clock = createClock();
const store = await openSqliteTimeseries({ file, clock, log: { note: () => undefined } });
for (let seq = from; ; seq++) {
  const at = wall(1_700_000_000_000 + seq * 1_000);
  const row = {
    bed: "b1",
    device: "d1",
    epoch: "e",
    seq,
    at,
    simulated: false,
    samples: { spo2: 60 + (seq % 40) },
  };
  await store.write({ rows: [row], waves: [], settings: [], events: [] });
  process.stdout.write(`${seq}\n`);
}

import { wall } from "../../../src/domain/time.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";
import { createMemoryTimeseries } from "../../../src/store/timeseries/sqlite/timeseries.ts";
import { silentLog } from "../../support/silent-log.ts";
import { timeseriesContract } from "../../support/timeseries-contract.ts";

const capabilities = { counts: true, retains: true, stories: 40 };
const clock = createVirtualClock(wall(Date.UTC(2026, 11, 1)));
const open = async () => createMemoryTimeseries(clock, silentLog);

timeseriesContract("SQLite, newest rows in the log", open, {
  ...capabilities,
  settle: async () => undefined,
});
timeseriesContract("SQLite, all rows in chunks", open, {
  ...capabilities,
  settle: () => clock.advance(120_000),
});

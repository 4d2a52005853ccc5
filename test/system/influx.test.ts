import { afterAll, beforeAll } from "vitest";
import { createClock } from "../../src/ops/clock.ts";
import { createInfluxTimeseries } from "../../src/store/timeseries/influx/timeseries.ts";
import { type StoreServer, startInflux } from "../support/influx.ts";
import { requires } from "../support/require.ts";
import { silentLog } from "../support/silent-log.ts";
import { timeseriesContract } from "../support/timeseries-contract.ts";

const { describe } = requires("influxdb");

describe("the real InfluxDB 1.6", () => {
  let server: StoreServer;
  let databases = 0;
  beforeAll(async () => {
    server = await startInflux();
  });
  afterAll(() => server.remove());

  timeseriesContract(
    "InfluxDB",
    async () =>
      createInfluxTimeseries({
        address: { url: server.url, database: `contract_${++databases}`, api: "v1" },
        home: "hhhhhhhhhh",
        clock: createClock(),
        log: silentLog,
      }),
    { counts: false, retains: true, stories: 5, settle: async () => undefined },
  );
});

// What check says of an outside store and an outside broker, with the real programs.
import { afterAll, beforeAll, expect } from "vitest";
import { createBrokerStarter } from "../../src/bus/broker.ts";
import { findingLine } from "../../src/cli/check/finding.ts";
import { storeFindings } from "../../src/cli/check/store.ts";
import { brokerLogin } from "../../src/cli/check/surroundings.ts";
import { demoConfig } from "../../src/cli/demo.ts";
import type { HomeConfig } from "../../src/config/config.ts";
import { createClock } from "../../src/ops/clock.ts";
import { type StoreServer, startInflux } from "../support/influx.ts";
import { requires } from "../support/require.ts";
import { createTestTerminal } from "../support/terminal.ts";

const { describe, test } = requires("influxdb");

describe("an InfluxDB with names and passwords", () => {
  let server: StoreServer;
  beforeAll(async () => {
    server = await startInflux({ auth: true });
  });
  afterAll(() => server.remove());

  const lines = async (
    influxdb: object,
    engine: "influxdb" | "mirror" = "influxdb",
  ): Promise<readonly string[]> => {
    const store = {
      engine,
      influxdb: { url: server.url, database: "nights", api: "v1", ...influxdb },
    } as const;
    const config: HomeConfig = { ...demoConfig("UTC", "en", 0), store };
    return (await storeFindings(config, createTestTerminal({ clock: createClock() }))).map(findingLine);
  };
  const admin = { username: "admin", password: "secret" };

  test("that lets us in and has the database is well; each thing that is wrong has its line", async () => {
    expect(await lines(admin)).toEqual([expect.stringMatching(/no database nights \(HTTP 404\) .*Make it/)]);
    await server.query("CREATE DATABASE nights");
    expect(await lines(admin)).toEqual([expect.stringMatching(/^ok .*answers, and lets us write$/)]);
    expect(await lines({ ...admin, password: "wrong" })).toEqual([
      expect.stringMatching(
        /does not let us write \(HTTP 401\) \(STORE_FAILED\) {2}-> Check store\.influxdb\.username/,
      ),
    ]);
    expect(await lines({})).toEqual([expect.stringMatching(/HTTP 401/)]);
    const none = { ...admin, url: "http://127.0.0.1:9" };
    expect(await lines(none, "mirror")).toEqual([
      expect.stringMatching(
        /^warning {2}store 127\.0\.0\.1:9 {2}cannot be reached: .*Nights are kept here meanwhile/,
      ),
    ]);
    // Asking has written nothing.
    expect(await server.query("SHOW MEASUREMENTS", "nights")).not.toMatch(/values/);
  });
});

requires().test("a broker that knows us lets us in, one that does not is named with the fix", async () => {
  const broker = await createBrokerStarter({ log: { note: () => undefined } }).start({
    ...{ host: "127.0.0.1", port: 0, username: "breathwatch", password: "right" },
  });
  const login = async (password: string) => {
    const bus = { ...demoConfig("UTC", "en", 0).bus, url: broker.url, username: "breathwatch", password };
    const config: HomeConfig = { ...demoConfig("UTC", "en", 0), bus };
    return (await brokerLogin(config, createTestTerminal({ clock: createClock() }))).map(findingLine);
  };
  try {
    expect(await login("right")).toEqual(["ok  broker, sign-in  lets our user in"]);
    expect(await login("wrong")).toEqual([
      expect.stringMatching(/^warning .*does not let our user in .*BUS_UNREACHABLE.*bus\.password/),
    ]);
  } finally {
    await broker.close();
  }
  expect(await brokerLogin(demoConfig("UTC", "en", 0), createTestTerminal())).toEqual([]);
});

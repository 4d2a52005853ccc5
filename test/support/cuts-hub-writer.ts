// A hub of a night of cuts: takes what boxes say into a SQLite store. It may be killed at any time; SIGTERM ends it.
//
// Arguments: file of the store, broker address, user, password.

import { createBusConnector } from "../../src/bus/client.ts";
import { createHomesIngest } from "../../src/bus/homes-ingest.ts";
import { base32Id } from "../../src/domain/ids.ts";
import { createClock } from "../../src/ops/clock.ts";
import { createRandom } from "../../src/ops/random.ts";
import { openSqliteTimeseries } from "../../src/store/timeseries/sqlite/timeseries.ts";
import { silentLog } from "./silent-log.ts";

const [file = "", url = "", username = "", password = ""] = process.argv.slice(2);
const clock = createClock();
const random = createRandom();
const log = silentLog;
const timeseries = await openSqliteTimeseries({ file, clock, log });
const clientId = `hub-${base32Id(random.bytes(10))}`;
const bus = createBusConnector({ clock, random, log }).connect({ url, username, password, clientId });
const ingest = createHomesIngest({ bus, timeseries, clock, random, log, isKnown: () => true });
ingest.start();
const end = async (): Promise<void> => {
  await ingest.stop();
  await bus.close();
  await timeseries.close();
  process.stdout.write("closed\n");
  process.exit();
};
process.once("SIGTERM", () => void end());
process.stdin.resume().once("end", () => process.exit());
process.stdout.write("open\n");

// A box of a night of cuts: says three streams into an uplink with its spool on disk, and tells on stdout what it is
// about to say and how much of that is durable. It may be killed at any time; the folder outlives it.
//
// Arguments: folder, broker address, user, password, home, ms between two seconds of the night, first of them.

import { createBusConnector } from "../../src/bus/client.ts";
import { createUplink, lastWill } from "../../src/bus/uplink.ts";
import type { AlarmEvent } from "../../src/domain/alarm.ts";
import { base32Id } from "../../src/domain/ids.ts";
import type { ObservationBody } from "../../src/domain/observation.ts";
import { mono } from "../../src/domain/time.ts";
import { createClock } from "../../src/ops/clock.ts";
import { createDisk } from "../../src/ops/disk.ts";
import { createRandom } from "../../src/ops/random.ts";
import { openSpool } from "../../src/record/spool.ts";
import { occurrence } from "./alarms.ts";
import { ALARM_EVERY, secondAt, spo2At } from "./cuts-night.ts";
import { silentLog } from "./silent-log.ts";

const [folder = "", url = "", username = "", password = "", home = "", paceMs = "", first = ""] =
  process.argv.slice(2);
const FLUSH_EVERY_MS = 250;

const clock = createClock();
const random = createRandom();
const log = silentLog;
const spool = await openSpool({ disk: createDisk(folder), clock, random, log, folder: "spool-b1" });
const epoch = base32Id(random.bytes(10));
const about = { home, bed: "b1", epoch, simulated: false };
const bus = createBusConnector({ clock, random, log }).connect({
  ...{ url, username, password, clientId: username },
  will: lastWill({ ...about, at: clock.wall() }),
});
const uplink = createUplink({ ...about, bus, spool, clock, random, log });
uplink.start();

let n = Number(first);
let seq = 0;
let alarms = 0;
let said = 0;
const observe = (device: string, body: ObservationBody): void =>
  uplink.observe({
    ...{ device, bed: "b1", epoch, seq, at: secondAt(n), mono: mono(seq * 1_000), simulated: false },
    ...{ timeliness: "live", body },
  });
const saySecond = (): void => {
  const hasAlarm = n % ALARM_EVERY === 0;
  const names = [`oximeteraa ${epoch} ${seq} ${n}`, `ventilator ${epoch} ${seq} ${n}`];
  if (hasAlarm) names.push(`alarm ${epoch} ${alarms++} ${n}`);
  process.stdout.write(names.map((name) => `said ${name}\n`).join(""));
  observe("oximeteraa", {
    kind: "samples",
    samples: { spo2: spo2At(n), pulse_rate: { absent: "searching" } },
  });
  const flow = Array.from({ length: 25 }, (_, at) => at / 10);
  observe("ventilator", { kind: "wave", rateHz: 25, channels: { flow } });
  if (hasAlarm) uplink.alarmEvent(alarmAt());
  said += names.length;
  seq++;
  n++;
};
const alarmAt = (): AlarmEvent => ({
  kind: "occurred",
  at: secondAt(n),
  occurrence: occurrence({ id: `b1-${epoch}-${n}`, raisedAt: secondAt(n) }),
});

const stopSaying = clock.every(Number(paceMs), saySecond);
process.stdin.once("data", stopSaying);
process.stdin.once("end", () => process.exit());
for (;;) {
  const before = said;
  await spool.flush();
  process.stdout.write(`kept ${before} held ${spool.size}\n`);
  await clock.sleep(FLUSH_EVERY_MS);
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createUplink, lastWill, type Uplink } from "../../src/bus/uplink.ts";
import type { DeviceId, HomeId } from "../../src/domain/ids.ts";
import { mono, wall } from "../../src/domain/time.ts";
import { createDisk } from "../../src/ops/disk.ts";
import type { Bus, BusOptions } from "../../src/port/bus.ts";
import type { Clock } from "../../src/port/clock.ts";
import type { Random } from "../../src/port/random.ts";
import type { Spool } from "../../src/port/record.ts";
import { openSpool } from "../../src/record/spool.ts";
import { silentLog } from "./silent-log.ts";

/** The sending half of an edge, bed `b1`, with its spool on a real disk: what nights over real brokers are made of. */
export interface Bedside {
  readonly bus: Bus;
  readonly spool: Spool;
  readonly uplink: Uplink;
  /** Says the next observation; returns how a recording store names it. */
  say(): string;
  /** The connection is the caller's to close. */
  stop(): Promise<void>;
}

/** `connect` is given the last will that the connection needs. */
export async function startBedside(options: {
  connect(more: Required<Pick<BusOptions, "will">>): Bus;
  readonly home: HomeId;
  readonly device: DeviceId;
  readonly clock: Clock;
  readonly random: Random;
}): Promise<Bedside> {
  const { home, device, clock, random } = options;
  const root = mkdtempSync(path.join(tmpdir(), "breathwatch-bedside-"));
  const spool = await openSpool({
    ...{ disk: createDisk(root), clock, random, log: silentLog },
    folder: "spool-b1",
  });
  const about = { home, bed: "b1", epoch: "epochaaaaa", simulated: false };
  const bus = options.connect({ will: lastWill({ ...about, at: clock.wall() }) });
  const uplink = createUplink({ ...about, bus, spool, clock, random, log: silentLog });
  uplink.start();
  let seq = 0;
  return {
    ...{ bus, spool, uplink },
    say() {
      uplink.observe({
        ...{ device, bed: "b1", epoch: "epochaaaaa", seq },
        at: wall(1_800_000_000_000 + seq * 1_000),
        mono: mono(seq * 1_000),
        simulated: false,
        timeliness: "live",
        body:
          seq % 4 === 3
            ? { kind: "wave", rateHz: 50, channels: { flow: Array.from({ length: 50 }, (_, n) => n / 10) } }
            : { kind: "samples", samples: { spo2: 96, pulse_rate: { absent: "searching" } } },
      });
      return `${device} epochaaaaa ${seq++}`;
    },
    async stop() {
      await uplink.stop();
      await spool.close();
      rmSync(root, { recursive: true });
    },
  };
}

import { monitorEventLoopDelay } from "node:perf_hooks";
import { SECOND_MS } from "../domain/time.ts";
import type { ProcessLoad } from "../port/metrics.ts";

/** How often the event loop is looked at; what it reads includes this much. */
const RESOLUTION_MS = 20;
const NANOSECONDS = 1e9;
const MICROSECONDS = 1e6;

/** Watches this process. Idle until start(); each read() begins a new measurement of delays. */
export interface ProcessMeter {
  start(): void;
  stop(): void;
  read(): ProcessLoad;
}

export function createProcessMeter(): ProcessMeter {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  // The histogram holds the whole time from tick to tick.
  const late = (nanoseconds: number): number =>
    Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION_MS / SECOND_MS);
  return {
    start() {
      delays.enable();
    },
    stop() {
      delays.disable();
    },
    read() {
      const { user, system } = process.cpuUsage();
      const { rss, heapUsed } = process.memoryUsage();
      const loopDelay =
        delays.count === 0
          ? {}
          : {
              loopDelay: {
                p50: late(delays.percentile(50)),
                p99: late(delays.percentile(99)),
                max: late(delays.max),
              },
            };
      delays.reset();
      return {
        ...loopDelay,
        cpuSeconds: (user + system) / MICROSECONDS,
        memoryBytes: rss,
        heapBytes: heapUsed,
      };
    },
  };
}

// The limits behind the therapist's page: the real desk over a state store in memory, and nights as a test tells them.
import { createLimitsDesk, type RunningLimitsDesk } from "../../src/alarm/limits-desk.ts";
import type { Role } from "../../src/domain/person.ts";
import { DAY_MS, HOUR_MS, wall } from "../../src/domain/time.ts";
import { totalOf, type WhatIfLine, type WhatIfNight } from "../../src/domain/what-if.ts";
import { createVirtualClock } from "../../src/rehearsal/clock.ts";
import type { BaselinesResponse } from "../../src/server/contract/limits.ts";
import { createMemoryState } from "../../src/store/state/state.ts";
import { NOW } from "./pages-beds.ts";

export interface PagesLimits {
  readonly desk: RunningLimitsDesk;
  /** What the last nights say to any limits. */
  whatIf: readonly WhatIfLine[];
  baselines: BaselinesResponse;
  /** What the box answers to a request about limits; undefined: none of its. Rejects with Faults. */
  answer(asked: {
    readonly method: string;
    readonly path: string;
    readonly body: unknown;
    readonly version: number;
    readonly role: Role;
  }): Promise<object | undefined>;
}

export function createPagesLimits(): PagesLimits {
  const clock = createVirtualClock(wall(NOW));
  const state = createMemoryState();
  const mei = state.putPerson({ id: "p1", name: "Mei", role: "therapist", language: "en" });
  let engineVersion = 0;
  const desk = createLimitsDesk({
    ...{ bed: "b1", dependencyClass: "B", state, clock, log: { note: () => undefined } },
    engineVersion: () => engineVersion,
    command: async (command) => {
      if (command.kind === "limits") engineVersion = command.version;
      return true;
    },
  });
  const limits: PagesLimits = {
    desk,
    whatIf: [...triedNights()],
    baselines: {
      baselines: { minute_volume: { median: 7.2, nights: 18 }, leak: { median: 6, nights: 18 } },
      least: 5,
      at: NOW,
      simulated: false,
    },
    async answer({ method, path, body, version, role }) {
      if (path === "/api/beds/b1/baselines") return limits.baselines;
      const [, rest] = /^\/api\/beds\/b1\/limits(\/.*)?$/.exec(path) ?? ["", undefined];
      if (!path.startsWith("/api/beds/b1/limits")) return undefined;
      const {
        limits: file,
        reason = "",
        confirm = false,
        until,
        code = "",
        fingerprint,
      } = (body ?? {}) as {
        limits?: unknown;
        reason?: string;
        confirm?: boolean;
        until?: number | "changed";
        code?: string;
        fingerprint?: string;
      };
      const author = {
        ...{ by: { id: "p1", name: "Mei" }, role, reason, confirmed: confirm, expected: version },
        ...(until === undefined ? {} : { until: until === "changed" ? until : wall(until) }),
      };
      if (rest === undefined) return method === "GET" ? desk.picture() : desk.set(file, author);
      if (rest === "/check") return desk.preview(file);
      if (rest === "/code") return desk.previewCode(code);
      if (rest === "/code/apply") {
        await mei;
        return desk.applyCode(code, { ...author, ...(fingerprint === undefined ? {} : { fingerprint }) });
      }
      const restored = /^\/restore\/(\d+)$/.exec(rest)?.[1];
      return restored === undefined ? undefined : desk.restore(Number(restored), author);
    },
  };
  return limits;
}

/** Fourteen nights that ring less with other limits, and one dip that would be lost. */
export function* triedNights(lost = 1): Generator<WhatIfLine> {
  yield { kind: "begun", nights: 14, criticalLimit: 80, simulated: false };
  const nights = Array.from({ length: 14 }, (_, n): WhatIfNight => {
    const from = NOW - (n + 1) * DAY_MS - 3 * HOUR_MS;
    const isLost = n < lost;
    return {
      ...{ from, to: from + 8 * HOUR_MS },
      signals: [
        { condition: "SPO2_LOW", priority: "high", before: 1 + (n % 3), after: n % 7 === 0 ? 1 : 0 },
        { condition: "SPO2_CRIT", priority: "high", before: isLost ? 1 : 0, after: 0 },
        { condition: "VENT_LEAK_WARN", priority: "low", before: n % 2, after: n % 2 },
        {
          condition: "OXI_SENSOR_OFF",
          priority: "medium",
          before: n % 5 === 0 ? 1 : 0,
          after: n % 5 === 0 ? 1 : 0,
        },
      ],
      dips: {
        ...{ count: 1, raisedBefore: 1, raisedAfter: isLost ? 0 : 1, lostCount: isLost ? 1 : 0 },
        lost: isLost ? [{ at: from + 2 * HOUR_MS, seconds: 34, lowest: 74 }] : [],
      },
    };
  });
  for (const night of nights) yield { kind: "night", night };
  yield { kind: "done", total: totalOf(nights) };
}

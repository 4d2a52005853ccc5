import type { HomeConfig } from "./config/config.ts";
import type { HomeIdentity } from "./config/identity.ts";
import { DAY_MS, MINUTE_MS, SECOND_MS, type Wall } from "./domain/time.ts";
import type { ComposedBed } from "./edge-bed.ts";
import { serverBase } from "./notify/address.ts";
import { DEAD_MEN } from "./notify/dead-men.ts";
import { NTFY_SERVER } from "./notify/ntfy/form.ts";
import type { World } from "./port/world.ts";
import type { WakeReadiness } from "./server/contract.ts";
import { TOLD_AFTER_MS } from "./watch/deadman.ts";
import { createDeadMen, type DeadMen } from "./watch/deadman-keeper.ts";
import type { TargetBook } from "./watch/target-book.ts";

type Told = NonNullable<WakeReadiness["deadMan"]>;

/** Who is told when this box dies. */
export interface EdgeDeadMen extends DeadMen {
  /** For the pages; undefined: not known yet. */
  readonly told: Told | undefined;
}

/** A bed as far as it matters here. */
type WatchedBed = Pick<ComposedBed, "isMadeUp"> & {
  readonly plan: { readonly profile: ComposedBed["plan"]["profile"] };
  readonly runner: Pick<ComposedBed["runner"], "fold">;
};

const LOOK_MS = 5 * SECOND_MS;
const DAY_MIN = DAY_MS / MINUTE_MS;

/**
 * The dead men of a box: where a hub leads it, that hub, which hears its heartbeat; else, and while that hub does not answer,
 * what the home has set up outside the house.
 */
export function createEdgeDeadMen(options: {
  readonly world: World;
  readonly config: HomeConfig;
  readonly identity: HomeIdentity;
  readonly targets: () => TargetBook;
  readonly beds: () => readonly WatchedBed[];
  /** Whether the hub that leads this box answers it now; undefined: none leads it. */
  readonly hubHears: () => boolean | undefined;
  readonly trouble: () => string | undefined;
  readonly onChange: () => void;
}): EdgeDeadMen {
  const { world, config, identity, targets, beds, hubHears, onChange } = options;
  const { clock, random, log, http, state } = world;
  let hubHeardAt: Wall = clock.wall();
  let stopLooking: (() => void) | undefined;
  let told = "";

  const men = createDeadMen({
    ...{ clock, random, log, state, home: identity.home, language: config.language, onChange: changed },
    men: DEAD_MEN.map(({ create, time }) => ({ man: create({ http, clock }), time })),
    settings: (id) => targets().access(id),
    isLed: () => {
      const heard = hubHears();
      return heard !== undefined && hubView(heard).ok;
    },
    onWatch() {
      const real = beds().filter(({ isMadeUp }) => !isMadeUp);
      return real.length === 0 ? undefined : real.some(({ runner }) => runner.fold().watch.on);
    },
    neededMs: () => Math.max(0, ...beds().map(({ plan }) => watchedMs(plan.profile))),
    isShared: (id, settings) => id === "dead-man-ntfy" && isShared(targets(), settings["server"]),
    trouble: options.trouble,
  });

  const view = (): Told | undefined => {
    const heard = hubHears();
    const byHub = heard === undefined ? undefined : hubView(heard);
    if (byHub?.ok === true) return byHub;
    const states = men.states();
    if (byHub !== undefined && states.length === 0) return byHub;
    if (states.length === 0) return { by: "none", ok: false, detail: "" };
    const way = states.map(({ id, state: one }) => ({ id, one }));
    const armed = way.find(({ one }) => one.kind === "armed");
    if (armed?.one.kind === "armed") {
      const { aheadMs } = armed.one;
      return {
        ...{ by: "outside", ok: true, way: armed.id, detail: "" },
        ...(aheadMs === undefined ? {} : { afterMs: aheadMs }),
      };
    }
    const resting = way.find(({ one }) => one.kind === "resting");
    if (resting !== undefined) return { by: "outside", ok: true, way: resting.id, resting: true, detail: "" };
    const failing = way.find(({ one }) => one.kind === "failing");
    if (failing?.one.kind !== "failing") return undefined;
    const { since, detail } = failing.one;
    return { by: "outside", ok: false, way: failing.id, since, detail };
  };

  function hubView(heard: boolean): Told {
    if (heard) hubHeardAt = clock.wall();
    const ok = clock.wall() - hubHeardAt < TOLD_AFTER_MS;
    return { by: "hub", ok, detail: "", ...(ok ? {} : { since: hubHeardAt }) };
  }

  function changed(): void {
    const now = JSON.stringify(view() ?? null);
    if (now === told) return;
    told = now;
    onChange();
  }

  return {
    ...men,
    get told() {
      return view();
    },
    async start() {
      hubHeardAt = clock.wall();
      stopLooking ??= clock.every(LOOK_MS, changed);
      await men.start();
      changed();
    },
    async stop() {
      stopLooking?.();
      stopLooking = undefined;
      await men.stop();
    },
  };
}

/** How long of a day a bed is on watch by itself. */
function watchedMs({ dependencyClass, schedule }: WatchedBed["plan"]["profile"]): number {
  const { fromMinute, toMinute } = schedule;
  const minutes = (((toMinute - fromMinute) % DAY_MIN) + DAY_MIN) % DAY_MIN;
  return dependencyClass === "C" || minutes === 0 ? DAY_MS : minutes * MINUTE_MS;
}

/** Alarms go to the same ntfy server, and count there with what is put off. */
function isShared(book: TargetBook, server = NTFY_SERVER): boolean {
  const ofAlarms = book.access("ntfy")?.["server"] ?? NTFY_SERVER;
  return book.list().some(({ channel }) => channel === "ntfy") && serverBase(ofAlarms) === serverBase(server);
}

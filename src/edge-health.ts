import { PROOF_MS } from "./domain/proof.ts";
import type { Mono } from "./domain/time.ts";
import type { Edge } from "./edge.ts";
import { type HealthFacts, healthOf, isServing } from "./ops/health.ts";
import type { TimeseriesHealth } from "./port/timeseries.ts";
import type { World } from "./port/world.ts";
import type { Health } from "./server/deps.ts";
import type { LiveModel } from "./server/live-model.ts";

/** Of a store that cannot even be asked. */
const SILENT: Pick<TimeseriesHealth, "ok" | "detail" | "budget"> = {
  ok: false,
  detail: "it does not answer",
};

/** How a box is. Disk and store are asked each time. */
export function edgeHealth(
  world: World,
  edge: Pick<Edge, "live" | "devices" | "stuck">,
  { startedAt, version }: { readonly startedAt: Mono; readonly version: string },
  /** What waits to be sent to the hub, and how this box stands to it. */
  way: () => Pick<HealthFacts, "bus" | "hub" | "refusedSettings">,
): Health {
  const { clock } = world;
  const report = async () => {
    const facts = { ...(await factsOf(world, edge)), ...way() };
    return healthOf(facts, { clock, startedAt, version });
  };
  return { report, isServing: async () => isServing(await report()) };
}

/** How a hub is. Its beds are left out: whose they are would have to be asked of everybody who looks. */
export function hubHealth(
  world: World,
  about: { readonly startedAt: Mono; readonly version: string },
  own: () => Pick<HealthFacts, "bus" | "stuck" | "refusedSettings">,
): Health {
  const report = async () =>
    healthOf({ beds: [], ...(await machineFacts(world)), ...own() }, { clock: world.clock, ...about });
  return { report, isServing: async () => isServing(await report()) };
}

/** Of all beds that are shown here: whose box would not take what its hub set, with the reason of the first. */
export function refusedIn(live: Pick<LiveModel, "states">): NonNullable<HealthFacts["refusedSettings"]> {
  const reasons = live.states().flatMap(({ refusedSettings = "" }) => refusedSettings || []);
  return { count: reasons.length, detail: reasons[0] ?? "" };
}

async function factsOf(
  world: World,
  { live, devices, stuck }: Pick<Edge, "live" | "devices" | "stuck">,
): Promise<HealthFacts> {
  const states = live.states();
  const { sounder, targets, durable } = states[0]?.readiness ?? {};
  const links = devices();
  const why = stuck();
  return {
    beds: states.map(({ bed, zone, alarms }) => ({
      ...{ bed, zone, onWatch: alarms.watch.on, open: alarms.open.length },
    })),
    ...(why === undefined ? {} : { stuck: why }),
    ...(sounder === undefined ? {} : { sounder: { ok: sounder.ok, detail: sounder.detail } }),
    ...(targets === undefined
      ? {}
      : {
          phones: {
            known: targets.length,
            proven: targets.filter(
              ({ provenAgeMs, dead }) => dead === undefined && (provenAgeMs ?? PROOF_MS) < PROOF_MS,
            ).length,
          },
        }),
    ...(durable === undefined ? {} : { records: { ok: durable, detail: "" } }),
    ...(await machineFacts(world)),
    devices: { known: links.length, open: links.filter(({ link }) => link === "open").length },
  };
}

async function machineFacts({
  timeseries,
  disk,
  certificate,
  keyless,
  stateDamage,
}: World): Promise<Pick<HealthFacts, "store" | "disk" | "certificate" | "keyless" | "stateDamage">> {
  const damage = stateDamage?.();
  const [store, space] = await Promise.all([
    timeseries.health().catch(() => SILENT),
    disk.space().catch(() => undefined),
  ]);
  return {
    store: {
      ok: store.ok,
      detail: store.detail,
      isFilling: store.budget !== undefined && store.budget.state !== "good",
    },
    ...(space === undefined ? {} : { disk: space }),
    ...(keyless === undefined ? {} : { keyless }),
    ...(damage === undefined ? {} : { stateDamage: damage }),
    ...(certificate === undefined ? {} : { certificate: certificate() }),
  };
}

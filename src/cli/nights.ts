import { readdirSync } from "node:fs";
import path from "node:path";
import type { HomeConfig } from "../config/config.ts";
import type { AlarmEvent, ConditionId } from "../domain/alarm.ts";
import { type Wall, wall } from "../domain/time.ts";
import { composeHome, type Home } from "../home.ts";
import { createPatient } from "../rehearsal/patient.ts";
import { createSeededRandom } from "../rehearsal/random.ts";
import type { Scenario } from "../rehearsal/scenario.ts";
import { createRehearsalWorld, type RehearsalWorld, simulateBed } from "../rehearse.ts";
import { command, needed, UsageError } from "./command.ts";
import { demoConfig } from "./demo.ts";
import { loadScenario } from "./scenario.ts";

/** Ten in the evening in Shanghai: inside every default watch. */
const EVENING: Wall = wall(Date.parse("2026-11-21T22:00:00+08:00"));

/** What came of a rehearsed scenario. `problems` is empty when everything was as the scenario says. */
export interface RehearsedNight {
  readonly occurred: readonly { readonly atS: number; readonly condition: ConditionId }[];
  readonly problems: readonly string[];
  readonly observations: number;
}

/** A home on virtual time with the usual two devices, simulated; for rehearsals of any kind. */
export interface RehearsedHome {
  readonly world: RehearsalWorld;
  readonly home: Home;
  readonly patient: ReturnType<typeof createPatient>;
  /** Every alarm event so far, from the bus. */
  readonly events: readonly AlarmEvent[];
  stop(): Promise<void>;
}

/** The demo's wiring, for a bed of this class in Shanghai. */
export const rehearsalConfig = (dependencyClass: "A" | "B" | "C"): HomeConfig => {
  const demo = demoConfig("Asia/Shanghai", "zh-Hans", 0);
  return { ...demo, beds: demo.beds.map((bed) => ({ ...bed, label: "Rehearsal", dependencyClass })) };
};

/** Composes a home in the rehearsal world and starts its simulated devices. */
export async function startRehearsedHome(seed: number, config: HomeConfig): Promise<RehearsedHome> {
  const world = createRehearsalWorld({ seed, startsAt: EVENING });
  const { clock, log, memory } = world;
  const [bed] = config.beds;
  if (bed === undefined) throw new RangeError("a rehearsal needs a bed");
  const patient = createPatient({ clock, random: createSeededRandom(seed + 1) });
  const devices = simulateBed({
    bed,
    view: patient,
    memory,
    clock,
    random: createSeededRandom(seed + 2),
    log,
  });
  const home = await composeHome(world, config, { pagesFolder: "/nonexistent" });
  const events: AlarmEvent[] = [];
  const stopEvents = home.edge.onEvent((event) => events.push(event));
  return {
    world,
    home,
    patient,
    events,
    async stop() {
      stopEvents();
      await devices.stop();
      // Virtual time has to pass for what waits for it while closing.
      const stopping = home.stop();
      await clock.advance(5_000);
      await stopping;
      await world.close();
    },
  };
}

/** Plays a scenario through devices' bytes, drivers, engine, watch, bus and store, and compares what it asks for. */
export async function rehearse(scenario: Scenario, seed: number = scenario.seed): Promise<RehearsedNight> {
  const run = await startRehearsedHome(seed, rehearsalConfig(scenario.class));
  const { clock } = run.world;
  const startMs: number = clock.mono();
  for (const { at, event } of scenario.events) clock.after(at * 1_000, () => run.patient.apply(event));
  await clock.advance(scenario.seconds * 1_000);
  const occurred = run.events
    .filter((event) => event.kind === "occurred")
    .map(({ at, occurrence }) => ({
      atS: (at - EVENING - startMs) / 1_000,
      condition: occurrence.condition,
    }));
  const observations = run.home.edge.devices().reduce((sum, device) => sum + device.counters.observations, 0);
  const complaints = run.world.log.notes.filter(({ level }) => level === "error");
  await run.stop();
  return {
    occurred,
    observations,
    problems: [
      ...problemsOf(scenario, occurred),
      ...(observations < scenario.seconds ? [`only ${observations} observations arrived`] : []),
      ...complaints.map(({ event, fields }) => `${event} ${JSON.stringify(fields)}`),
    ],
  };
}

function problemsOf(scenario: Scenario, occurred: RehearsedNight["occurred"]): string[] {
  const missing = scenario.expect.flatMap(({ condition, by, after = 0 }) => {
    const times = occurred.filter((one) => one.condition === condition).map(({ atS }) => atS);
    if (times.some((atS) => atS >= after && atS <= by)) return [];
    return [
      `${condition} was to occur between ${after} and ${by} s, but occurred at ${times.join(", ") || "no time"}`,
    ];
  });
  const forbidden = occurred
    .filter(({ condition }) => scenario.never.includes(condition))
    .map(({ condition, atS }) => `${condition} occurred at ${atS} s and must not`);
  return [...missing, ...forbidden];
}

const OWN = path.join(import.meta.dirname, "../../devices/scenarios");

/** `breathwatch nights`: every scenario with every seed, on virtual time. */
export const nightsCommand = command({
  name: "nights",
  usage: "--seeds A..B [--scenario NAME]...",
  about:
    "Rehearses scenarios on virtual time, from the devices' bytes to alarms, phones and store, with chance from each\n" +
    "seed. Prints one JSON line a rehearsal; fails when one of them did not go as its scenario says.",
  options: {
    seeds: { type: "string", value: "A..B", help: "first and last seed, both included" },
    scenario: {
      type: "string",
      value: "NAME",
      multiple: true,
      help: "only these; default: all that come along",
    },
  },
  examples: ["breathwatch nights --seeds 1..20", "breathwatch nights --seeds 7..7 --scenario mask-off"],
  async run({ values }, terminal) {
    const [, first, last] = /^(\d{1,9})\.\.(\d{1,9})$/.exec(needed(values.seeds, "--seeds A..B")) ?? [];
    if (first === undefined || last === undefined)
      throw new UsageError("--seeds must be A..B, for example 1..20.");
    const all = readdirSync(OWN).filter((file) => file.endsWith(".yaml"));
    const names = values.scenario ?? all.map((file) => file.slice(0, -".yaml".length));
    let failed = 0;
    let done = 0;
    const total = (Number(last) - Number(first) + 1) * names.length;
    for (let seed = Number(first); seed <= Number(last); seed++) {
      for (const name of names) {
        terminal.signal.throwIfAborted();
        const scenario = await loadScenario(name, terminal);
        const { occurred, problems } = await rehearse(scenario, seed);
        if (problems.length > 0) failed += 1;
        done += 1;
        await terminal.print(
          `${JSON.stringify({ seed, scenario: name, ok: problems.length === 0, occurred, problems })}\n`,
        );
        terminal.say(
          `${done} of ${total}: ${name}, seed ${seed}: ${problems.length === 0 ? "as it should" : "NOT as it should"}`,
        );
      }
    }
    terminal.say(`${total - failed} of ${total} went as they should.`);
    return failed === 0 ? 0 : 1;
  },
});

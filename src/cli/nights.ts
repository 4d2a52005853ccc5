import { readdirSync } from "node:fs";
import path from "node:path";
import type { HomeConfig } from "../config/config.ts";
import type { AlarmEvent } from "../domain/alarm.ts";
import { SECOND_MS, type Wall, wall } from "../domain/time.ts";
import { composeHome, type Home } from "../home.ts";
import { isHouseFault } from "../rehearsal/faults.ts";
import { DEFAULT_MACHINE, type MachineSettings } from "../rehearsal/machine.ts";
import { createPatient } from "../rehearsal/patient.ts";
import { createSeededRandom } from "../rehearsal/random.ts";
import type { Scenario } from "../rehearsal/scenario.ts";
import {
  createRehearsalWorld,
  type Happens,
  playEvents,
  type RehearsalWorld,
  simulateBed,
} from "../rehearse.ts";
import { command, needed, UsageError } from "./command.ts";
import { demoConfig } from "./demo.ts";
import { type Found, followCards, problemsOf } from "./night-verdict.ts";
import { familyOf } from "./recording.ts";
import { loadScenario } from "./scenario.ts";

/** Ten in the evening in Shanghai: inside every default watch. */
const EVENING: Wall = wall(Date.parse("2026-11-21T22:00:00+08:00"));

const CAREGIVER = { id: "rehearsed", name: "Rehearsed caregiver" } as const;

/** What came of a rehearsed scenario. `problems` is empty when everything was as the scenario says. */
export interface RehearsedNight extends Found {
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
export async function startRehearsedHome(
  seed: number,
  config: HomeConfig,
  machine: MachineSettings = DEFAULT_MACHINE,
): Promise<RehearsedHome> {
  const world = createRehearsalWorld({ seed, startsAt: EVENING });
  const { clock, log, memory } = world;
  const [bed] = config.beds;
  if (bed === undefined) throw new RangeError("a rehearsal needs a bed");
  const patient = createPatient({ clock, random: createSeededRandom(seed + 1), machine });
  const devices = simulateBed({
    bed,
    view: patient,
    zone: config.zone,
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
  const machine = { ...DEFAULT_MACHINE, ...(scenario.mode === undefined ? {} : { mode: scenario.mode }) };
  const run = await startRehearsedHome(seed, scenarioConfig(scenario), machine);
  const { clock, memory } = run.world;
  const startMs: number = clock.mono();
  const stopEvents = playEvents(scenario.events, {
    patient: run.patient,
    memory,
    clock,
    random: createSeededRandom(seed + 3),
    elsewhere: happensToHouse(run),
  });
  const cards = followCards(clock, () => run.home.edge.live.fold("b1"));
  await clock.advance(scenario.seconds * SECOND_MS);
  stopEvents();
  cards.stop();
  const occurred = run.events
    .filter((event) => event.kind === "occurred")
    .map(({ at, member, occurrence }) => ({
      atS: (at - EVENING - startMs) / 1_000,
      condition: member?.condition ?? occurrence.condition,
      priority: member?.priority ?? occurrence.priority,
      ...(occurrence.subject === undefined ? {} : { device: nameOf(run, occurrence.subject) }),
    }));
  const observations = run.home.edge.devices().reduce((sum, device) => sum + device.counters.observations, 0);
  const complaints = run.world.log.notes.filter(({ level }) => level === "error");
  await run.stop();
  const found: Found = { occurred, ...cards.seen() };
  return {
    ...found,
    observations,
    problems: [
      ...problemsOf(scenario, found),
      ...(observations < scenario.seconds ? [`only ${observations} observations arrived`] : []),
      ...complaints.map(({ event, fields }) => `${event} ${JSON.stringify(fields)}`),
    ],
  };
}

/** The demo's home with the devices that a scenario names, each at the cable of its name. */
function scenarioConfig({ class: dependencyClass, devices }: Scenario): HomeConfig {
  const config = rehearsalConfig(dependencyClass);
  if (devices === undefined) return config;
  const named = Object.entries(devices).map(([name, { family, options = {} }]) => ({
    family: familyOf(family).id,
    port: `memory:${name}`,
    label: name,
    options,
  }));
  return { ...config, beds: config.beds.map((bed) => ({ ...bed, devices: named })) };
}

const nameOf = ({ home }: RehearsedHome, device: string): string =>
  home.edge
    .devices()
    .find((view) => view.device === device)
    ?.address.slice("memory:".length) ?? device;

/** Broker, internet, the patient's call and what a caregiver says. */
const happensToHouse =
  ({ world, home }: RehearsedHome): Happens =>
  ({ event, at, act = "suction" }) => {
    if (event === "care" || event === "care_done") {
      const id = `${event}-${world.clock.mono()}`;
      home.edge.command("b1", {
        id,
        by: CAREGIVER,
        ...(event === "care" ? { kind: event, act } : { kind: event }),
      });
      return;
    }
    if (!isHouseFault(event)) {
      const call = { how: "switch", kind: "come" } as const;
      home.edge.command("b1", { kind: "call", id: `call-${at}-${world.clock.mono()}`, call });
      return;
    }
    switch (event) {
      case "broker_down":
        world.faults.setFate(() => "lose");
        return world.faults.disconnectAll();
      case "broker_up":
        return world.faults.setFate(() => "deliver");
      case "internet_down":
        world.http.answer = () => Promise.reject(new Error("network is unreachable"));
        return;
      case "internet_up":
        world.http.answer = () => ({ status: 201, headers: {}, body: "" });
        return;
    }
  };

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
        const { occurred, causes, rang, problems } = await rehearse(scenario, seed);
        if (problems.length > 0) failed += 1;
        done += 1;
        await terminal.print(
          `${JSON.stringify({ seed, scenario: name, ok: problems.length === 0, occurred, causes, rang, problems })}\n`,
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

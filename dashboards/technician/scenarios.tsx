import { useSignal } from "@preact/signals";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { PlayedScenario, ScenarioView, SimulationView } from "../../src/server/contract/technician.ts";
import type { BedState } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import { type Format, lookUp } from "../shared/format.ts";
import { usePage } from "../shared/page.ts";
import type { Act } from "./simulation.tsx";

type Expected = PlayedScenario["expected"][number];
const STATE_ICONS: { readonly [state in Expected["state"]]: string } = {
  waiting: "…",
  came: "✓",
  missed: "✗",
};

/** Chooses and plays a scenario, and ticks off what it asks for as it comes. */
export function Scenarios(props: {
  readonly view: SimulationView;
  readonly act: Act;
  readonly alarmsOpen: boolean;
  readonly bed: BedState;
}) {
  const page = usePage();
  const format = page.format.value;
  const { simulated } = format.words.pages.technician;
  const { scenarios, playing } = props.view;
  const chosen = useSignal("mask-off");
  const id = scenarios.find((each) => each.id === chosen.value)?.id ?? scenarios[0]?.id;
  return (
    <section class="part" aria-label={simulated.scenariosTitle}>
      <h3>{simulated.scenariosTitle}</h3>
      <p class="small">{simulated.scenariosHint}</p>
      <div class="toolbar">
        <label class="field">
          {simulated.scenario}
          <select
            value={id}
            onChange={(event) => {
              chosen.value = event.currentTarget.value;
            }}
          >
            {scenarios.map((each) => (
              <option key={each.id} value={each.id}>
                {nameOf(each, format)} · {format.age(each.seconds * SECOND_MS)}
              </option>
            ))}
          </select>
        </label>
        <button
          type="button"
          class="primary"
          disabled={id === undefined}
          onClick={() => {
            if (id !== undefined) page.handOver(props.act({ scenario: id }));
          }}
        >
          {simulated.play}
        </button>
        <button type="button" onClick={() => page.handOver(props.act({ scenario: null }))}>
          {simulated.stop}
        </button>
      </div>
      {props.alarmsOpen && playing?.over !== false && <p class="problem">{simulated.openAlarms}</p>}
      {playing !== undefined && <Played playing={playing} bed={props.bed} view={props.view} />}
    </section>
  );
}

function Played(props: {
  readonly playing: PlayedScenario;
  readonly bed: BedState;
  readonly view: SimulationView;
}) {
  const format = usePage().format.value;
  const { simulated } = format.words.pages.technician;
  const { playing } = props;
  const age = (seconds: number) => format.age(seconds * SECOND_MS);
  const labelOf = (name: string): string => {
    const device = props.view.devices.find((each) => each.name === name)?.device;
    return props.bed.sources.find((source) => source.device === device)?.label ?? name;
  };
  const about = (name: string | undefined) => (name === undefined ? "" : ` · ${labelOf(name)}`);
  return (
    <article class="played" data-scenario={playing.id} data-over={playing.over}>
      <h4>{nameOf(playing, format)}</h4>
      <Progress playing={playing} />
      <h5>{simulated.happens}</h5>
      <ul class="ticks">
        {playing.happens.map((each, index) => (
          <li key={`${each.at} ${each.event} ${String(index)}`} class={each.at <= playing.ageS ? "past" : ""}>
            <span class="tick-time">{age(each.at)}</span>{" "}
            {lookUp(simulated.events, each.event) ?? lookUp(simulated.linkFaults, each.event) ?? each.event}
            {about(each.device)}
            {each.every !== undefined && ` (${fill(simulated.every, { age: age(each.every) })})`}
          </li>
        ))}
      </ul>
      {playing.expected.length > 0 && <h5>{simulated.expects}</h5>}
      <ul class="ticks">
        {playing.expected.map((each, index) => (
          <li
            key={`${each.condition} ${String(index)}`}
            class={`tick-${each.state}`}
            data-condition={each.condition}
            data-state={each.state}
          >
            <span aria-hidden="true">{STATE_ICONS[each.state]} </span>
            {format.conditionTitle(each.condition)}
            {about(each.device)} ·{" "}
            <span class="tick-time">
              {fill(simulated.within, { from: age(each.after), to: age(each.by) })}
            </span>{" "}
            · <strong>{stateOf(each, format)}</strong>
          </li>
        ))}
      </ul>
      {(playing.never.length > 0 || playing.calm) && <h5>{simulated.mustNot}</h5>}
      {playing.calm && <p>{simulated.mustNotCalm}</p>}
      <p class="small">{playing.never.map((condition) => format.conditionTitle(condition)).join(" · ")}</p>
      {playing.wrong.map(({ condition, at }) => (
        <p key={`${condition} ${String(at)}`} class="problem">
          ✗ {format.conditionTitle(condition)}: {fill(simulated.rangWrongly, { age: age(at) })}
        </p>
      ))}
    </article>
  );
}

/** How far it is, and what came of it once it is over. */
function Progress(props: { readonly playing: PlayedScenario }) {
  const format = usePage().format.value;
  const { simulated } = format.words.pages.technician;
  const { ageS, seconds, over, expected, wrong } = props.playing;
  const age = format.age(ageS * SECOND_MS);
  const good = wrong.length === 0 && expected.every(({ state }) => state === "came");
  const ended = over && ageS >= seconds;
  const text = over
    ? fill(simulated.over, { age })
    : fill(simulated.runs, { age, to: format.age(seconds * SECOND_MS) });
  return (
    <>
      <progress max={seconds} value={Math.min(ageS, seconds)} aria-label={text} />
      <p class="verdict">
        {text} {ended && <strong>{good ? simulated.verdictGood : simulated.verdictBad}</strong>}
      </p>
    </>
  );
}

function stateOf(expected: Expected, format: Format): string {
  const { states } = format.words.pages.technician.simulated;
  if (expected.state !== "came") return states[expected.state];
  return fill(states.came, { age: format.age((expected.cameAt ?? 0) * SECOND_MS) });
}

const nameOf = ({ id, name }: ScenarioView, format: Format): string =>
  lookUp(format.words.pages.technician.simulated.scenarioNames, id) ?? name;

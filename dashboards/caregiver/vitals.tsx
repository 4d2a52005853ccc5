import { SIGNAL_IDS, SIGNALS, type SignalId } from "../../src/domain/signal.ts";
import type { BedState, SourceView } from "../../src/server/contract.ts";
import { fill } from "../../src/words/template.ts";
import type { Format } from "../shared/format.ts";
import { type Shown, shownOf } from "../shared/freshness.ts";
import { usePage } from "../shared/page.ts";
import { ProblemLine } from "../shared/trouble.tsx";

/** What a caregiver looks for first, in this order; the rest is one tap away. */
const FIRST: readonly SignalId[] = [
  "resp_rate",
  "tidal_volume_exp",
  "minute_volume",
  "pressure_peak",
  "pressure_exp",
  "leak",
  "etco2",
  "tcco2",
  "mains",
  "battery_minutes",
];

/** Shown even when they never arrived, so that their absence is seen. */
const EXPECTED: { readonly [role: string]: readonly SignalId[] } = {
  ventilator: ["resp_rate", "tidal_volume_exp", "pressure_peak", "pressure_exp"],
  capnograph: ["etco2"],
};

/** All numbers of a bed, each as old as it is. */
export function Vitals(props: { readonly bed: BedState; readonly small: boolean }) {
  const { bed } = props;
  const { first, more } = signalsOf(bed);
  const { words } = usePage().format.value;
  return (
    <section class={props.small ? "vitals vitals-small" : "vitals"} aria-label={bed.label}>
      <div class="hero">
        <NumberTile bed={bed} signal="spo2" size="giant" />
        <NumberTile bed={bed} signal="pulse_rate" size="large" />
      </div>
      <div class="numbers">
        {first.map((signal) => (
          <NumberTile key={signal} bed={bed} signal={signal} size="normal" />
        ))}
      </div>
      {more.length > 0 && (
        <details>
          <summary>{words.pages.caregiver.more}</summary>
          <div class="numbers">
            {more.map((signal) => (
              <NumberTile key={signal} bed={bed} signal={signal} size="normal" />
            ))}
          </div>
        </details>
      )}
    </section>
  );
}

function signalsOf(bed: BedState): {
  readonly first: readonly SignalId[];
  readonly more: readonly SignalId[];
} {
  const expected = bed.sources.flatMap((source) => EXPECTED[source.role] ?? []);
  const there = (signal: SignalId) => bed.signals[signal] !== undefined || expected.includes(signal);
  const hero: readonly SignalId[] = ["spo2", "pulse_rate"];
  return {
    first: FIRST.filter(there),
    more: SIGNAL_IDS.filter((signal) => there(signal) && !FIRST.includes(signal) && !hero.includes(signal)),
  };
}

function NumberTile(props: {
  readonly bed: BedState;
  readonly signal: SignalId;
  readonly size: "giant" | "large" | "normal";
}) {
  const page = usePage();
  const format = page.format.value;
  page.everySecond();
  const shown = shownOf(props.bed.signals[props.signal], page.sinceHeardMs());
  const name = format.words.terms.signals[props.signal];
  const unit = format.unit(SIGNALS[props.signal].unit);
  return (
    <div
      class={`number number-${props.size} is-${shown.kind}${isOld(shown) ? " is-old" : ""}`}
      data-signal={props.signal}
    >
      <p class="number-name">
        {name} <span class="unit">{unit}</span>
      </p>
      <p class="number-value">
        {shown.kind === "number" ? (
          isOld(shown) ? (
            <s>{format.value(props.signal, shown.value)}</s>
          ) : (
            format.value(props.signal, shown.value)
          )
        ) : (
          <span aria-hidden="true">{format.words.pages.caregiver.noNumber}</span>
        )}
      </p>
      <p class="number-age">{remark(shown, format, props.size !== "normal")}</p>
    </div>
  );
}

const isOld = (shown: Shown): boolean => shown.kind === "number" && shown.old;

/** The age of a number, or why there is none. A fresh small number needs no age of its own: its source has one. */
function remark(shown: Shown, format: Format, always: boolean): string {
  const { caregiver } = format.words.pages;
  switch (shown.kind) {
    case "unheard":
      return "";
    case "never":
      return caregiver.neverReceived;
    case "gone":
      return fill(caregiver.noDataFor, { age: format.age(shown.ageMs) });
    case "absent":
      return format.words.terms.absences[shown.reason];
    case "number":
      if (shown.old) return `${caregiver.oldValue} · ${format.ago(shown.ageMs)}`;
      return always ? format.ago(shown.ageMs) : "";
  }
}

/** Each source with its own age: one may be alive while another is not. */
export function Sources(props: { readonly bed: BedState }) {
  const page = usePage();
  const { caregiver } = page.format.value.words.pages;
  page.everySecond();
  const since = page.sinceHeardMs();
  return (
    <section class="sources" aria-label={caregiver.sources}>
      <h2>{caregiver.sources}</h2>
      {props.bed.sources.length === 0 && <p class="problem">{caregiver.noSources}</p>}
      <ul>
        {props.bed.sources.map((source) => (
          <Source key={source.device} source={source} sinceMs={since} />
        ))}
      </ul>
    </section>
  );
}

function Source(props: { readonly source: SourceView; readonly sinceMs: number | undefined }) {
  const { source, sinceMs } = props;
  const format = usePage().format.value;
  const { terms, pages } = format.words;
  const ageMs = source.ageMs === undefined || sinceMs === undefined ? undefined : source.ageMs + sinceMs;
  const quiet = ageMs === undefined || ageMs >= 10_000;
  return (
    <li class={source.link === "open" && !quiet ? "source" : "source source-bad"} data-device={source.device}>
      <span class="source-name">
        {source.label}
        {source.simulated && <span class="tag">{pages.common.simulated}</span>}
      </span>
      <span class="source-state">
        {sinceMs === undefined ? (
          pages.caregiver.noNumber
        ) : (
          <>
            {terms.links[source.link]}
            {source.timeliness !== "live" && ` · ${terms.timeliness[source.timeliness]}`}
            {" · "}
            <strong>{sourceAge(format, ageMs)}</strong>
          </>
        )}
      </span>
      {source.problem !== undefined && <ProblemLine problem={source.problem} />}
    </li>
  );
}

function sourceAge(format: Format, ageMs: number | undefined): string {
  const { caregiver } = format.words.pages;
  if (ageMs === undefined) return caregiver.sourceNever;
  return fill(caregiver.sourceAge, { age: format.age(ageMs) });
}

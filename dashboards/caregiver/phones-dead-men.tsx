import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { TryResponse } from "../../src/server/contract/channels.ts";
import type { DeadManView, DeadMenResponse } from "../../src/server/contract/dead-man.ts";
import { fill } from "../../src/words/template.ts";
import { type Answer, hasKeys } from "../shared/api.ts";
import { useAsked } from "../shared/asked.ts";
import type { Format } from "../shared/format.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { type Done, SettingsForm } from "./phones-access.tsx";

const isDeadMen = hasKeys<DeadMenResponse>("ways");
const isTried = hasKeys<TryResponse>("outcome", "tookMs");

/** What was entered is answered by a service within seconds; a state that changes by itself is looked at now and then. */
const AGAIN_MS = 5 * SECOND_MS;
/** The box gives a service 15 s. */
const TRY_MS = 20 * SECOND_MS;

interface Home {
  readonly path: string;
  readonly zone: string;
  readonly isOwner: boolean;
}

/** Who outside the house is told if the box dies. On a hub there is nothing to set up: it notices by itself. */
export function DeadMen(props: Home) {
  const page = usePage();
  const { deadMan: words } = page.format.value.words;
  const asked = useAsked(`${props.path}/dead-men`, isDeadMen);
  useEffect(
    () =>
      page.clock.every(AGAIN_MS, () => {
        if (document.visibilityState === "visible") page.handOver(asked.ask());
      }),
    [props.path],
  );
  const known = asked.value.value;
  if (known === undefined || (known.ways.length === 0 && known.ledBy === undefined)) return null;
  return (
    <section class="dead-men" aria-label={words.title}>
      <h3>{words.title}</h3>
      {known.ledBy === undefined ? <p class="small">{words.hint}</p> : <p>{words.led}</p>}
      {known.ways.map((way) => (
        <Way key={way.id} way={way} home={props} ask={asked.ask} />
      ))}
    </section>
  );
}

function Way(props: { readonly way: DeadManView; readonly home: Home; readonly ask: () => Promise<void> }) {
  const { way, home } = props;
  const page = usePage();
  const format = page.format.value;
  const { language } = format;
  const words = format.words.deadMan;
  const done = useSignal<{ readonly what: Done } | undefined>(undefined);
  const said = useRef<HTMLOutputElement>(null);
  const name = way.name[language];
  useEffect(() => said.current?.focus(), [done.value]);
  const state = way.state === undefined ? undefined : stateOf(way, format, home.zone);
  return (
    <div class="way" data-way={way.id}>
      <h4>{name}</h4>
      <p>{way.summary[language]}</p>
      {state !== undefined && (
        <p class={state.isWell ? "phone-proven" : "problem"} data-test="dead-man-state">
          <span aria-hidden="true">{state.isWell ? "✓ " : "✗ "}</span>
          {state.words}
        </p>
      )}
      {way.isReady && <Drill way={way} home={home} />}
      {home.isOwner ? (
        <details class="phone-access">
          <summary>{way.isReady ? words.change : words.choose}</summary>
          <ol class="phone-steps">
            {way.steps.map((text) => (
              <li key={text.en}>{text[language]}</li>
            ))}
          </ol>
          <SettingsForm
            key={String(way.isReady)}
            id={way.id}
            path={`${home.path}/dead-men/${encodeURIComponent(way.id)}`}
            {...{ fields: way.fields, entered: way.entered, isReady: way.isReady }}
            hint={format.words.phones.accessHint}
            forget={{
              label: words.forget,
              title: words.forgetTitle,
              text: words.forgetText,
            }}
            onChanged={props.ask}
            onDone={(what) => {
              done.value = { what };
            }}
          />
        </details>
      ) : (
        !way.isReady && <p class="small">{words.ownerOnly}</p>
      )}
      {done.value !== undefined && (
        <output tabIndex={-1} ref={said}>
          {words[done.value.what]}
        </output>
      )}
    </div>
  );
}

function stateOf(
  { state, time }: DeadManView,
  format: Format,
  zone: string,
): { readonly isWell: boolean; readonly words: string } {
  const words = format.words.deadMan;
  switch (state?.kind) {
    case "armed":
      return {
        isWell: true,
        words:
          time === "service" || state.aheadMs === undefined
            ? words.armedOwn
            : fill(words.armed, { age: format.age(state.aheadMs) }),
      };
    case "failing":
      return {
        isWell: false,
        words: fill(words.failingNow, { time: format.time(state.since, zone), detail: state.detail }),
      };
    case "resting":
      return { isWell: true, words: words.restingNow };
    case "beginning":
    case undefined:
      return { isWell: true, words: words.beginning };
  }
}

/** It speaks up at once, marked as a drill: proof that the way reaches a phone without the box. */
function Drill(props: { readonly way: DeadManView; readonly home: Home }) {
  const { way, home } = props;
  const page = usePage();
  const { deadMan: words, phones } = page.format.value.words;
  const busy = useSignal(false);
  const answer = useSignal<Answer<TryResponse> | undefined>(undefined);
  async function send(): Promise<void> {
    if (busy.value) return;
    busy.value = true;
    answer.value = undefined;
    const path = `${home.path}/dead-men/${encodeURIComponent(way.id)}/try`;
    answer.value = await page.api.post(path, {}, isTried, TRY_MS);
    busy.value = false;
  }
  const heard = answer.value;
  return (
    <div class="try">
      <button type="button" aria-disabled={busy.value} onClick={() => page.handOver(send())}>
        {words.drill}
      </button>
      <output class="try-answer">
        {busy.value && <p>{phones.trying}</p>}
        {heard?.ok === true && <p data-outcome={heard.value.outcome}>{drillWords(heard.value)}</p>}
      </output>
      {heard?.ok === false && <TroubleBox trouble={heard.problem} />}
    </div>
  );

  function drillWords({ outcome, detail = phones.noWhy, tookMs }: TryResponse): string {
    if (outcome === "accepted") return way.time === "service" ? words.drilledOwn : words.drilled;
    return fill(phones[outcome], { value: Math.round(tookMs / SECOND_MS), detail });
  }
}

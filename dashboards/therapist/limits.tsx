import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { BedId } from "../../src/domain/ids.ts";
import type { LimitsFile } from "../../src/domain/limits.ts";
import { isSignalId } from "../../src/domain/signal.ts";
import type {
  BaselinesResponse,
  LimitsResponse,
  SetLimitsResponse,
} from "../../src/server/contract/limits.ts";
import { fill } from "../../src/words/template.ts";
import { type Answer, hasKeys } from "../shared/api.ts";
import { usePage } from "../shared/page.ts";
import { RefusedSettings } from "../shared/refused-settings.tsx";
import { TroubleBox } from "../shared/trouble.tsx";
import { ClinicCode } from "./limits-code.tsx";
import { Conditions } from "./limits-conditions.tsx";
import { isSameDraft } from "./limits-draft.ts";
import { byAt, History, originOf } from "./limits-history.tsx";
import { PassedOn } from "./limits-passed-on.tsx";
import { Review } from "./limits-review.tsx";
import "./limits.css";

const isPicture = hasKeys<LimitsResponse>(
  "bed",
  "dependencyClass",
  "version",
  "engineVersion",
  "file",
  "conditions",
  "presets",
  "history",
);
const isBaselines = hasKeys<BaselinesResponse>("baselines", "least", "simulated");

/** The limits of one bed: what counts, since when and why; changing it, trying it first, and going back. */
export function Limits(props: { readonly bed: BedId; readonly zone: string }) {
  const page = usePage();
  const format = page.format.value;
  const { limits, pages } = format.words;
  const path = `/api/beds/${encodeURIComponent(props.bed)}`;
  const answer = useSignal<Answer<LimitsResponse> | undefined>(undefined);
  const draft = useSignal<LimitsFile>({});
  const saved = useSignal<SetLimitsResponse | undefined>(undefined);
  const wanted = useSignal<number | undefined>(undefined);
  const review = useRef<HTMLDivElement>(null);

  const load = () =>
    page.handOver(
      page.api.get(`${path}/limits`, isPicture).then((got) => {
        answer.value = got;
        if (got.ok) draft.value = got.value.file;
      }),
    );
  useEffect(load, [path]);

  const take = (result: SetLimitsResponse): void => {
    saved.value = result;
    wanted.value = undefined;
    load();
  };

  if (answer.value === undefined) return <p class="waiting">{pages.common.waiting}</p>;
  if (!answer.value.ok) {
    return (
      <>
        <TroubleBox trouble={answer.value.problem} />
        <button type="button" class="big" onClick={load}>
          {pages.common.tryAgain}
        </button>
      </>
    );
  }
  const picture = answer.value.value;
  const isEdited = !isSameDraft(draft.value, picture.file);
  const edit = (next: LimitsFile): void => {
    draft.value = next;
    saved.value = undefined;
  };
  return (
    <div class="limits">
      <h2>{limits.title}</h2>
      <RefusedSettings bed={page.heard.value?.beds.find(({ bed }) => bed === props.bed)} />
      <InForce picture={picture} zone={props.zone} />
      {saved.value !== undefined && (
        <output class="saved">
          <p>
            {fill(saved.value.delivered ? limits.saved : limits.waiting, {
              version: saved.value.version.version,
            })}
          </p>
          <button
            type="button"
            onClick={() => {
              wanted.value = saved.value?.version.previous;
            }}
          >
            {limits.undo}
          </button>
        </output>
      )}
      <PassedOn
        bed={props.bed}
        zone={props.zone}
        version={picture.version}
        draft={draft.value}
        onDraft={edit}
      />
      <Usual path={`${path}/baselines`} />
      <Presets picture={picture} onDraft={edit} />
      <ClinicCode bed={props.bed} zone={props.zone} picture={picture} onSaved={take} />
      <Conditions
        key={picture.version}
        picture={picture}
        zone={props.zone}
        draft={draft.value}
        onDraft={edit}
      />
      {isEdited ? (
        <>
          <div class="changes-bar">
            <button type="button" class="primary" onClick={() => review.current?.scrollIntoView()}>
              {limits.review.title} ↓
            </button>
          </div>
          <div ref={review}>
            <Review
              bed={props.bed}
              zone={props.zone}
              picture={picture}
              draft={draft.value}
              onSaved={take}
              onDiscard={() => edit(picture.file)}
            />
          </div>
        </>
      ) : (
        <p class="empty">{limits.review.none}</p>
      )}
      <History
        bed={props.bed}
        zone={props.zone}
        picture={picture}
        wanted={wanted.value}
        onWant={(version) => {
          wanted.value = version;
        }}
        onSaved={take}
      />
    </div>
  );
}

/** Who set what counts, when, why, and until when what is wider. */
function InForce(props: { readonly picture: LimitsResponse; readonly zone: string }) {
  const format = usePage().format.value;
  const { limits } = format.words;
  const { picture, zone } = props;
  const { version, engineVersion, dependencyClass, history } = picture;
  const newest = history.find((one) => one.version === version);
  const ends = picture.conditions.flatMap(({ id, offUntil, settings }) => {
    const all = [offUntil, ...settings.map(({ temporary }) => temporary?.until)];
    const until = all.filter((end) => end !== undefined);
    return until.length === 0 ? [] : [{ id, until: Math.min(...until) }];
  });
  return (
    <section class="card in-force" aria-label={limits.current}>
      {newest === undefined ? (
        <p>
          <strong>{fill(limits.versionNone, { what: dependencyClass })}</strong>
        </p>
      ) : (
        <>
          <p>
            <strong>{fill(limits.version, { version })}</strong> {byAt(format, newest, zone)}
          </p>
          <p>{newest.reason}</p>
          <p class="small">{originOf(format, newest)}</p>
        </>
      )}
      {engineVersion < version && <p class="problem">{limits.waiting}</p>}
      {ends.length > 0 && (
        <ul>
          {ends.map(({ id, until }) => (
            <li key={id} class="problem">
              {format.conditionTitle(id)}:{" "}
              {fill(limits.widened.until, { time: format.dateTime(until, zone) })}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function Presets(props: { readonly picture: LimitsResponse; readonly onDraft: (draft: LimitsFile) => void }) {
  const { limits } = usePage().format.value.words;
  const { picture } = props;
  return (
    <section class="card presets">
      <h3>{limits.presets.title}</h3>
      <div class="buttons">
        <button type="button" onClick={() => props.onDraft({})}>
          {limits.presets[picture.dependencyClass]}
        </button>
        <button
          type="button"
          aria-describedby="chronic-low"
          onClick={() => props.onDraft(picture.presets.chronic_low)}
        >
          {limits.presets.chronic_low}
        </button>
      </div>
      <p class="small" id="chronic-low">
        {limits.presets.chronicLowHint}
      </p>
    </section>
  );
}

/** The person's usual values, with from how many nights. */
function Usual(props: { readonly path: string }) {
  const page = usePage();
  const format = page.format.value;
  const { baselines: words } = format.words.limits;
  const { common } = format.words.pages;
  const answer = useSignal<Answer<BaselinesResponse> | undefined>(undefined);
  useEffect(
    () =>
      page.handOver(
        page.api.get(props.path, isBaselines).then((got) => {
          answer.value = got;
        }),
      ),
    [props.path],
  );
  if (answer.value === undefined) return null;
  if (!answer.value.ok) return <TroubleBox trouble={answer.value.problem} title={words.title} />;
  const { baselines, least, simulated } = answer.value.value;
  const known = Object.entries(baselines).flatMap(([signal, value]) =>
    isSignalId(signal) ? [{ signal, ...value }] : [],
  );
  return (
    <section class="card usual">
      <h3>{words.title}</h3>
      {simulated && (
        <p class="mark mark-simulated">
          <strong>{common.simulated}</strong> {words.simulated}
        </p>
      )}
      {known.length === 0 && <p class="empty">{fill(words.none, { count: least })}</p>}
      <ul>
        {known.map(({ signal, median, nights }) => (
          <li key={signal}>
            {fill(words.line, {
              signal: format.words.terms.signals[signal],
              value: format.measured(signal, median),
              count: nights,
            })}
          </li>
        ))}
      </ul>
    </section>
  );
}

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { BedId } from "../../src/domain/ids.ts";
import { DAY_MS, type Night } from "../../src/domain/time.ts";
import type { NightResponse, NightsResponse } from "../../src/server/contract.ts";
import { type Answer, hasKeys } from "../shared/api.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { NightAlarms } from "./alarms.tsx";
import { ImportCard } from "./import-card.tsx";
import { Metrics } from "./metrics.tsx";
import { Strips } from "./strips.tsx";
import { NightReport } from "./symptoms.tsx";
import "./therapist.css";

const isNights = hasKeys<NightsResponse>("nights");
const isNight = hasKeys<NightResponse>(
  "night",
  "zone",
  "from",
  "to",
  "bucketMs",
  "strips",
  "alarms",
  "metrics",
);
/** Buckets asked for: no more than a wide screen can show. */
const WIDTH_MAX = 2_000;

/** The nights of a bed, one at a time. `shared`: seen through a link, which opens no file and brings no card. */
export function Nights(props: {
  readonly bed: BedId;
  readonly shared?: {
    /** Called when the server did not answer as it should: the link may have ended. */
    readonly onRefused: () => void;
  };
}) {
  const page = usePage();
  const { therapist, common } = page.format.value.words.pages;
  const path = `/api/beds/${encodeURIComponent(props.bed)}/nights`;
  const answer = useSignal<Answer<NightsResponse> | undefined>(undefined);
  const chosen = useSignal<Night | undefined>(undefined);
  const load = () =>
    page.handOver(
      page.api.get(path, isNights).then((got) => {
        answer.value = got;
        if (!got.ok) props.shared?.onRefused();
      }),
    );
  useEffect(load, [path]);
  if (answer.value === undefined) return <p class="waiting">{common.waiting}</p>;
  if (!answer.value.ok) return <Failed answer={answer.value} onAgain={load} />;
  const nights = answer.value.value.nights.toSorted((a, b) => (a.night < b.night ? 1 : -1));
  const night = nights.find((each) => each.night === chosen.value) ?? nights[0];
  const bring = props.shared === undefined && <ImportCard bed={props.bed} onDone={load} />;
  if (night === undefined) {
    return (
      <>
        <p class="empty">{therapist.noNights}</p>
        {bring}
      </>
    );
  }
  return (
    <>
      <div class="toolbar">
        <label class="field">
          {therapist.choose}
          <select
            value={night.night}
            onChange={(event) => {
              const { value } = event.currentTarget;
              chosen.value = nights.find((each) => each.night === value)?.night;
            }}
          >
            {nights.map((each) => (
              <option key={each.night} value={each.night}>
                {nightName(each.night)}
                {each.simulated ? ` · ${common.simulated}` : ""}
              </option>
            ))}
          </select>
        </label>
        {props.shared === undefined && <Files path={`${path}/${encodeURIComponent(night.night)}`} />}
      </div>
      <OneNight
        key={night.night}
        path={path}
        night={night.night}
        {...(props.shared === undefined ? { bed: props.bed } : {})}
        onRefused={props.shared?.onRefused}
      />
      {bring}
    </>
  );

  function nightName(name: Night): string {
    const noon = Date.parse(`${name}T12:00:00Z`);
    return page.format.value.dates(noon, noon + DAY_MS, "UTC");
  }
}

function Files(props: { readonly path: string }) {
  const { therapist } = usePage().format.value.words.pages;
  return (
    <>
      <a class="button" href={`${props.path}/csv`} download>
        {therapist.csv}
      </a>
      <a class="button" href={`${props.path}/fhir`} download>
        {therapist.fhir}
      </a>
      <a class="button" href={`${props.path}/lines?gz=true`} download>
        {therapist.lines}
      </a>
    </>
  );
}

function OneNight(props: {
  readonly path: string;
  readonly night: Night;
  /** Whose reports are shown; absent through a shared link. */
  readonly bed?: BedId;
  readonly onRefused: (() => void) | undefined;
}) {
  const page = usePage();
  const { common, therapist } = page.format.value.words.pages;
  const marked = page.heard.value?.beds.some((bed) => bed.simulated) === true;
  const answer = useSignal<Answer<NightResponse> | undefined>(undefined);
  const load = () => {
    const width = Math.min(
      WIDTH_MAX,
      Math.round(document.documentElement.clientWidth * devicePixelRatio * 2),
    );
    const path = `${props.path}/${encodeURIComponent(props.night)}?width=${width}`;
    page.handOver(
      page.api.get(path, isNight).then((got) => {
        answer.value = got;
        if (!got.ok) props.onRefused?.();
      }),
    );
  };
  useEffect(load, [props.path, props.night]);
  if (answer.value === undefined) return <p class="waiting">{common.waiting}</p>;
  if (!answer.value.ok) return <Failed answer={answer.value} onAgain={load} />;
  const night = answer.value.value;
  return (
    <>
      {night.simulated && !marked && (
        <p class="mark mark-simulated">
          <strong>{common.simulated}</strong> {common.simulatedMore}
        </p>
      )}
      <p class="small">{therapist.retrospective}</p>
      <Strips night={night} />
      {props.bed !== undefined && <NightReport bed={props.bed} night={props.night} zone={night.zone} />}
      <NightAlarms night={night} />
      <Metrics night={night} />
    </>
  );
}

function Failed(props: { readonly answer: Answer<unknown>; readonly onAgain: () => void }) {
  const { common } = usePage().format.value.words.pages;
  if (props.answer.ok) return null;
  return (
    <>
      <TroubleBox trouble={props.answer.problem} />
      <button type="button" class="big" onClick={props.onAgain}>
        {common.tryAgain}
      </button>
    </>
  );
}

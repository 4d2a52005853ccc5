import type { ComponentChildren } from "preact";
import type { BedState } from "../../src/server/contract.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import type { Tonight } from "./tonight.ts";

/** What "Start the night" achieved on this phone, line by line, with the fix where it did not. */
export function TonightCard(props: { readonly bed: BedState; readonly tonight: Tonight }) {
  const { tonight, bed } = props;
  const { words } = usePage().format.value;
  const { caregiver, common } = words.pages;
  if (!tonight.open.value) return null;
  const watch = tonight.watch.value;
  return (
    <div class="card tonight">
      <h2>{caregiver.readyTitle}</h2>
      {typeof watch === "object" && <TroubleBox trouble={watch.trouble} title={caregiver.watchFailed} />}
      {watch === "busy" && <Line ok={undefined}>{caregiver.starting}</Line>}
      {bed.alarms.watch.on && <Line ok>{caregiver.watchOn}</Line>}
      <SoundLine tonight={tonight} />
      {tonight.wakeLock.state.value === "on" ? (
        <Line ok>{caregiver.screenOn}</Line>
      ) : (
        <Line ok={false}>{caregiver.screenMay}</Line>
      )}
      <PushLine tonight={tonight} />
      <button
        type="button"
        onClick={() => {
          tonight.open.value = false;
        }}
      >
        {common.close}
      </button>
    </div>
  );
}

/** Only a person can say that a sound was heard: volume and silent switch are hidden from pages. */
function SoundLine(props: { readonly tonight: Tonight }) {
  const page = usePage();
  const { tonight } = props;
  const { caregiver } = page.format.value.words.pages;
  const again = (
    <button type="button" onClick={() => tonight.playTone()}>
      {caregiver.playAgain}
    </button>
  );
  if (page.sound.state.value === "blocked") {
    return (
      <Line ok={false}>
        {caregiver.soundBlocked} {again}
      </Line>
    );
  }
  if (page.sound.state.value === "locked") return <Line ok={undefined}>{caregiver.starting}</Line>;
  if (tonight.heard.value === true) return <Line ok>{caregiver.soundOn}</Line>;
  if (tonight.heard.value === false) {
    return (
      <Line ok={false}>
        {caregiver.heardNoAdvice} {again}
      </Line>
    );
  }
  return (
    <Line ok={undefined}>
      <strong>{caregiver.heardQuestion}</strong>
      <span class="buttons">
        <button type="button" class="primary" onClick={() => tonight.answerHeard(true)}>
          {caregiver.heardYes}
        </button>
        <button type="button" onClick={() => tonight.answerHeard(false)}>
          {caregiver.heardNo}
        </button>
      </span>
    </Line>
  );
}

function PushLine(props: { readonly tonight: Tonight }) {
  const { caregiver } = usePage().format.value.words.pages;
  const push = props.tonight.push.value;
  switch (push.kind) {
    case "idle":
      return null;
    case "asking":
      return <Line ok={undefined}>{caregiver.pushAsking}</Line>;
    case "on":
      return <Line ok>{caregiver.pushOn}</Line>;
    case "denied":
      return <Line ok={false}>{caregiver.pushDenied}</Line>;
    case "unsupported":
      return <Line ok={false}>{caregiver.pushUnsupported}</Line>;
    case "cannot":
      return <Line ok={false}>{caregiver.pushCannot}</Line>;
    case "failed":
      return <TroubleBox trouble={push.trouble} title={caregiver.pushCannot} />;
  }
}

/** `ok` undefined: still open. */
function Line(props: { readonly ok: boolean | undefined; readonly children: ComponentChildren }) {
  const mark = props.ok === undefined ? "…" : props.ok ? "✓" : "✗";
  const kind = props.ok === undefined ? "open" : props.ok ? "good" : "bad";
  return (
    <output class={`line line-${kind}`}>
      <span aria-hidden="true" class="line-mark">
        {mark}
      </span>
      <span>{props.children}</span>
    </output>
  );
}

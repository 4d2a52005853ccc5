import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { CAUSE_IDS, CONDITION_IDS } from "../../src/domain/alarm.ts";
import { isLanguage, LANGUAGES } from "../../src/domain/person.ts";
import type { VoicesResponse } from "../../src/server/contract/voices.ts";
import type { SpokenKey } from "../../src/sound/choice.ts";
import { wordsIn } from "../../src/words/index.ts";
import { fill } from "../../src/words/template.ts";
import { hasKeys } from "../shared/api.ts";
import { useAsked } from "../shared/asked.ts";
import { usePage } from "../shared/page.ts";
import { TroubleBox } from "../shared/trouble.tsx";
import { VoicePlayer } from "./voice-player.ts";
import { recordingWay } from "./voice-taking.ts";
import { useVoiceChanges, type VoicesHere } from "./voices-changes.ts";
import { VoiceLine } from "./voices-line.tsx";
import "./voices.css";

const isVoices = hasKeys<VoicesResponse>("house", "voices");

/** What the house says, in the machine's voice or in one's own: asked for only once it is opened. */
export function VoicesCard() {
  const page = usePage();
  const { voices } = page.format.value.words;
  const open = useSignal(false);
  const who = page.who.value;
  const role = who.kind === "known" ? who.me.person?.role : undefined;
  if (role !== "owner" && role !== "caregiver" && role !== "patient") return null;
  const isHub = who.kind === "known" && who.me.hub === true;
  return (
    <details
      class="voices card"
      onToggle={(event) => {
        open.value = event.currentTarget.open;
      }}
    >
      <summary>{voices.title}</summary>
      {open.value && (isHub ? <p>{voices.atBox}</p> : <VoicesOf mayChange={role !== "patient"} />)}
    </details>
  );
}

function VoicesOf({ mayChange }: { readonly mayChange: boolean }) {
  const page = usePage();
  const { voices, pages, notes } = page.format.value.words;
  const asked = useAsked("/api/voices", isVoices);
  const known = asked.value.value;
  if (known !== undefined) return <Sentences known={known} asked={asked} mayChange={mayChange} />;
  const trouble = asked.trouble.value;
  if (trouble === undefined) return <p class="waiting">{notes.loading}</p>;
  return (
    <>
      <TroubleBox trouble={trouble} title={voices.title} />
      <p class="buttons">
        <button type="button" onClick={() => page.handOver(asked.ask())}>
          {pages.common.tryAgain}
        </button>
      </p>
    </>
  );
}

function Sentences(props: Pick<VoicesHere, "known" | "asked" | "mayChange">) {
  const { known, asked, mayChange } = props;
  const page = usePage();
  const words = page.format.value.words.voices;
  const chosen = useSignal(known.house);
  const language = chosen.value;
  const name = wordsIn(language).terms.languageName;
  const player = useMemo(() => new VoicePlayer(), []);
  useEffect(() => () => page.handOver(player.close()), [player]);
  const changes = useVoiceChanges(asked);
  const recordedFor = useSignal<string | undefined>(undefined);
  const here: VoicesHere = { ...{ known, asked, mayChange, language, player, changes, recordedFor } };
  const trouble = asked.trouble.value;
  return (
    <>
      {mayChange && <p>{words.hint}</p>}
      {mayChange && <p class="small">{words.ways[recordingWay()]}</p>}
      <label class="voices-language">
        {words.language}
        <select
          value={language}
          onChange={({ currentTarget: { value } }) => {
            if (isLanguage(value)) chosen.value = value;
          }}
        >
          {LANGUAGES.map((each) => (
            <option key={each} value={each}>
              {wordsIn(each).terms.languageName}
            </option>
          ))}
        </select>
      </label>
      <p class="small">
        {language === known.house
          ? fill(words.houseSpeaks, { name })
          : fill(words.pagesSpeak, { name, other: wordsIn(known.house).terms.languageName })}
      </p>
      {trouble !== undefined && <TroubleBox trouble={trouble} />}
      <h3>
        {words.main} <Count here={here} keys={CAUSE_IDS} />
      </h3>
      <Lines here={here} keys={CAUSE_IDS} />
      <Others here={here} />
    </>
  );
}

function Others({ here }: { readonly here: VoicesHere }) {
  const words = usePage().format.value.words.voices;
  const open = useSignal(false);
  return (
    <details
      onToggle={(event) => {
        open.value = event.currentTarget.open;
      }}
    >
      <summary>
        <span>
          {words.others} <Count here={here} keys={CONDITION_IDS} />
        </span>
      </summary>
      {open.value && <Lines here={here} keys={CONDITION_IDS} />}
    </details>
  );
}

interface Of {
  readonly here: VoicesHere;
  readonly keys: readonly SpokenKey[];
}

function Count({ here, keys }: Of) {
  const words = usePage().format.value.words.voices;
  const { known, language } = here;
  const own = known.voices.filter(
    (each) => each.language === language && each.fault === undefined && keys.includes(each.key),
  );
  return <span class="small">{fill(words.count, { count: own.length, sum: keys.length })}</span>;
}

function Lines({ here, keys }: Of) {
  return (
    <ul class="voice-lines">
      {keys.map((key) => (
        <VoiceLine key={`${here.language} ${key}`} here={here} sentence={key} />
      ))}
    </ul>
  );
}

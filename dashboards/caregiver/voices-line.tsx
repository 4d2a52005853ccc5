import { useSignal } from "@preact/signals";
import type { SpokenKey } from "../../src/sound/choice.ts";
import { readWav, type Sound } from "../../src/sound/wav.ts";
import { spokenIn } from "../../src/words/spoken.ts";
import { fill } from "../../src/words/template.ts";
import { usePage } from "../shared/page.ts";
import { type VoiceAt, type VoicesHere, voiceId, voicePath } from "./voices-changes.ts";
import { VoiceRecorder } from "./voices-recorder.tsx";

/** One sentence: whose voice speaks it, what it sounds like, and a recording of one's own. */
export function VoiceLine(props: { readonly here: VoicesHere; readonly sentence: SpokenKey }) {
  const { here, sentence: key } = props;
  const { known, language, mayChange, changes, recordedFor } = here;
  const page = usePage();
  const { words } = page.format.value;
  const record = known.voices.find((each) => each.language === language && each.key === key);
  const at: VoiceAt = { language, key, record };
  const id = voiceId(at);
  const sentence = spokenIn(language, key);
  const isOwn = record !== undefined && record.fault === undefined;
  const isRecording = recordedFor.value === id;
  const named = (action: string): string => fill(words.voices.about, { what: action, text: sentence });
  const recordLabel = isOwn ? words.voices.again : words.voices.record;
  return (
    <li class="voice" data-voice={key}>
      <p class="voice-words" lang={language}>
        {sentence}
      </p>
      <Whose at={at} />
      <Listening here={here} at={at} isOwn={isOwn} named={named}>
        {mayChange && !isRecording && (
          <button
            type="button"
            aria-label={named(recordLabel)}
            onClick={() => {
              here.player.stop();
              changes.told.value = undefined;
              recordedFor.value = id;
            }}
          >
            {recordLabel}
          </button>
        )}
        {mayChange && record !== undefined && !isRecording && (
          <button
            type="button"
            aria-label={named(words.voices.remove)}
            aria-disabled={changes.busy.value}
            onClick={() => page.handOver(changes.change(at, undefined))}
          >
            {words.voices.remove}
          </button>
        )}
      </Listening>
      {isRecording && <VoiceRecorder here={here} at={at} />}
      <Told here={here} id={id} />
    </li>
  );
}

function Whose({ at: { record } }: { readonly at: VoiceAt }) {
  const format = usePage().format.value;
  const { voices } = format.words;
  if (record?.fault !== undefined) return <p class="problem">{voices.unused[record.fault]}</p>;
  if (record === undefined) return <p class="small">{voices.machine}</p>;
  const seconds = format.number(record.seconds ?? 0, 1);
  return <p class="small voice-own">{fill(voices.own, { value: seconds })}</p>;
}

function Listening(props: {
  readonly here: VoicesHere;
  readonly at: VoiceAt;
  readonly isOwn: boolean;
  readonly named: (action: string) => string;
  readonly children: preact.ComponentChildren;
}) {
  const { here, at, isOwn, named } = props;
  const page = usePage();
  const { voices } = page.format.value.words;
  const isMute = useSignal(false);
  const spoken = `/api/speech/${at.language}/${at.key}`;
  const choices = isOwn
    ? [
        { label: voices.listenOwn, path: voicePath(at) },
        { label: voices.listenMachine, path: `${spoken}?voice=machine` },
      ]
    : [{ label: voices.listen, path: spoken }];

  async function fetchSound(path: string): Promise<Sound | undefined> {
    const answer = await page.api.download(path);
    here.asked.trouble.value = answer.ok ? undefined : answer.problem;
    if (!answer.ok) return undefined;
    const sound = readWav(new Uint8Array(await answer.value.content.arrayBuffer()));
    isMute.value = sound === undefined;
    return sound;
  }

  return (
    <>
      <p class="buttons">
        {choices.map(({ label, path }) => {
          const isPlaying = here.player.playing.value === path;
          return (
            <button
              key={path}
              type="button"
              aria-label={named(isPlaying ? voices.hush : label)}
              onClick={() => {
                if (isPlaying) here.player.stop();
                else page.handOver(here.player.play(path, () => fetchSound(path)));
              }}
            >
              <span aria-hidden="true">{isPlaying ? "■" : "▶"}</span> {isPlaying ? voices.hush : label}
            </button>
          );
        })}
        {props.children}
      </p>
      {isMute.value && <p class="problem">{voices.noVoice}</p>}
    </>
  );
}

function Told({ here, id }: { readonly here: VoicesHere; readonly id: string }) {
  const page = usePage();
  const { voices } = page.format.value.words;
  const told = here.changes.told.value;
  const shown = told?.id === id ? told : undefined;
  const { undo } = shown ?? {};
  return (
    <output class="voice-told">
      {shown !== undefined && <span>{voices[shown.what]}</span>}
      {undo !== undefined && (
        <button type="button" onClick={() => page.handOver(undo())}>
          {voices.undo}
        </button>
      )}
    </output>
  );
}

import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { SECOND_MS } from "../../src/domain/time.ts";
import { secondsOf } from "../../src/sound/own-voice.ts";
import type { Sound } from "../../src/sound/wav.ts";
import { fill } from "../../src/words/template.ts";
import { usePage } from "../shared/page.ts";
import { type ShapeTrouble, shapeVoice, wavOf } from "./voice-shaping.ts";
import { type MicrophoneTrouble, recordingWay, type Taking, takeVoice } from "./voice-taking.ts";
import { type VoiceAt, type VoicesHere, voiceId } from "./voices-changes.ts";

type Phase =
  | { readonly kind: "idle" }
  | { readonly kind: "working" }
  | { readonly kind: "recording"; readonly taking: Taking }
  | { readonly kind: "ready"; readonly sound: Sound };

type RecordTrouble = MicrophoneTrouble | ShapeTrouble;

const IDLE: Phase = { kind: "idle" };
/** How often the level is shown anew. */
const LEVEL_MS = 100;

/** Records one sentence, or takes a file for it; it is heard before it is saved. */
export function VoiceRecorder(props: { readonly here: VoicesHere; readonly at: VoiceAt }) {
  const { here, at } = props;
  const page = usePage();
  const words = page.format.value.words.voices;
  const { phase, problem, begin, take } = useRecording();
  const now = phase.value;
  const close = (): void => {
    here.player.stop();
    here.recordedFor.value = undefined;
  };
  async function save(sound: Sound): Promise<void> {
    if (await here.changes.change(at, wavOf(sound))) close();
  }
  return (
    <div class="voice-recorder">
      {now.kind === "idle" && <p class="small">{words.say}</p>}
      {now.kind === "working" && <p class="waiting">{words.working}</p>}
      {now.kind === "recording" && <Recording taking={now.taking} />}
      {now.kind === "ready" && <Ready here={here} at={at} sound={now.sound} save={save} />}
      {problem.value !== undefined && (
        <p class="problem" role="alert">
          {words.problems[problem.value]}
        </p>
      )}
      <p class="buttons">
        {now.kind !== "recording" && now.kind !== "working" && (
          <Ways isAgain={now.kind === "ready"} begin={begin} take={take} />
        )}
        <button type="button" class="quiet" onClick={close}>
          {words.cancel}
        </button>
      </p>
    </div>
  );
}

/** A recording from its first tap to a sound that can be heard. */
function useRecording(): {
  readonly phase: Signal<Phase>;
  readonly problem: Signal<RecordTrouble | undefined>;
  begin(): Promise<void>;
  take(file: Blob): Promise<void>;
} {
  const page = usePage();
  const phase = useSignal<Phase>(IDLE);
  const problem = useSignal<RecordTrouble | undefined>(undefined);
  const gone = useSignal(false);
  useEffect(
    () => () => {
      gone.value = true;
      // Whoever closes it does not want to be heard any longer.
      if (phase.value.kind === "recording") phase.value.taking.stop();
    },
    [],
  );
  async function shape(file: Blob, cut: boolean): Promise<void> {
    phase.value = { kind: "working" };
    const shaped = await shapeVoice(file, cut);
    problem.value = typeof shaped === "string" ? shaped : undefined;
    phase.value = typeof shaped === "string" ? IDLE : { kind: "ready", sound: shaped };
  }
  return {
    ...{ phase, problem },
    async begin() {
      problem.value = undefined;
      phase.value = { kind: "working" };
      const taking = await takeVoice(page.clock);
      if (typeof taking === "string") {
        problem.value = taking;
        phase.value = IDLE;
        return;
      }
      if (gone.value) return taking.stop();
      phase.value = { kind: "recording", taking };
      const heard = await taking.done;
      if (!gone.value) await shape(heard, true);
    },
    take: (file) => shape(file, false),
  };
}

/** The ways to a sound that this page has: its own microphone, the phone's recorder, a file. */
function Ways(props: {
  readonly isAgain: boolean;
  readonly begin: () => Promise<void>;
  readonly take: (file: Blob) => Promise<void>;
}) {
  const page = usePage();
  const words = page.format.value.words.voices;
  const isHere = recordingWay() === "here";
  const take = (file: Blob): void => page.handOver(props.take(file));
  return (
    <>
      {isHere && (
        <button
          type="button"
          class={props.isAgain ? undefined : "primary"}
          onClick={() => page.handOver(props.begin())}
        >
          {props.isAgain ? words.again : words.start}
        </button>
      )}
      {!isHere && <SoundFile label={words.recorder} records onFile={take} />}
      <SoundFile label={words.choose} onFile={take} />
    </>
  );
}

/** A file input in the shape of a button; `records`: opens the phone's recorder where it has one. */
function SoundFile(props: {
  readonly label: string;
  readonly records?: true;
  readonly onFile: (file: Blob) => void;
}) {
  return (
    <label class={props.records === true ? "button primary voice-file" : "button voice-file"}>
      {props.label}
      <input
        type="file"
        class="visually-hidden"
        accept="audio/*"
        {...(props.records === true ? { capture: "user" as const } : {})}
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          if (file !== undefined) props.onFile(file);
          // The same file may be chosen again.
          currentTarget.value = "";
        }}
      />
    </label>
  );
}

function Recording({ taking }: { readonly taking: Taking }) {
  const page = usePage();
  const words = page.format.value.words.voices;
  const elapsedMs = useSignal(0);
  const level = useSignal<number | undefined>(0);
  useEffect(() => {
    const begun = page.clock.mono();
    return page.clock.every(LEVEL_MS, () => {
      elapsedMs.value = page.clock.mono() - begun;
      level.value = taking.level();
    });
  }, [taking]);
  const seconds = Math.floor(elapsedMs.value / SECOND_MS);
  return (
    <>
      <p class="voice-recording">
        <span aria-hidden="true">●</span> {fill(words.recording, { value: seconds })}
      </p>
      {level.value !== undefined && (
        <meter
          min={0}
          max={1}
          low={0.3}
          high={0.97}
          optimum={0.6}
          value={level.value}
          aria-label={words.level}
        />
      )}
      <p class="buttons">
        <button type="button" class="primary" onClick={() => taking.stop()}>
          {words.stop}
        </button>
      </p>
    </>
  );
}

function Ready(props: {
  readonly here: VoicesHere;
  readonly at: VoiceAt;
  readonly sound: Sound;
  readonly save: (sound: Sound) => Promise<void>;
}) {
  const { here, at, sound, save } = props;
  const page = usePage();
  const format = page.format.value;
  const words = format.words.voices;
  const name = `new ${voiceId(at)}`;
  const isPlaying = here.player.playing.value === name;
  return (
    <>
      <output class="voice-ready">{fill(words.ready, { value: format.number(secondsOf(sound), 1) })}</output>
      <p class="buttons">
        <button
          type="button"
          onClick={() => {
            if (isPlaying) here.player.stop();
            else page.handOver(here.player.play(name, async () => sound));
          }}
        >
          <span aria-hidden="true">{isPlaying ? "■" : "▶"}</span> {isPlaying ? words.hush : words.listen}
        </button>
        <button
          type="button"
          class="primary"
          aria-disabled={here.changes.busy.value}
          onClick={() => page.handOver(save(sound))}
        >
          {words.save}
        </button>
      </p>
    </>
  );
}

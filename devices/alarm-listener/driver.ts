import { createNews } from "../../src/domain/news.ts";
import { absent, type Sample } from "../../src/domain/sample.ts";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { DeviceReading, DriverContext, OptionSpecs } from "../../src/driver/contract.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { createSampleReader, LONGEST_TEXT, parseTemplates, RATE_HZ, TEMPLATES_PATTERN } from "./codec.ts";
import { createRecogniser } from "./recognise.ts";
import { createAnalyser } from "./spectrum.ts";

export const LISTENER_OPTIONS = {
  template: {
    kind: "text",
    pattern: TEMPLATES_PATTERN,
    maxLength: LONGEST_TEXT,
    default: "",
    help: "What `breathwatch listen --learn` printed for the machine's alarm; several joined by colons.",
  },
} as const satisfies OptionSpecs;

/** A pause after which the stream begins anew. */
const PAUSE_MS = SECOND_MS;
/** A live microphone is never so quiet for so long; noise gates close for shorter. */
const DEAD_MS = 5 * SECOND_MS;
const DEAD_SPREAD = 2;
/** This share of a second at the ends of the scale is no sound any more but a broken or overdriven input. */
const CLIPPED_SHARE = 0.02;
const CLIPPED = 32_700;

/** Sound never leaves the driver, not even to the technician's page: what is traced has no bytes. */
const NOTHING = new Uint8Array(0);

/** Hears the learned alarm: `remote_alarm` once a second of sound. */
export async function* observeMicrophone(context: DriverContext): AsyncGenerator<DeviceReading> {
  const { link, clock, options, trace, signal } = context;
  const templates = parseTemplates(String(options["template"])) ?? [];
  const recognisers = templates.map(createRecogniser);
  const spanMs = Math.max(0, ...recognisers.map((recogniser) => recogniser.spanMs));
  const analyser = createAnalyser((power) => {
    for (const recogniser of recognisers) recogniser.take(power);
  });
  const reader = createSampleReader();
  const isNews = createNews();
  const health = createHealth();
  let heardMs: number = clock.mono();
  let listenedMs = 0;
  let held = 0;
  for await (const chunk of chunksUntil(link.chunks, signal)) {
    const nowMs: number = clock.mono();
    if (nowMs - heardMs > PAUSE_MS) reader.reset();
    heardMs = nowMs;
    const samples = reader.read(chunk);
    for (let at = 0; at < samples.length; ) {
      const piece = samples.subarray(at, at + RATE_HZ - held);
      at += piece.length;
      held += piece.length;
      health.hear(piece);
      if (recognisers.length > 0) analyser.push(piece);
      if (held < RATE_HZ) break;
      held = 0;
      listenedMs += SECOND_MS;
      const state = health.second();
      const sounds = recognisers.some((recogniser) => recogniser.sounds);
      trace.frame(NOTHING, wordsOf(sounds, state, Math.max(0, ...recognisers.map(({ score }) => score))));
      const learned = recognisers.length > 0;
      yield {
        body: {
          kind: "samples",
          samples: { remote_alarm: sampleOf(learned, sounds, state, listenedMs > spanMs) },
        },
      };
      const codes = [...(learned ? [] : ["not_learned"]), ...(state === "well" ? [] : [state])];
      const body = { kind: "status", codes } as const;
      if (isNews(body, nowMs) && codes.length > 0) yield { body };
    }
  }
}

type Health = "well" | "muted" | "clipped";

function sampleOf(learned: boolean, sounds: boolean, state: Health, listened: boolean): Sample {
  // Whatever else is wrong: an alarm that was heard is told.
  if (sounds) return 1;
  if (state === "muted") return absent("device_off");
  if (state === "clipped") return absent("invalid");
  if (!learned) return absent("not_measured");
  return listened ? 0 : absent("searching");
}

const wordsOf = (sounds: boolean, state: Health, score: number) => (): string =>
  `${sounds ? "the alarm sounds" : "no alarm"} (fits by ${Math.round(score * 100)} %), microphone ${state}`;

/** Whether the microphone can hear at all. */
function createHealth() {
  let [low, high, clipped, count] = [0, 0, 0, 0];
  let first = true;
  let deadMs = 0;
  return {
    hear(samples: Int16Array): void {
      for (const sample of samples) {
        if (first || sample < low) low = sample;
        if (first || sample > high) high = sample;
        first = false;
        if (sample >= CLIPPED || sample <= -CLIPPED) clipped += 1;
      }
      count += samples.length;
    },
    /** What the second that ends now was like. */
    second(): Health {
      deadMs = high - low <= DEAD_SPREAD ? deadMs + SECOND_MS : 0;
      const isClipped = clipped > CLIPPED_SHARE * count;
      [low, high, clipped, count, first] = [0, 0, 0, 0, true];
      if (deadMs >= DEAD_MS) return "muted";
      return isClipped ? "clipped" : "well";
    },
  };
}

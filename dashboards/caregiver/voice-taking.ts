import { SECOND_MS } from "../../src/domain/time.ts";
import type { Clock } from "../../src/port/clock.ts";
import { OWN_VOICE } from "../../src/sound/own-voice.ts";
import { loudnessOf } from "../../src/sound/recorded.ts";

/** How a voice can be recorded on this page. */
export type RecordingWay = "here" | "insecure" | "none";

/** Why the microphone did not open. */
export type MicrophoneTrouble = "refused" | "absent" | "busy";

/** A recording that is being made. */
export interface Taking {
  /** 0..1, now; undefined where this browser does not tell. */
  level(): number | undefined;
  /** Ends it; what was heard comes with `done`. By itself it ends after 10 s. */
  stop(): void;
  /** The microphone is closed, and this was heard. */
  readonly done: Promise<Blob>;
}

/** Browsers give the microphone to encrypted pages and to this machine itself; old ones cannot record at all. */
export function recordingWay(): RecordingWay {
  if (!isSecureContext) return "insecure";
  return "mediaDevices" in navigator && "MediaRecorder" in globalThis ? "here" : "none";
}

/** Opens the microphone; call it inside a tap. Never rejects. */
export async function takeVoice(clock: Clock): Promise<Taking | MicrophoneTrouble> {
  let stream: MediaStream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch (error) {
    return troubleOf(error);
  }
  try {
    return record(stream, clock);
  } catch {
    // Whatever the browser calls it: it has a microphone and no recorder for it.
    close(stream);
    return "busy";
  }
}

function record(stream: MediaStream, clock: Clock): Taking {
  const recorder = new MediaRecorder(stream);
  const meter = meterOf(stream);
  const pieces: Blob[] = [];
  const { promise: done, resolve } = Promise.withResolvers<Blob>();
  const stop = (): void => {
    if (recorder.state !== "inactive") recorder.stop();
  };
  const cancel = clock.after(OWN_VOICE.longestS * SECOND_MS, stop);
  recorder.addEventListener("dataavailable", ({ data }) => pieces.push(data));
  recorder.addEventListener("stop", () => {
    cancel();
    meter.close();
    close(stream);
    resolve(new Blob(pieces, { type: recorder.mimeType }));
  });
  recorder.start();
  return { level: meter.level, stop, done };
}

function meterOf(stream: MediaStream): { level(): number | undefined; close(): void } {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 2048;
  context.createMediaStreamSource(stream).connect(analyser);
  const wave = new Float32Array(analyser.fftSize);
  return {
    level() {
      if (context.state !== "running") return undefined;
      analyser.getFloatTimeDomainData(wave);
      return loudnessOf(wave);
    },
    close: () => void context.close(),
  };
}

function close(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}

/** The names are the standard's (Media Capture and Streams, getUserMedia). */
function troubleOf(error: unknown): MicrophoneTrouble {
  const name = error instanceof Error ? error.name : "";
  if (name === "NotAllowedError" || name === "SecurityError") return "refused";
  return name === "NotFoundError" || name === "OverconstrainedError" ? "absent" : "busy";
}

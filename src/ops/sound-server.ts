import { execFile } from "node:child_process";

export interface SoundServerOptions {
  /** PATH, and where the server is (PULSE_SERVER, XDG_RUNTIME_DIR). */
  readonly environment: { readonly [name: string]: string | undefined };
  /** The sink's name; absent: the server's default. */
  readonly sink?: string;
}

/** What a sound server says of one of its outputs. */
export interface SinkState {
  /** Volume of the loudest channel, of 100. */
  readonly percent: number;
  /** Why nobody hears what is played into it; absent: nothing is known against it. */
  readonly against?: string;
}

/** A server that hangs is found by the player; nobody waits for it here. */
const DEADLINE_MS = 1_500;
const ANSWER_MAX_BYTES = 1_000_000;
/** The sink that servers make where no loudspeaker is left: what is played into it goes nowhere. */
const DUMMY = "auto_null";
const NO_LOUDSPEAKER = "the sound server has no loudspeaker, what is played goes nowhere";

/**
 * What a PulseAudio or PipeWire server says of an output, asked through `pactl` (package pulseaudio-utils). Undefined
 * where nothing answers within 3 s or the output is not known; never rejects.
 */
export async function askSink({ environment, sink }: SoundServerOptions): Promise<SinkState | undefined> {
  const info = await pactl(["info"], environment);
  const list = info === undefined ? undefined : await pactl(["list", "sinks"], environment);
  return info === undefined || list === undefined ? undefined : readSink(info, list, sink);
}

/** Reads `pactl info` and `pactl list sinks`, both in the C locale, whose words have not changed since version 1. */
export function readSink(info: string, list: string, sink?: string): SinkState | undefined {
  const name = sink ?? /^Default Sink: (.+)$/m.exec(info)?.[1];
  const blocks = list.split(/^Sink #\d+$/m).slice(1);
  if (sink === undefined && (name === DUMMY || blocks.length === 0))
    return { percent: 0, against: NO_LOUDSPEAKER };
  const block = blocks.find((each) => /^\tName: (.+)$/m.exec(each)?.[1] === name);
  const volume = /^\tVolume: (.+)$/m.exec(block ?? "")?.[1];
  if (block === undefined || volume === undefined) return undefined;
  const percent = Math.max(0, ...[...volume.matchAll(/(\d+)%/g)].map((match) => Number(match[1])));
  if (/^\tMute: yes$/m.test(block)) return { percent, against: "the sound server has this output muted" };
  return percent === 0 ? { percent, against: "the sound server has this output at volume 0 %" } : { percent };
}

const pactl = (args: readonly string[], environment: SoundServerOptions["environment"]) =>
  new Promise<string | undefined>((resolve) => {
    const options = {
      ...{ timeout: DEADLINE_MS, killSignal: "SIGKILL" as const, maxBuffer: ANSWER_MAX_BYTES },
      env: { ...environment, LC_ALL: "C" },
    };
    execFile("pactl", [...args], options, (error, stdout) => resolve(error === null ? stdout : undefined));
  });

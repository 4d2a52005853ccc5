import { accessSync, constants, statSync } from "node:fs";
import path from "node:path";
import { Fault } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { OpenLink } from "../port/link.ts";
import { openProgram } from "./program.ts";

const RATE_HZ = 16_000;

/** What recorders give: 16 bits, little endian, one channel. */
const SAMPLE_BYTES = 2;
/** A reader that stands still gets the newest two seconds: older sound is of no use to an alarm. */
const HELD_BYTES = 2 * RATE_HZ * SAMPLE_BYTES;
/** A sound card that is busy waking up. */
const FIRST_BYTES_MS = 5_000;

interface Recorder {
  readonly program: string;
  readonly arguments: (device: string | undefined) => readonly string[];
}

const ARECORD: Recorder = {
  program: "arecord",
  arguments: (device) => [
    ...["-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", String(RATE_HZ)],
    // Pieces of 0.1 s.
    ...["--period-time=100000", "--buffer-time=1000000"],
    ...(device === undefined ? [] : ["-D", device]),
  ],
};

const PW_RECORD: Recorder = {
  program: "pw-record",
  arguments: (device) => [
    ...["--raw", "--format", "s16", "--channels", "1", "--rate", String(RATE_HZ)],
    ...(device === undefined ? [] : ["--target", device]),
    "-",
  ],
};

/** Where programs are looked for, and where a sound server would have its socket. */
export interface MicrophoneEnvironment {
  readonly searchPath?: string;
  readonly runtimeFolder?: string;
}

/**
 * Opens a microphone, `mic:` or `mic:NAME` (as `arecord -L` names it, or PipeWire's node), as 16-bit samples of one
 * channel at 16 kHz: through pw-record where PipeWire runs and it hears something, else through arecord. Rejects with
 * PROGRAM_MISSING, or with the LINK_NOT_FOUND or LINK_REFUSED of the last of them, or with the signal's reason.
 */
export async function openMicrophone(
  address: string,
  signal: AbortSignal,
  clock: Clock,
  { searchPath = USUAL_PATH, runtimeFolder = usualRuntimeFolder() }: MicrophoneEnvironment = {},
): Promise<OpenLink> {
  const device = address.slice("mic:".length);
  const name = device === "" ? "the microphone" : `the microphone ${device}`;
  // A name that begins with a dash would be an option of the recorder.
  if (device.startsWith("-")) throw refused(name, "no sound input is called so");
  const pipeWireRuns = isSocket(path.join(runtimeFolder, "pipewire-0"));
  const recorders = pipeWireRuns ? [PW_RECORD, ARECORD] : [ARECORD];
  let fault = new Fault("PROGRAM_MISSING", `There is no program here that can hear ${name}.`, {
    fix: "sudo apt-get install alsa-utils",
    permanent: true,
  });
  for (const recorder of recorders) {
    const program = programIn(recorder.program, searchPath);
    if (program === undefined) continue;
    try {
      const link = await openProgram(
        {
          ...{ program, name, limitBytes: HELD_BYTES, unitBytes: SAMPLE_BYTES, firstBytesMs: FIRST_BYTES_MS },
          arguments: recorder.arguments(device === "" ? undefined : device),
          refusal: (words) => refusal(name, words),
        },
        signal,
        clock,
      );
      return { link, simulated: false, resolved: `${recorder.program}, input ${device || "default"}` };
    } catch (error) {
      if (signal.aborted || !(error instanceof Fault)) throw error;
      // The pw-record of some distributions (Debian 12) knows no `--raw`; where one does not hear, perhaps the other does.
      fault = error;
    }
  }
  throw fault;
}

const USUAL_PATH = "/usr/local/bin:/usr/bin:/bin";

const usualRuntimeFolder = (): string => `/run/user/${process.getuid?.() ?? 0}`;

const NOBODY =
  /no soundcards|no such (?:file|device)|unknown pcm|cannot find card|invalid card|no target|not found/i;
const BUSY = /busy|permission denied|not permitted/i;

function refusal(name: string, words: string): Fault {
  if (BUSY.test(words)) return refused(name, words);
  if (NOBODY.test(words)) {
    return new Fault("LINK_NOT_FOUND", `There is no such thing as ${name}: ${words}.`, {
      fix: "Plug it in; `arecord -l` lists the sound inputs of this machine, `arecord -L` their names.",
    });
  }
  return new Fault("LINK_REFUSED", `Nothing is heard through ${name}: ${words}.`, {
    fix: "`arecord -d 5 test.wav` on this machine shows whether its sound input works.",
  });
}

const refused = (name: string, words: string): Fault =>
  new Fault("LINK_REFUSED", `${name.charAt(0).toUpperCase()}${name.slice(1)} may not be used: ${words}.`, {
    fix: "Close what else records from it, and put the user into the group audio.",
  });

function programIn(program: string, searchPath: string): string | undefined {
  return searchPath
    .split(path.delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => path.join(folder, program))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

const isSocket = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isSocket() ?? false;

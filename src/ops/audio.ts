import { type ChildProcess, spawn } from "node:child_process";
import { accessSync, constants } from "node:fs";
import path from "node:path";
import { messageOf } from "../domain/fault.ts";
import type { Audio } from "../port/audio.ts";
import type { Clock } from "../port/clock.ts";
import { askSink, type SinkState } from "./sound-server.ts";

export interface AudioOptions {
  readonly clock: Clock;
  /** Output as the player names it (`hw:1`, a PulseAudio sink); absent: the system's default. */
  readonly device?: string;
  /** Sound server, as PULSE_SERVER names it; absent: whatever the players find by themselves. */
  readonly server?: string;
  /** Environment of the players and of the search for them. */
  readonly environment: { readonly [name: string]: string | undefined };
}

/** A player takes raw PCM on its standard input. */
interface Player {
  readonly program: string;
  readonly arguments: (rateHz: number, device: string | undefined) => string[];
}

const APLAY: Player = {
  program: "aplay",
  // Two buffers of 0.2 s: short enough that nothing old is heard after a stop.
  arguments: (rateHz, device) => [
    ...["-q", "-t", "raw", "-f", "S16_LE", "-c", "1", "-r", String(rateHz), "--buffer-time=200000"],
    ...(device === undefined ? [] : ["-D", device]),
    "-",
  ],
};

/** Reads raw PCM from version 1.0 on; older ones refuse, and the next player is tried. */
const PW_CAT: Player = {
  program: "pw-cat",
  arguments: (rateHz, device) => [
    ...["--playback", "--raw", "--format", "s16", "--channels", "1", "--rate", String(rateHz)],
    ...(device === undefined ? [] : ["--target", device]),
    "-",
  ],
};

const PAPLAY: Player = {
  program: "paplay",
  // A server drops what it holds of a player that is killed: this much bridges a busy moment, and delays no stop.
  arguments: (rateHz, device) => [
    ...["--raw", "--format=s16le", "--channels=1", `--rate=${rateHz}`, "--latency-msec=400"],
    ...(device === undefined ? [] : [`--device=${device}`]),
  ],
};

/** aplay needs no sound server. */
const PLAYERS = [APLAY, PW_CAT, PAPLAY];
/** Where a server is named: its own player, then the card itself, in case the server is gone. */
const SERVER_PLAYERS = [PAPLAY, APLAY];

/** How far the player is fed ahead of real time: bridges a busy moment of this process. */
const LEAD_MS = 600;
const FEED_MS = 100;
/**
 * Sound that neither the player nor the pipe to it has taken: the output hangs. The pipe holds about 1.5 s, so
 * this is known before a sound that plays has proved its output (PROVEN_MS of the sounder).
 */
const STUCK_MS = 500;
const PROBE_MS = 100;
const PROBE_RATE_HZ = 48_000;
const PROBE_DEADLINE_MS = 3_000;

/** The loudspeaker of a machine without one: says why and never plays. */
export function noAudio(detail: string): Audio {
  return {
    probe: async () => ({ ok: false, detail }),
    play(_next, _sampleRateHz, onFailure) {
      onFailure(detail);
      return () => undefined;
    },
  };
}

/**
 * The loudspeaker through the machine's own player: aplay, pw-cat or paplay, whichever opens an output first. Each
 * sound is one process fed with raw PCM; it is killed to stop it, so nothing is left behind, and it ends by itself
 * when this process dies, because its input closes.
 */
export function createAudio(given: AudioOptions): Audio {
  const { clock, device = "default", server } = given;
  const told = server === undefined ? {} : { PULSE_SERVER: server };
  const environment: AudioOptions["environment"] = { ...given.environment, ...told };
  const options = { ...given, environment };
  const players = server === undefined ? PLAYERS : SERVER_PLAYERS;
  /** The search begins here: with the player that worked last, or the one after the one that failed. */
  let first: Player | undefined;

  const candidates = (): readonly Player[] => {
    const present = players.filter((player) => isPresent(player.program, environment["PATH"]));
    const from = Math.max(0, first === undefined ? 0 : present.indexOf(first));
    return [...present.slice(from), ...present.slice(0, from)];
  };

  return {
    async probe() {
      const problems: string[] = [];
      for (const player of candidates()) {
        const problem = await tryPlayer(player, options);
        if (problem === undefined) {
          first = player;
          const sink = await sinkOf(player, options);
          const { against } = sink ?? {};
          if (against !== undefined) return { ok: false, detail: `${player.program}: ${against}` };
          const volume = sink === undefined ? "" : `, volume ${sink.percent} %`;
          return { ok: true, detail: `${player.program}, output ${device}${volume}` };
        }
        problems.push(`${player.program}: ${problem}`);
      }
      if (problems.length === 0)
        problems.push("none of aplay, pw-cat, paplay is installed (package alsa-utils)");
      return { ok: false, detail: problems.join("; ").slice(0, 500) };
    },

    play(next, sampleRateHz, onFailure) {
      const [player] = candidates();
      if (player === undefined) {
        onFailure("none of aplay, pw-cat, paplay is installed (package alsa-utils)");
        return () => undefined;
      }
      let ended = false;
      const child = start(player, sampleRateHz, options);
      const end = (): void => {
        if (ended) return;
        ended = true;
        cancelFeed();
        kill(child.process);
      };
      const fail = (detail: string): void => {
        if (ended) return;
        end();
        const [, following = player] = candidates();
        // The next attempt begins with another player, if there is one.
        first = following;
        onFailure(`${player.program}: ${detail}`);
      };
      const feed = createFeed(child.process, next, sampleRateHz, clock);
      const cancelFeed = clock.every(FEED_MS, () => {
        if (!feed()) fail("the output hangs: it takes no more sound");
      });
      child.onExit(fail);
      feed();
      return end;
    },

    async muffled() {
      const [player] = candidates();
      const { against } = (player && (await sinkOf(player, options))) ?? {};
      return against === undefined ? undefined : `${player?.program}: ${against}`;
    },
  };
}

/** What a sound server says of the output; undefined where the player goes past it, or none answers. */
async function sinkOf(
  player: Player,
  { device, environment }: Pick<AudioOptions, "device" | "environment">,
): Promise<SinkState | undefined> {
  if (player !== APLAY) return askSink({ environment, ...(device === undefined ? {} : { sink: device }) });
  // ALSA's names of the server; every other is a card.
  const [, sink] = /^pulse:(?:DEVICE=)?(.+)$/.exec(device ?? "") ?? [];
  if (sink !== undefined) return askSink({ environment, sink });
  return ["default", "pulse", "pipewire"].includes(device ?? "default")
    ? askSink({ environment })
    : undefined;
}

/** Writes piece after piece at the pace of real time; false when the player has stopped taking it. */
function createFeed(
  child: ChildProcess,
  next: () => Int16Array,
  sampleRateHz: number,
  clock: Clock,
): () => boolean {
  const bytesPerMs = (sampleRateHz * 2) / 1_000;
  const startedAt = clock.mono();
  let written = 0;
  let piece: Buffer = Buffer.alloc(0);
  return () => {
    const input = child.stdin;
    if (input === null || !input.writable) return true;
    if (input.writableLength > STUCK_MS * bytesPerMs) return false;
    // After a long pause of this process the sound goes on from now instead of catching up.
    const behind = (clock.mono() - startedAt) * bytesPerMs - written;
    if (behind > STUCK_MS * bytesPerMs) written += Math.floor(behind / 2) * 2;
    const target = (clock.mono() - startedAt + LEAD_MS) * bytesPerMs;
    while (written < target) {
      if (piece.length === 0) piece = bytesOf(next());
      // Against the contract, and no reason to spin for ever.
      if (piece.length === 0) break;
      const size = Math.min(piece.length, Math.ceil((target - written) / 2) * 2);
      input.write(piece.subarray(0, size));
      piece = piece.subarray(size);
      written += size;
    }
    return true;
  };
}

const bytesOf = (pcm: Int16Array): Buffer => Buffer.from(pcm.buffer, pcm.byteOffset, pcm.byteLength);

/** Plays a moment of silence to the end; undefined when that worked, else what the player said. */
async function tryPlayer(player: Player, options: AudioOptions): Promise<string | undefined> {
  const child = start(player, PROBE_RATE_HZ, options);
  return new Promise((resolve) => {
    const cancel = options.clock.after(PROBE_DEADLINE_MS, () => {
      kill(child.process);
      resolve("the output does not answer");
    });
    child.onExit((detail, code) => {
      cancel();
      resolve(code === 0 ? undefined : detail);
    });
    child.process.stdin?.end(Buffer.alloc((PROBE_RATE_HZ * 2 * PROBE_MS) / 1_000));
  });
}

interface Started {
  readonly process: ChildProcess;
  /** Once, when the player ends or could not be started: why, and its exit code. */
  onExit(listener: (detail: string, code: number | undefined) => void): void;
}

function start(player: Player, sampleRateHz: number, options: AudioOptions): Started {
  const child = spawn(player.program, player.arguments(sampleRateHz, options.device), {
    stdio: ["pipe", "ignore", "pipe"],
    env: { ...options.environment, LC_ALL: "C" },
  });
  let complaint = "";
  let exit: { readonly detail: string; readonly code: number | undefined } | undefined;
  let listener: ((detail: string, code: number | undefined) => void) | undefined;
  const leave = (detail: string, code?: number): void => {
    if (exit !== undefined) return;
    exit = { detail, code };
    listener?.(detail, code);
  };
  child.stderr.setEncoding("utf8");
  child.stderr.on("data", (text: string) => {
    complaint = (complaint + text).slice(-8_000);
  });
  // A player that dies breaks the pipe first; its exit tells more than the broken pipe.
  child.stdin.on("error", () => undefined);
  child.on("error", (error) => leave(messageOf(error)));
  child.on("close", (code, signal) => {
    const said = wordsOf(complaint);
    leave(said === "" ? `ended with ${signal ?? `code ${code}`}` : said, code ?? undefined);
  });
  return {
    process: child,
    onExit(added) {
      if (exit === undefined) listener = added;
      else added(exit.detail, exit.code);
    },
  };
}

/** The line that says why: the last one, unless a page of help follows it. */
function wordsOf(complaint: string): string {
  const lines = complaint.trim().split("\n");
  return lines.find((line) => line.includes("unrecognized option")) ?? lines.at(-1) ?? "";
}

/** At once and for certain: a player asked politely would first finish what it holds. */
function kill(child: ChildProcess): void {
  child.stdin?.destroy();
  child.kill("SIGKILL");
}

function isPresent(program: string, searchPath = ""): boolean {
  return searchPath.split(path.delimiter).some((folder) => {
    if (folder === "") return false;
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

// A real PulseAudio server of a test's own, with a sink that goes nowhere, and what a loudspeaker there would have played.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

export const SINK_RATE_HZ = 48_000;
/** The server's only sink. */
const SINK = "bedroom";

export interface SoundServer {
  /** What programs of the same user find the server by, and nothing else of this machine. */
  readonly environment: { readonly [name: string]: string | undefined };
  /** Its address, for who is told it. */
  readonly address: string;
  /** Starts the server, or starts it again after a kill; resolves when it answers. */
  start(): Promise<void>;
  signal(signal: "SIGKILL" | "SIGSTOP" | "SIGCONT"): void;
  /** Gives an order to the server. */
  order(...args: string[]): void;
  /** Asks the server something. */
  ask(...args: string[]): string;
  /** Listens at the sink from now on. */
  record(): Promise<Recording>;
  /** Ends everything. */
  stop(): void;
}

export interface Recording {
  /** What was heard, one channel at SINK_RATE_HZ. */
  readonly samples: Int16Array;
}

/** Needs `requires("pulseaudio")`. */
export function createSoundServer(folder: string): SoundServer {
  const runtime = path.join(folder, "run");
  const socket = path.join(runtime, "pulse", "native");
  mkdirSync(path.dirname(socket), { recursive: true, mode: 0o700 });
  mkdirSync(path.join(folder, ".config", "pulse"), { recursive: true });
  // A player that finds no server starts none.
  writeFileSync(path.join(folder, ".config", "pulse", "client.conf"), "autospawn = no\nenable-shm = no\n");
  const environment = { PATH: process.env["PATH"], HOME: folder, XDG_RUNTIME_DIR: runtime };
  let server: ChildProcess | undefined;
  const recorders = new Set<ChildProcess>();
  const ask = (...args: string[]): string =>
    execFileSync("pactl", args, { env: { ...environment, LC_ALL: "C" }, encoding: "utf8", timeout: 5_000 });

  return {
    environment,
    address: `unix:${socket}`,
    async start() {
      rmSync(socket, { force: true });
      const modules = [
        `module-null-sink sink_name=${SINK} rate=${SINK_RATE_HZ} channels=1`,
        `module-native-protocol-unix socket=${socket} auth-anonymous=1`,
        "module-always-sink",
      ];
      const options = [
        "-n",
        "--daemonize=no",
        "--exit-idle-time=-1",
        "--use-pid-file=no",
        "--disable-shm=yes",
      ];
      const args = [...options, ...modules.flatMap((each) => ["-L", each])];
      server = spawn("pulseaudio", args, { env: environment, stdio: "ignore" });
      await until(() => existsSync(socket));
      ask("info");
    },
    signal: (signal) => void server?.kill(signal),
    order: (...args) => void ask(...args),
    ask,
    async record() {
      let bytes = Buffer.alloc(0);
      let held = 0;
      const format = ["--format=s16le", "--channels=1", `--rate=${SINK_RATE_HZ}`, "--latency-msec=10"];
      const child = spawn("parec", ["--raw", `--device=${SINK}.monitor`, ...format], {
        env: environment,
        stdio: ["ignore", "pipe", "ignore"],
      });
      recorders.add(child);
      child.stdout.on("data", (piece: Buffer) => {
        if (held + piece.length > bytes.length) bytes = Buffer.concat([bytes], 2 * (held + piece.length));
        piece.copy(bytes, held);
        held += piece.length;
      });
      await until(() => held > 0);
      return {
        get samples() {
          return new Int16Array(new Uint8Array(bytes.subarray(0, held & ~1)).buffer);
        },
      };
    },
    stop() {
      for (const child of [...recorders, server]) child?.kill("SIGKILL");
    },
  };
}

async function until(holds: () => boolean): Promise<void> {
  const startedAt = performance.now();
  while (!holds()) {
    if (performance.now() - startedAt > 10_000) throw new Error(`not within 10 s: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

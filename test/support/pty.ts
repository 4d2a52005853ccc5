import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, constants, existsSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A cable made of two pseudo-terminals by socat. Needs `requires("socat")`. */
export interface PtyCable {
  /** The end for Breathwatch. */
  readonly host: string;
  /** The other end, for a device that also listens. */
  readonly device: string;
  /** Writes at the device's end; false when the cable is not in or full, because nobody reads. */
  say(bytes: Uint8Array): boolean;
  /** Pulls the cable as unkindly as there is: SIGKILL, names removed. */
  unplug(): Promise<void>;
  /** Puts it back; resolves when both names are there. */
  plugIn(): Promise<void>;
  /** Takes everything away. */
  remove(): Promise<void>;
}

/** A cable that is not in yet. */
export function createPtyCable(): PtyCable {
  const folder = mkdtempSync(path.join(tmpdir(), "pty-"));
  const host = path.join(folder, "host");
  const device = path.join(folder, "device");
  let socat: ChildProcess | undefined;
  let fd: number | undefined;

  const unplug = async (): Promise<void> => {
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
    const running = socat;
    socat = undefined;
    if (running !== undefined && running.exitCode === null) {
      const gone = new Promise((resolve) => running.once("exit", resolve));
      running.kill("SIGKILL");
      await gone;
    }
    rmSync(host, { force: true });
    rmSync(device, { force: true });
  };

  return {
    host,
    device,
    say(bytes) {
      if (fd === undefined) return false;
      try {
        return writeSync(fd, bytes) === bytes.length;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EAGAIN") return false;
        throw error;
      }
    },
    unplug,
    async plugIn() {
      socat = spawn("socat", [`pty,raw,echo=0,link=${device}`, `pty,raw,echo=0,link=${host}`], {
        stdio: "ignore",
      });
      while (!existsSync(host) || !existsSync(device)) await sleep(2);
      fd = openSync(device, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    },
    async remove() {
      await unplug();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

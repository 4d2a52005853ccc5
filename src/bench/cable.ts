import { rmSync } from "node:fs";
import { SECOND_MS } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Program, Programs } from "./programs.ts";

/** A pseudo-terminal that a program under test opens as its serial port; the bench is the device at the other end. */
export interface Cable {
  readonly path: string;
  /** Somebody has it open: only then do bytes flow, as on a real cable. */
  readonly isOpen: boolean;
  /** False while the reader lags behind, or when nobody reads. */
  write(bytes: Uint8Array): boolean;
  /** Resolves when there is room again. */
  drained(): Promise<void>;
  /** Kills it at once, as a pulled cable: the reader's port dies, the name stays until it is plugged in. */
  unplug(): Promise<void>;
  /** Makes it anew under the same name; resolves with the moment at which the name was there again. */
  plugIn(): Promise<number>;
  close(): Promise<void>;
}

/** Rejects when socat is not there. */
export async function layCable(path: string, programs: Programs, clock: Clock): Promise<Cable> {
  let socat: Program | undefined;
  let isOpen = false;

  const plugIn = async (): Promise<number> => {
    rmSync(path, { force: true });
    // rawer: every byte as it is. wait-slave: socat starts to pass bytes on when the reader opens its side.
    const pty = `PTY,link=${path},rawer,wait-slave,pty-interval=0.005`;
    const started = programs.start("socat", ["-d", "-d", "-t", "0.05", pty, "STDIO"], { fed: true });
    socat = started;
    await started.saying(/PTY is \/dev\//, 5 * SECOND_MS);
    const at = clock.mono();
    started.saying(/starting data transfer loop/, 2 ** 30).then(
      () => {
        if (socat === started) isOpen = true;
      },
      // It was closed before anybody opened it.
      () => undefined,
    );
    started.ended.then(
      () => {
        if (socat === started) isOpen = false;
      },
      () => undefined,
    );
    return at;
  };

  const cable: Cable = {
    path,
    get isOpen() {
      return isOpen;
    },
    write: (bytes) => isOpen && socat?.write(bytes) === true,
    drained: async () => socat?.drained(),
    async unplug() {
      isOpen = false;
      socat?.kill("SIGKILL");
      await socat?.ended;
    },
    plugIn,
    async close() {
      isOpen = false;
      await socat?.stop();
      rmSync(path, { force: true });
    },
  };
  await plugIn();
  return cable;
}

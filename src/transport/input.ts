import { access, constants, stat } from "node:fs/promises";
import { Fault, messageOf } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { OpenLink } from "../port/link.ts";
import { openProgram } from "./program.ts";

/** One struct input_event of a 64-bit machine. */
const EVENT_BYTES = 24;
/** More presses than this wait for nobody. */
const HELD_BYTES = 256 * EVENT_BYTES;

/**
 * Opens an input device, `input:/dev/input/by-id/...`, as the kernel's stream of events. It is read by a `cat` of its
 * own: a read of such a file cannot be called back, and would keep a thread of this process. What is no character
 * device (a FIFO) is written by some program: simulated. Rejects with LINK_NOT_FOUND, LINK_REFUSED, or the signal's
 * reason.
 */
export async function openInput(address: string, signal: AbortSignal, clock: Clock): Promise<OpenLink> {
  const file = address.slice("input:".length);
  const { isDevice } = await look(file);
  signal.throwIfAborted();
  const link = await openProgram(
    {
      ...{ program: "/bin/cat", arguments: ["--", file], name: `the input device ${file}` },
      ...{ limitBytes: HELD_BYTES, unitBytes: EVENT_BYTES },
      refusal: (words) => (/permission/i.test(words) ? refused(file, words) : missing(file, words)),
    },
    signal,
    clock,
  );
  return { link, simulated: !isDevice, resolved: file };
}

async function look(file: string): Promise<{ readonly isDevice: boolean }> {
  let found: Awaited<ReturnType<typeof stat>>;
  try {
    found = await stat(file);
  } catch (error) {
    throw missing(file, messageOf(error), error);
  }
  if (!found.isCharacterDevice() && !found.isFIFO()) {
    throw new Fault("LINK_REFUSED", `${file} is not an input device.`, {
      fix: "`ls /dev/input/by-id` names the keyboards and switches of this machine.",
      permanent: true,
    });
  }
  try {
    await access(file, constants.R_OK);
  } catch (error) {
    throw refused(file, messageOf(error), error);
  }
  return { isDevice: found.isCharacterDevice() };
}

const missing = (file: string, words: string, cause?: unknown): Fault =>
  new Fault("LINK_NOT_FOUND", `The input device ${file} is not there: ${words}.`, {
    fix: "Plug it in, or wake it; `ls /dev/input/by-id` names what is there.",
    cause,
  });

const refused = (file: string, words: string, cause?: unknown): Fault =>
  new Fault("LINK_REFUSED", `The input device ${file} may not be read by this user: ${words}.`, {
    fix: "sudo usermod -aG input USER, then start Breathwatch again.",
    cause,
  });

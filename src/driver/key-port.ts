import { Fault, messageOf } from "../domain/fault.ts";
import { createPresses } from "../domain/presses.ts";
import type { Clock } from "../port/clock.ts";
import type { Links, SerialSettings } from "../port/link.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";
import { createKeyReader } from "../wire/input-event.ts";
import {
  INPUTS_CHANNEL,
  MODEM_INPUTS,
  MODEM_OUTPUTS,
  type ModemInputs,
  OUTPUTS_CHANNEL,
} from "../wire/modem-lines.ts";
import { createBackOff } from "./back-off.ts";
import { createWatchdog } from "./watchdog.ts";

/** A key of an input device (absent code: any), or a contact on a modem line of a serial port. */
export type Button =
  | { readonly kind: "key"; readonly code?: number }
  | { readonly kind: "contact"; readonly line: "cts" | "dsr" | "dcd"; readonly pressed: "closed" | "open" };

export interface KeyPortState {
  readonly ok: boolean;
  /** What is wrong, or the address that was opened. */
  readonly detail: string;
}

export interface KeyPortOptions {
  /** `input:/dev/...` where the buttons are keys, a serial port where they are contacts. */
  readonly address: string;
  readonly buttons: readonly Button[];
  readonly links: Links;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** A button was pressed: its place in `buttons`; `simulated` by the mark of its link (law 7). Must not throw. */
  onPress(button: number, simulated: boolean): void;
  /** Called when the state changed; must not throw. */
  onState(state: KeyPortState): void;
}

export interface KeyPort {
  start(): void;
  /** Resolves when the link is closed. */
  stop(): Promise<void>;
}

const OPEN_DEADLINE_MS = 10_000;
/** A serial port tells its lines every second: silence means that it is gone. An input device says nothing by itself. */
const QUIET_MS = 5_000;
/** Of no meaning for an input device. */
const NO_SERIAL: SerialSettings = {
  baudRate: 9_600,
  dataBits: 8,
  parity: "none",
  stopBits: 1,
  rtscts: false,
};

/** Keeps the buttons of one port read: opens it, listens, opens it again after every loss, until stopped. */
export function createKeyPort(options: KeyPortOptions): KeyPort {
  const { address, buttons, links, clock, log, onState } = options;
  const stopping = new AbortController();
  const backOff = createBackOff(options.random);
  // Kept while the link comes and goes: a key that is stuck stays one press.
  const presses = buttons.map(() => createPresses());
  let running: Promise<void> | undefined;
  let told = "";

  const show = (state: KeyPortState): void => {
    if (told === state.detail) return;
    told = state.detail;
    log.note(state.ok ? "key.ready" : "key.lost", { detail: state.detail }, state.ok ? "info" : "warn");
    onState(state);
  };
  const heard = (button: number, isDown: boolean, simulated: boolean): void => {
    if (presses[button]?.heard(isDown, clock.mono()) === true) options.onPress(button, simulated);
  };

  const keys = async (signal: AbortSignal): Promise<void> => {
    const { link, simulated, resolved } = await opening(clock, signal, (deadline) =>
      links.open(address, { kind: "bytes", serial: NO_SERIAL }, deadline),
    );
    show({ ok: true, detail: resolved });
    backOff.reset();
    const reader = createKeyReader(({ code, is }) => {
      buttons.forEach((button, index) => {
        if (button.kind === "key" && (button.code === undefined || button.code === code))
          heard(index, is === "pressed", simulated);
      });
    });
    await closing(link, signal, async () => {
      for await (const chunk of link.chunks) reader.push(chunk);
    });
  };

  const contacts = async (signal: AbortSignal): Promise<void> => {
    const { link, simulated, resolved } = await opening(clock, signal, (deadline) =>
      links.openPackets(address, { kind: "lines" }, deadline),
    );
    const quiet = new AbortController();
    const watchdog = createWatchdog(clock, QUIET_MS, () => quiet.abort());
    /** A contact that is as pressed when the port opens was not pressed now. */
    const before = new Map<number, boolean>();
    const take = (inputs: ModemInputs): void => {
      watchdog.feed();
      show({ ok: true, detail: resolved });
      backOff.reset();
      buttons.forEach((button, index) => {
        if (button.kind !== "contact") return;
        const isDown = inputs[button.line] === (button.pressed === "closed");
        const was = before.get(index);
        before.set(index, isDown);
        if (was !== undefined && was !== isDown) heard(index, isDown, simulated);
      });
    };
    await closing(link, AbortSignal.any([signal, quiet.signal]), async () => {
      await link.write({ channel: OUTPUTS_CHANNEL, bytes: MODEM_OUTPUTS.encode({ dtr: true, rts: true }) });
      for await (const { channel, bytes } of link.chunks) {
        if (channel !== INPUTS_CHANNEL || bytes.length !== 1 || MODEM_INPUTS.check(bytes, 0) !== 0) continue;
        take(MODEM_INPUTS.decode(bytes, 0));
      }
    }).finally(() => watchdog.stop());
    if (quiet.signal.aborted) {
      throw new Fault("LINK_LOST", `The port ${address} does not tell its lines any more.`, {
        fix: "Pull its cable and put it back.",
      });
    }
  };

  const run = async (): Promise<void> => {
    const read = buttons.every(({ kind }) => kind === "key") ? keys : contacts;
    while (!stopping.signal.aborted) {
      const fault = await read(stopping.signal).then(
        () => new Fault("LINK_LOST", `The link ${address} ended.`),
        (thrown: unknown) =>
          thrown instanceof Fault ? thrown : new Fault("LINK_LOST", `${address}: ${messageOf(thrown)}.`),
      );
      if (stopping.signal.aborted) return;
      show({ ok: false, detail: [fault.message, fault.fix].filter((part) => part !== undefined).join(" ") });
      await clock.sleep(backOff.next(fault.code), stopping.signal).catch(() => undefined);
    }
  };

  return {
    start() {
      running ??= run();
    },
    async stop() {
      stopping.abort();
      await running;
    },
  };
}

/** Closes the link when the work ends, and with the signal, which ends the work: what arrives returns after a close. */
async function closing(
  link: { close(): Promise<void> },
  signal: AbortSignal,
  work: () => Promise<void>,
): Promise<void> {
  const close = (): void => void link.close().catch(() => undefined);
  signal.addEventListener("abort", close, { once: true });
  if (signal.aborted) close();
  try {
    await work();
  } finally {
    signal.removeEventListener("abort", close);
    await link.close();
  }
}

/** Ends an opening that takes too long, and with the signal. */
async function opening<L>(
  clock: Clock,
  signal: AbortSignal,
  open: (deadline: AbortSignal) => Promise<L>,
): Promise<L> {
  const deadline = new AbortController();
  const cancel = clock.after(OPEN_DEADLINE_MS, () => deadline.abort(new Error("it does not open")));
  try {
    return await open(AbortSignal.any([signal, deadline.signal]));
  } finally {
    cancel();
  }
}

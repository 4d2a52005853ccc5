import { existsSync, readFileSync, statSync } from "node:fs";
import { uptime } from "node:os";
import { type Mono, mono, SECOND_MS, type Wall, wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";

/** Longer waits are made of several: a timer of Node holds 31 bits. */
const TIMER_MS_MAX = 2 ** 31 - 1;
const TRUST_CHECK_MS = 5_000;

/** The machine's clock. Every timer of the program is one of these. `root` is where system files are looked for. */
export function createClock(root = ""): Clock {
  let trust: { readonly at: number; readonly trusted: boolean } | undefined;

  /** Node's timers may fire a fraction of a millisecond early; then the rest is waited for. */
  const after = (ms: number, callback: () => void): (() => void) => {
    const due = performance.now() + ms;
    let timer: NodeJS.Timeout;
    const arm = (): void => {
      timer = setTimeout(fire, Math.min(Math.ceil(Math.max(0, due - performance.now())), TIMER_MS_MAX));
    };
    const fire = (): void => {
      if (performance.now() < due) arm();
      else callback();
    };
    arm();
    return () => clearTimeout(timer);
  };

  /** Ticks that were missed (a suspended machine) are left out, not made up for. */
  const every = (ms: number, callback: () => void): (() => void) => {
    if (!(ms > 0)) throw new RangeError("a repeating timer needs a positive period");
    let due = performance.now() + ms;
    let cancel = after(ms, tick);
    function tick(): void {
      const now = performance.now();
      due += ms * (1 + Math.floor((now - due) / ms));
      cancel = after(due - now, tick);
      callback();
    }
    return () => cancel();
  };

  const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const stop = (): void => {
        cancel();
        reject(reasonOf(signal));
      };
      const cancel = after(ms, () => {
        signal?.removeEventListener("abort", stop);
        resolve();
      });
      if (signal?.aborted === true) stop();
      else signal?.addEventListener("abort", stop, { once: true });
    });

  return {
    mono: (): Mono => mono(performance.now()),
    wall: (): Wall => wall(Date.now()),
    /** Once right, the clock stays right: the monotonic clock carries it. */
    trusted() {
      const now = performance.now();
      if (trust?.trusted === true || (trust !== undefined && now - trust.at < TRUST_CHECK_MS))
        return trust.trusted;
      trust = { at: now, trusted: isClockRight(root, wall(Date.now()), uptime() * SECOND_MS) };
      return trust.trusted;
    },
    after,
    every,
    sleep,
  };
}

function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new DOMException("This operation was aborted", "AbortError");
}

/** A wall clock before this was never set. */
const PLAUSIBLE_FROM = wall(Date.UTC(2025, 0, 1));
/** How far a battery-backed clock may differ from the system's, which was set from it at boot. */
const RTC_AGREES_MS = 5_000;

/**
 * Whether the machine's wall clock is known to be right, in this order:
 * before 2025: no. systemd-timesyncd has reached a time server since boot: yes. chrony has written its drift file
 * since boot, which it does only when it is in step: yes. The kernel set the system clock from a hardware clock,
 * and the two still agree: yes (a machine with a battery-backed clock and no network). A time service is
 * installed that has not reached anybody: no (a Raspberry Pi after a power cut lives in the past, plausibly).
 * Without any time service, as in a container, whoever runs the machine cares for its clock: yes.
 */
export function isClockRight(root: string, now: Wall, uptimeMs: number): boolean {
  if (now < PLAUSIBLE_FROM) return false;
  if (existsSync(`${root}/run/systemd/timesync/synchronized`)) return true;
  const drift =
    modifiedAt(`${root}/var/lib/chrony/chrony.drift`) ?? modifiedAt(`${root}/var/lib/chrony/drift`);
  if (drift !== undefined && drift > now - uptimeMs) return true;
  if (readNumber(`${root}/sys/class/rtc/rtc0/hctosys`) === 1) {
    const rtcSeconds = readNumber(`${root}/sys/class/rtc/rtc0/since_epoch`);
    if (rtcSeconds !== undefined && Math.abs(rtcSeconds * SECOND_MS - now) < RTC_AGREES_MS) return true;
  }
  const services = ["/run/systemd/timesync", "/run/chrony", "/var/lib/chrony", "/var/lib/ntpsec"];
  return !services.some((place) => existsSync(`${root}${place}`));
}

function modifiedAt(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.mtimeMs;
}

function readNumber(file: string): number | undefined {
  if (!existsSync(file)) return undefined;
  const number = Number(readFileSync(file, "utf8"));
  return Number.isFinite(number) ? number : undefined;
}

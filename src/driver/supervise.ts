import { shownAddress } from "../domain/address.ts";
import { Fault, type FaultCode, messageOf } from "../domain/fault.ts";
import type { BedId, DeviceId } from "../domain/ids.ts";
import type { Observation, Timeliness } from "../domain/observation.ts";
import type { Mono } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { FlightRecorder } from "../port/flight.ts";
import type { Links } from "../port/link.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";
import { type Attached, attach } from "./attach.ts";
import { createBackOff } from "./back-off.ts";
import type { DeviceModule, OptionValues } from "./contract.ts";
import { createStamper } from "./stamp.ts";
import { type Counters, createTap, type FrameView, type Tap } from "./tap.ts";
import { createWatchdog, within } from "./watchdog.ts";

/** The same words as pages use (server/contract). */
export type LinkState = "opening" | "open" | "quiet" | "lost" | "refused" | "stopped";

export interface SuperviseOptions {
  readonly module: DeviceModule;
  readonly device: DeviceId;
  readonly bed: BedId;
  /** Random per edge start. */
  readonly epoch: string;
  readonly address: string;
  /** IANA zone of the bed. */
  readonly zone: string;
  /** Complete: see fillOptions(). */
  readonly options: OptionValues;
  readonly links: Links;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Keeps what goes over the link; absent: nothing does. */
  readonly flight?: FlightRecorder;
  /** Called in the turn in which the completing byte arrived, before anything else happens with the observation. */
  onObservation(observation: Observation): void;
  /** Called when `view().link` or its problem changed. */
  onChange?(): void;
  /** The serial number bound to the bed, if one is known already. */
  readonly serialNumber?: string;
  /** This serial number is to be bound to the bed: the first that the device told, or one that a person confirmed. */
  onSerial?(serial: string): void;
  /** The device on this port says that it is another one. */
  onSwap?(swap: { readonly from: string; readonly to: string }): void;
}

/** From the arrival of the completing bytes to the observation, ms. */
export interface Latency {
  readonly newestMs: number;
  readonly worstMs: number;
}

/** One device as pages show it. */
export interface SupervisedView {
  readonly device: DeviceId;
  readonly bed: BedId;
  readonly family: string;
  readonly address: string;
  readonly resolved?: string;
  readonly link: LinkState;
  /** Cause and fix, when the link is not as it should be. */
  readonly problem?: string;
  readonly simulated: boolean;
  readonly timeliness: Timeliness;
  /** The serial number that the device told, and the one that belongs to the bed; another one is a swapped device. */
  readonly serial?: { readonly found: string; readonly bound: string };
  /** Since the newest observation; absent when there was none. */
  readonly ageMs?: number;
  readonly counters: Readonly<Counters>;
  /** Absent before the first observation. */
  readonly latency?: Latency;
}

export interface Supervisor {
  start(): void;
  /** Resolves when the link is closed and the driver has returned. */
  stop(): Promise<void>;
  view(): SupervisedView;
  /** The newest frames, newest last; they are explained now. */
  frames(): readonly FrameView[];
  /** A person says that the device that is there belongs to the bed: its serial number, undefined where it told none. */
  bindFound(): string | undefined;
}

/** A port that has not opened by then is given up; when it opens after all it is closed again. */
const OPEN_DEADLINE_MS = 10_000;
/** A radio device is looked for, connected and asked for its services. */
const RADIO_OPEN_DEADLINE_MS = 45_000;
/** A driver and a link that do not end within this are left behind. */
const END_DEADLINE_MS = 2_000;

/** Keeps one device read: opens, observes, reopens after loss, silence or a driver's failure, until stopped. */
export function supervise(options: SuperviseOptions): Supervisor {
  const { module, device, clock, log } = options;
  const address = shownAddress(options.address);
  const tap = createTap(clock, module.confidential === true ? undefined : options.flight);
  const stamper = createStamper({ ...options, timeliness: module.timeliness });
  const backOff = createBackOff(options.random);
  const stopping = new AbortController();
  let running: Promise<void> | undefined;
  let link: LinkState = "opening";
  let problem: string | undefined;
  let resolved: string | undefined;
  let simulated = /^(?:memory|replay):/.test(address);
  let everOpened = false;
  let noted = "";
  let lastFault: FaultCode | undefined;
  let newest: Mono | undefined;
  let latency: Latency | undefined;
  const quietMs = module.quietMs(options.options);
  let bound = options.serialNumber;
  let found: string | undefined;
  /** The foreign serial number that was told of already. */
  let told: string | undefined;

  const show = (state: LinkState, fault?: Fault): void => {
    const sentence = fault === undefined ? undefined : sentenceOf(fault);
    if (state === link && sentence === problem) return;
    link = state;
    problem = sentence;
    safely("change.refused", () => options.onChange?.());
  };

  /** A link that fails in the same way again and again, without a frame in between, is noted once. */
  const note = (state: LinkState, fault?: Fault): void => {
    const key = `${state} ${fault?.message ?? ""}`;
    if (key === noted) return;
    noted = key;
    options.flight?.remark(fault === undefined ? `link ${state}` : `link ${state}: ${sentenceOf(fault)}`);
    const fields = { device, family: module.id, address: resolved ?? address, code: fault?.code };
    if (fault === undefined) log.note(`link.${state}`, { ...fields, simulated });
    else log.note(`link.${state}`, { ...fields, problem: sentenceOf(fault) }, "warn");
  };

  /** What listens must not end the reading. */
  const safely = (event: string, act: () => void): void => {
    try {
      act();
    } catch (error) {
      log.note(event, { device, message: messageOf(error) }, "error");
    }
  };

  const deliver = (observation: Observation): void => {
    tap.counters.observations += 1;
    if (newest !== undefined && observation.mono - newest > quietMs) tap.counters.gaps += 1;
    newest = observation.mono;
    if (tap.heardAt !== undefined) {
      const newestMs = newest - tap.heardAt;
      latency = { newestMs, worstMs: Math.max(newestMs, latency?.worstMs ?? 0) };
    }
    const { body } = observation;
    if (body.kind === "identity" && body.serial !== undefined) noticeSwap(body.serial);
    options.onObservation(observation);
  };

  const noticeSwap = (serial: string): void => {
    found = serial;
    if (bound === undefined) {
      bound = serial;
      options.onSerial?.(serial);
    }
    if (bound === serial || told === serial) return;
    told = serial;
    log.note("device.swapped", { device, from: bound, to: serial }, "warn");
    options.flight?.remark(`another device: ${serial} instead of ${bound}`);
    options.onSwap?.({ from: bound, to: serial });
  };

  /** Opens once, observes until it ends; resolves with what ended it. */
  const session = async (): Promise<Fault> => {
    const opened = await openWithin(options, tap, stopping.signal);
    if (opened instanceof Fault) return opened;
    if (everOpened) tap.counters.reopens += 1;
    everOpened = true;
    resolved = opened.resolved;
    simulated = opened.simulated;
    if (!outlastsOpening(lastFault)) show("open");

    let heard = false;
    const ending = new AbortController();
    const end = (): void => ending.abort();
    stopping.signal.addEventListener("abort", end, { once: true });
    /** When the last frame was understood. */
    let bytesBefore = tap.counters.bytes;
    const watchdog = createWatchdog(clock, quietMs, end);
    tap.onFrame = () => {
      watchdog.feed();
      bytesBefore = tap.counters.bytes;
      if (heard) return;
      heard = true;
      backOff.reset();
      note("open");
      show("open");
    };
    try {
      const observing = observe(opened, ending.signal);
      const fault = await Promise.race([observing, aborted(ending.signal)]);
      end();
      const closed = await within(clock, END_DEADLINE_MS, Promise.all([opened.close(), observing]));
      if (!closed) log.note("driver.stuck", { device, family: module.id }, "error");
      if (fault !== undefined) return fault;
      return quietFault(address, quietMs, tap.counters.bytes > bytesBefore);
    } finally {
      watchdog.stop();
      tap.onFrame = () => undefined;
      stopping.signal.removeEventListener("abort", end);
    }
  };

  /** Never rejects: a driver's failure is a fault like any other. */
  const observe = async (opened: Attached, signal: AbortSignal): Promise<Fault> => {
    try {
      const context = {
        clock,
        options: options.options,
        zone: options.zone,
        trace: tap.trace,
        signal,
      };
      for await (const reading of opened.observe(context)) {
        // A driver that was left behind may still speak.
        if (signal.aborted) break;
        const observation = stamper.stamp(reading, opened.simulated);
        safely("observation.refused", () => deliver(observation));
      }
      return new Fault("LINK_LOST", `The link ${address} ended.`);
    } catch (error) {
      if (error instanceof Fault) return error;
      if (!signal.aborted) log.note("driver.failed", { device, message: messageOf(error) }, "error");
      return new Fault("DRIVER_FAILED", `The driver ${module.id} failed: ${messageOf(error)}.`, {
        fix: "It is started again by itself. Please report it.",
        cause: error,
      });
    }
  };

  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const fault = await session().catch(unexpected);
      if (stopping.signal.aborted) break;
      lastFault = fault.code;
      note(stateAfter(fault), fault);
      show(stateAfter(fault), fault);
      const waitMs = backOff.next(fault.code);
      // Only stopping cuts the wait short.
      await clock.sleep(waitMs, stopping.signal).catch(() => undefined);
    }
    show("stopped");
  };

  return {
    start() {
      running ??= run();
    },
    async stop() {
      stopping.abort();
      await running;
      await options.flight?.stop();
      if (running === undefined) show("stopped");
    },
    view: () => ({
      device,
      bed: options.bed,
      family: module.id,
      address,
      ...(resolved === undefined ? {} : { resolved }),
      link,
      ...(problem === undefined ? {} : { problem }),
      simulated,
      timeliness: module.timeliness,
      ...(found === undefined || bound === undefined ? {} : { serial: { found, bound } }),
      ...(newest === undefined ? {} : { ageMs: clock.mono() - newest }),
      counters: { ...tap.counters },
      ...(latency === undefined ? {} : { latency }),
    }),
    frames: () => tap.frames(),
    bindFound() {
      if (found === undefined) return undefined;
      bound = found;
      told = undefined;
      options.onSerial?.(found);
      return found;
    },
  };
}

/** The opened link, or why it cannot be had; a link that opens too late is closed. */
async function openWithin(
  options: SuperviseOptions,
  tap: Tap,
  signal: AbortSignal,
): Promise<Attached | Fault> {
  const { clock } = options;
  const address = shownAddress(options.address);
  const deadline = new AbortController();
  const giveUp = AbortSignal.any([signal, deadline.signal]);
  const opening = attach({ ...options, tap, signal: giveUp }).then(async (opened) => {
    if (!giveUp.aborted) return opened;
    await opened.close();
    return new Fault("LINK_LOST", `The port ${address} opened too late and was closed.`);
  }, unexpected);
  const deadlineMs = options.module.link === "gatt" ? RADIO_OPEN_DEADLINE_MS : OPEN_DEADLINE_MS;
  if (await within(clock, deadlineMs, opening, signal)) return opening;
  deadline.abort();
  // On the way out: an opening under way is waited for, so that no port stays open behind.
  if (signal.aborted) await within(clock, END_DEADLINE_MS, opening);
  return new Fault("LINK_REFUSED", `The port ${address} did not open within ${deadlineMs / 1000} s.`, {
    fix: "Unplug the adapter and plug it in again; for a radio link, bring the device nearer.",
  });
}

/** What was thrown, as a fault. */
const unexpected = (error: unknown): Fault =>
  error instanceof Fault
    ? error
    : new Fault("LINK_REFUSED", `The link failed: ${messageOf(error)}.`, { cause: error });

function quietFault(address: string, quietMs: number, heardBytes: boolean): Fault {
  const seconds = Math.round(quietMs / 1000);
  return heardBytes
    ? new Fault("LINK_QUIET", `Bytes arrive at ${address}, but for ${seconds} s none made sense.`, {
        fix: "Check that the right device family and options are configured for this port.",
      })
    : new Fault("LINK_QUIET", `The port ${address} is open, but nothing has arrived for ${seconds} s.`, {
        fix: "Check that the device is on, that its data output is enabled, and the cable.",
      });
}

/** That the port can be opened says nothing against these: they are shown until the device says something. */
const outlastsOpening = (code: FaultCode | undefined): boolean =>
  code === "LINK_QUIET" ||
  code === "DRIVER_FAILED" ||
  code === "DEVICE_NO_REPLY" ||
  code === "DEVICE_REFUSED";

function stateAfter(fault: Fault): LinkState {
  if (fault.code === "LINK_NOT_FOUND" || fault.code === "LINK_LOST") return "lost";
  return fault.code === "LINK_QUIET" || fault.code === "DEVICE_NO_REPLY" ? "quiet" : "refused";
}

/** For people: without the code, which stands beside it in the log. */
const sentenceOf = (fault: Fault): string =>
  [fault.message.replace(` (${fault.code})`, ""), fault.fix].filter((part) => part !== undefined).join(" ");

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });

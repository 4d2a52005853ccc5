import { createAnswersOut } from "./bus/answers-out.ts";
import { DEVICES_MAX, type DeviceFacts, type DeviceReading } from "./bus/bed-schemas.ts";
import type { CommandAnswer, LookBody } from "./bus/commands.ts";
import { createRawStreams } from "./bus/raw-streams.ts";
import type { Actor } from "./domain/alarm.ts";
import type { AuditAction } from "./domain/audit-action.ts";
import { messageOf } from "./domain/fault.ts";
import type { BedId, DeviceId, HomeId } from "./domain/ids.ts";
import { wall } from "./domain/time.ts";
import { type BedPlan, factsOf } from "./edge-plan.ts";
import type { Bus } from "./port/bus.ts";
import type { FlightRecorder } from "./port/flight.ts";
import type { AuditReader } from "./port/record.ts";
import type { World } from "./port/world.ts";
import type { DeviceView, FrameLine } from "./server/contract/technician.ts";

/** What a box lets its hub see of a bed, when a person there asks. */
export interface BedLook {
  /** A signed command that is about looking. */
  look(body: LookBody, by: Actor, id: string): CommandAnswer;
  stop(): void;
}

export interface BedLookOptions {
  readonly world: World;
  readonly bus: Bus;
  readonly home: HomeId;
  readonly bed: BedId;
  readonly epoch: string;
  readonly pairingKey: Uint8Array;
  readonly audit: Pick<AuditReader, "page">;
  frames(device: DeviceId): readonly FrameLine[] | undefined;
  flight(device: DeviceId): FlightRecorder | undefined;
}

/** The bed's end of looking from afar; everything that is looked at is written down here, whatever the hub writes. */
export function createBedLook({ world, frames, flight, ...options }: BedLookOptions): BedLook {
  const { clock, log, state } = world;
  const shared = { ...options, clock, log };
  /** Beside: a state that stalls must not hold up the engine's turn. */
  const audit = (by: Actor, action: AuditAction, detail: string): void => {
    const whole = `${options.bed} ${detail} for ${by.name} at the hub`;
    state
      .audit({ at: clock.wall(), person: by.id, action, detail: whole })
      .catch((error: unknown) => log.note("audit.failed", { action, error: messageOf(error) }, "error"));
  };
  const streams = createRawStreams({
    ...{ ...shared, edgeEpoch: options.epoch, frames },
    audit: (by, detail) => audit(by, "frames", detail),
  });
  const answers = createAnswersOut({
    ...shared,
    recording: (device, from, to) => flight(device)?.between(from, to),
    auditPage: ({ format, from, to, after }) => options.audit.page(format, from, to, after),
    audit: (by, kind, detail) => audit(by, kind === "audit" ? "audit_export" : kind, detail),
  });
  return {
    look(body, by, id) {
      switch (body.kind) {
        case "raw":
          return streams.begin(body.device, body.forMs, by);
        case "hang_up":
          return answers.hangUp(body.answer);
        case "recording":
          if (flight(body.device) === undefined) {
            return { accepted: false, code: "NOT_FOUND", reason: "There is no such device at this bed." };
          }
          return answers.begin(id, body, by);
        case "audit":
          return answers.begin(id, body, by);
      }
    },
    stop() {
      streams.stop();
      answers.stop();
    },
  };
}

/** More than this is not told: the retained state of a bed stays small enough for any broker. */
const FACTS_CHARS_MAX = 96 * 1_024;
/** Whatever a family from outside calls them. */
const SECRET = /pass|secret|token|key|credential/i;

/** What is told of a bed's devices once, as far as it fits. */
export function toldFacts(devices: BedPlan["devices"]): readonly DeviceFacts[] {
  const told: DeviceFacts[] = [];
  let room = FACTS_CHARS_MAX;
  for (const device of devices.slice(0, DEVICES_MAX)) {
    const facts = factsOf(device);
    const options: { [name: string]: string | number | boolean } = { ...facts.options };
    for (const name of Object.keys(options)) if (SECRET.test(name)) options[name] = "…";
    const one: DeviceFacts = { ...facts, options };
    room -= JSON.stringify(one).length;
    if (room < 0) break;
    told.push(one);
  }
  return told;
}

/** What is told of a device with each heartbeat. */
export function readingOf(view: DeviceView): DeviceReading {
  const { timeliness, ageMs, resolved, serial, counters, latency, recorded } = view;
  const { bytes, since } = recorded;
  return {
    timeliness,
    counters,
    recorded: { bytes, ...(since === undefined ? {} : { since: wall(since) }) },
    ...(ageMs === undefined ? {} : { ageMs }),
    ...(resolved === undefined ? {} : { resolved }),
    ...(serial === undefined ? {} : { serial }),
    ...(latency === undefined ? {} : { latency }),
  };
}

import type { BedView } from "../../src/domain/bed.ts";
import { wall } from "../../src/domain/time.ts";
import { attach, simulateAt } from "../../src/driver/attach.ts";
import type { DeviceModule, DeviceReading, OptionValues } from "../../src/driver/contract.ts";
import { fillOptions } from "../../src/driver/options.ts";
import { createVirtualClock, type VirtualClock } from "../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../src/rehearsal/random.ts";
import { createLinks } from "../../src/transport/links.ts";
import { createMemoryLinks, type MemoryCable } from "../../src/transport/memory.ts";
import { ZONE } from "./conformance.ts";

interface Said {
  readonly channel?: string;
  readonly bytes: Uint8Array;
}

/** What a device's memory answers to a question, as a test scripts it. */
export type StoredDevice = (asked: Said) => readonly Said[];

/** What stored() gave until it returned or threw. */
export interface Stored {
  readonly readings: readonly DeviceReading[];
  readonly rejects: readonly string[];
  /** Undefined when it returned. */
  readonly failure: unknown;
}

/** An hour of virtual time is enough for every memory. */
const STEPS = 3_600;

/** Fetches the memory of a scripted device, on virtual time. */
export async function fetchStored(
  module: DeviceModule,
  answer: StoredDevice,
  given: OptionValues = {},
): Promise<Stored> {
  return fetchFrom(module, given, (cable) => {
    const bytes = async (): Promise<void> => {
      for await (const chunk of cable.device.chunks) {
        for (const said of answer({ bytes: chunk })) await cable.device.write(said.bytes);
      }
    };
    const packets = async (): Promise<void> => {
      for await (const asked of cable.packets.chunks) {
        for (const said of answer(asked)) {
          await cable.packets.write({ channel: said.channel ?? asked.channel, bytes: said.bytes });
        }
      }
    };
    // Both end with the cable.
    return Promise.all([bytes(), packets()]);
  });
}

/** Lets the family's own simulator run for a while, then fetches its memory. */
export async function fetchSimulated(
  module: DeviceModule,
  bed: BedView,
  seconds: number,
  given: OptionValues = {},
): Promise<Stored> {
  const stop = new AbortController();
  const options = fillOptions(module.options, given);
  const simulate = (cable: MemoryCable, clock: VirtualClock): Promise<void> =>
    simulateAt(module, cable, { bed, clock, random: createSeededRandom(3), options, signal: stop.signal });
  const stored = await fetchFrom(module, given, simulate, seconds);
  stop.abort();
  return stored;
}

async function fetchFrom(
  module: DeviceModule,
  given: OptionValues,
  play: (cable: MemoryCable, clock: VirtualClock) => Promise<unknown>,
  runSeconds = 0,
): Promise<Stored> {
  const clock = createVirtualClock(wall(Date.UTC(2026, 0, 15, 22)));
  const memory = createMemoryLinks();
  const cable = memory.cable("memory");
  const { signal } = new AbortController();
  const options = fillOptions(module.options, given);
  const links = createLinks({ clock, memory });
  // What goes wrong in the scripted device is the test's failure, when it is asked for.
  const broken: unknown[] = [];
  play(cable, clock).catch((error: unknown) => broken.push(error));
  await clock.advance(runSeconds * 1000);
  const attached = await attach({ module, options, links, address: "memory:memory", signal });
  if (attached.stored === undefined) throw new Error(`${module.id} has no memory`);
  const readings: DeviceReading[] = [];
  const rejects: string[] = [];
  const trace = {
    frame: (_bytes: Uint8Array, meaning: () => string) => void meaning(),
    reject: (_bytes: Uint8Array, reason: string) => void rejects.push(reason),
    sent: () => undefined,
  };
  let failure: unknown;
  let ended = false;
  const fetching = (async () => {
    try {
      const all = attached.stored?.({ clock, options, zone: ZONE, trace, signal }) ?? [];
      for await (const reading of all) readings.push(reading);
    } catch (error) {
      failure = error;
    }
    ended = true;
  })();
  for (let i = 0; i < STEPS && !ended; i++) await clock.advance(1000);
  await fetching;
  if (broken.length > 0) throw new Error("the device's part of the test failed", { cause: broken[0] });
  return { readings, rejects, failure };
}

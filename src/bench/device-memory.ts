import type { DeviceModule } from "../driver/contract.ts";
import { fillOptions } from "../driver/options.ts";
import { supervise } from "../driver/supervise.ts";
import { createVirtualClock, settle } from "../rehearsal/clock.ts";
import { createSeededRandom } from "../rehearsal/random.ts";
import { createLinks } from "../transport/links.ts";
import { createMemoryLinks } from "../transport/memory.ts";
import { simulatedPieces } from "./device-rates.ts";
import { FUZZ_START, FUZZ_ZONE } from "./fuzz-session.ts";
import { createHeapMeter } from "./heap.ts";

/** What one supervised link holds: objects and buffers of link, driver and supervisor together. */
export interface LinkMemory {
  readonly device: string;
  /** Open, and nothing ever arrived. */
  readonly idleBytes: number;
  /** After a minute of its stream: the newest frames are kept for the technician's page. */
  readonly streamingBytes: number;
}

/** So many alike, to tell a link from the noise of the heap. */
const LINKS = 40;

/** Many supervised links of one family on virtual time, before and after they said something. */
export async function measureLinkMemory(module: DeviceModule): Promise<LinkMemory> {
  const held = createHeapMeter();
  const pieces = await simulatedPieces(module);
  const clock = createVirtualClock(FUZZ_START);
  const memory = createMemoryLinks();
  const names = Array.from({ length: LINKS }, (_, i) => `link-${i}`);
  const cables = names.map((name) => memory.cable(name));
  const before = held();
  const supervisors = names.map((name, i) =>
    supervise({
      ...{ module, clock, device: name, bed: "b1", epoch: "bench", zone: FUZZ_ZONE },
      address: `memory:${name}`,
      options: fillOptions(module.options, {}),
      links: createLinks({ clock, memory }),
      random: createSeededRandom(i),
      log: { note: () => undefined },
      onObservation: () => undefined,
    }),
  );
  for (const supervisor of supervisors) supervisor.start();
  await clock.advance(100);
  const idle = held();
  for (const { waitMs, channel, bytes } of pieces) {
    if (waitMs > 0) await clock.advance(waitMs);
    for (const cable of cables) {
      await (channel === undefined ? cable.device.write(bytes) : cable.packets.write({ channel, bytes }));
    }
  }
  await settle();
  const streaming = held();
  for (const supervisor of supervisors) await supervisor.stop();
  return {
    device: module.id,
    idleBytes: Math.round((idle - before) / LINKS),
    streamingBytes: Math.round((streaming - before) / LINKS),
  };
}

import { mkdir, open, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { messageOf } from "../domain/fault.ts";
import { SECOND_MS, type Wall } from "../domain/time.ts";
import { attach, simulateAt } from "../driver/attach.ts";
import type { DeviceModule, Trace } from "../driver/contract.ts";
import type { FileLink } from "../port/link.ts";
import type { Random } from "../port/random.ts";
import { createVirtualClock, settle, type VirtualClock } from "../rehearsal/clock.ts";
import { SIMULATED_MARK } from "../transport/files.ts";
import { createLinks } from "../transport/links.ts";
import { createMemoryLinks, type MemoryLinks } from "../transport/memory.ts";
import { writeTranscriptChunk, writeTranscriptHeader } from "../wire/transcript.ts";
import { createRecorder } from "./recorder.ts";
import type { Chosen, Play } from "./simulate.ts";
import type { Terminal } from "./terminal.ts";

/** How `simulate --to files` plays. */
export interface ToFiles {
  readonly play: Play;
  readonly random: Random;
  readonly terminal: Terminal;
  readonly folder: string;
  readonly zone: string;
  readonly begin: Wall;
}

const SILENT: Trace = { frame: () => undefined, reject: () => undefined, sent: () => undefined };

/**
 * Plays every device on virtual time and writes what went over its link: a transcript, or the files of its card, both
 * marked as simulated. The real driver reads each, so that devices that speak only when they are asked are asked.
 */
export async function toFiles(chosen: readonly Chosen[], options: ToFiles): Promise<void> {
  const { play, random, terminal, folder, begin } = options;
  const clock = createVirtualClock(begin);
  const memory = createMemoryLinks(clock);
  const stopping = new AbortController();
  const signal = AbortSignal.any([terminal.signal, stopping.signal]);
  await mkdir(folder, { recursive: true });
  const bed = play.begin({ clock, random, signal });
  const players: FilePlayer[] = [];
  try {
    for (const one of chosen) players.push(await playerOf(one, { ...options, clock, memory, signal }));
    const simulating = chosen.map(({ device, options: values }) =>
      simulateAt(device, memory.cable(device.id), {
        ...{ bed, clock, random, signal, options: values, zone: options.zone },
      }).catch((error: unknown) => {
        if (!signal.aborted) terminal.say(`${device.id}: its simulator failed: ${messageOf(error)}`);
      }),
    );
    for (let passed = 0; passed < play.ms; passed += SECOND_MS) {
      await clock.advance(Math.min(SECOND_MS, play.ms - passed));
      for (const player of players) await player.write();
      terminal.signal.throwIfAborted();
    }
    stopping.abort();
    await settle();
    await Promise.all(simulating);
  } finally {
    stopping.abort();
    for (const player of players) await player.finish();
  }
  for (const { id, place } of players) await terminal.print(`${id} ${place}\n`);
}

/** One device's files. */
interface FilePlayer {
  readonly id: string;
  readonly place: string;
  /** Writes down what came since. */
  write(): Promise<void>;
  finish(): Promise<void>;
}

interface Stage extends ToFiles {
  readonly clock: VirtualClock;
  readonly memory: MemoryLinks;
  readonly signal: AbortSignal;
}

const playerOf = (chosen: Chosen, stage: Stage): Promise<FilePlayer> =>
  chosen.device.link === "files" ? cardOf(chosen.device, stage) : transcriptOf(chosen, stage);

async function cardOf({ id }: DeviceModule, { folder, memory }: Stage): Promise<FilePlayer> {
  const place = path.join(folder, id);
  memory.cable(id);
  return {
    id,
    place,
    write: async () => undefined,
    async finish() {
      // What was there from a run before would be another card's.
      await rm(place, { recursive: true, force: true });
      await mkdir(place, { recursive: true });
      const { link } = memory.openFiles(id);
      await copyCard(link, place);
      await writeFile(path.join(place, SIMULATED_MARK), "Simulated by Breathwatch: nobody was measured.\n");
    },
  };
}

async function copyCard(link: FileLink, place: string): Promise<void> {
  for (const file of await link.list()) {
    const full = path.join(place, ...file.path.split("/"));
    await mkdir(path.dirname(full), { recursive: true });
    await writeFile(full, await link.read(file.path, 0, file.bytes));
  }
}

async function transcriptOf({ device, options }: Chosen, stage: Stage): Promise<FilePlayer> {
  const { folder, zone, clock, memory, signal } = stage;
  const { id } = device;
  const place = path.join(folder, `${id}.transcript`);
  const header = writeTranscriptHeader({
    device: id,
    simulated: true,
    options: Object.fromEntries(Object.entries(options).map(([name, value]) => [name, String(value)])),
  });
  const file = await open(place, "w");
  await file.write(header);
  const lines: string[] = [];
  const recorder = createRecorder(clock, (chunk) => lines.push(writeTranscriptChunk(chunk)));
  memory.cable(id);
  const links = createLinks({ clock, memory });
  const reading = readOn(
    async () => attach({ module: device, options, links, address: `memory:${id}`, signal, tap: recorder }),
    { clock, options, zone, trace: SILENT, signal },
  );
  const write = async (): Promise<void> => {
    if (lines.length > 0) await file.write(lines.splice(0).join(""));
  };
  return {
    id,
    place,
    write,
    async finish() {
      await reading;
      await write();
      await file.close();
    },
  };
}

/** Reads as a home does: a driver that gave up is started again after a second. Ends with the signal. */
async function readOn(
  open: () => ReturnType<typeof attach>,
  context: Parameters<Awaited<ReturnType<typeof attach>>["observe"]>[0],
): Promise<void> {
  const { clock, signal } = context;
  while (!signal.aborted) {
    try {
      const attached = await open();
      try {
        for await (const _ of attached.observe(context)) signal.throwIfAborted();
      } finally {
        await attached.close();
      }
    } catch (error) {
      if (!signal.aborted) context.trace.reject(new Uint8Array(0), messageOf(error));
    }
    if (!signal.aborted) await clock.sleep(SECOND_MS, signal).catch(() => undefined);
  }
}

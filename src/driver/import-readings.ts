import { createHash } from "node:crypto";
import { Fault } from "../domain/fault.ts";
import { type BedId, base32Id, type DeviceId } from "../domain/ids.ts";
import { DAY_MS, type Night, nightOf, type Wall, wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Batch, StoredRow, StoredSettings, StoredWave, Timeseries } from "../port/timeseries.ts";
import type { DeviceModule, DeviceReading, Trace } from "./contract.ts";
import { type FilesRead, readStored, type StoredSource } from "./read-stored.ts";

/** How an import is doing, and at its end what it did. */
export interface ImportCounts {
  /** Absent: a device's own memory, of which nobody knows how much there is. */
  readonly files?: FilesRead;
  /** Nights, noon to noon, of which something was found. */
  readonly nights: number;
  /** Rows of numbers that were found... */
  readonly rows: number;
  /** ...and how many of them were not in the store before; absent where the store cannot tell. */
  readonly newRows?: number;
  readonly from?: Wall;
  readonly to?: Wall;
  /** Frames that the driver understood. */
  readonly frames: number;
  /** Why bytes were refused, the commonest first, at most 20. */
  readonly refused: readonly { readonly reason: string; readonly count: number }[];
  /** Readings without a time of their own, or with one that has not come yet: left out. */
  readonly timeless: number;
  /** Serial numbers that were told. */
  readonly serials: readonly string[];
  /** Codes that the family says of a card: `other_card`... */
  readonly codes: readonly string[];
  readonly simulated: boolean;
}

export interface ImportRequest extends StoredSource {
  readonly bed: BedId;
  readonly zone: string;
  readonly timeseries: Timeseries;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Waveforms before this are not kept: absent, all are. */
  readonly wavesFrom?: Wall;
  /** At most as often as batches are written. */
  readonly onProgress?: (counts: ImportCounts) => void;
  /** Lets others have their turn between batches. */
  readonly pause?: () => Promise<void>;
}

/** One write to the store; a page's question waits behind it for some milliseconds. */
const BATCH_READINGS = 500;
/** Readings held until the device says who it is; families that know say it first. */
const HELD_MAX = 5_000;
/** A device that claims more serial numbers than this is read wrongly. */
const SERIALS_MAX = 20;
const REASONS_MAX = 200;
const REASONS_SHOWN = 20;
/** Distinguishes what was brought from what was heard. */
const EPOCH = "import";

/**
 * Reads a card, a file or a device's memory into the store, each reading at the device's own time. Idempotent: the
 * device's id follows from family and serial number, and the store keeps one row of a device and instant; an import
 * that broke off is finished by doing it again. Rejects as readStored() and the store do.
 */
export async function importReadings(request: ImportRequest): Promise<ImportCounts> {
  const { clock, signal, zone } = request;
  const tally = createTally(zone);
  const batches = createBatches(request, tally);
  // What a device says of "now" is no memory; a clock that was never set must not hide a whole card.
  const latest = clock.trusted() ? clock.wall() : wall(Number.POSITIVE_INFINITY);
  let held: Held[] | undefined = [];

  const release = async (): Promise<void> => {
    const readings = held ?? [];
    held = undefined;
    for (const one of readings) await batches.add(one);
  };

  for await (const { reading, simulated } of readStored(
    request,
    { clock, zone, trace: tally.trace },
    signal,
    tally.files,
  )) {
    const { body, deviceAt } = reading;
    if (simulated) tally.markSimulated();
    if (body.kind === "identity") {
      if (body.serial !== undefined) {
        tally.serial(body.serial);
        batches.belongTo(deviceOf(request.module, body.serial));
      }
      await release();
    } else if (body.kind === "status") tally.codes(body.codes);
    if (body.kind !== "samples" && body.kind !== "settings" && body.kind !== "wave") continue;
    if (deviceAt === undefined || deviceAt >= latest) {
      tally.timeless();
      continue;
    }
    if (body.kind === "wave" && request.wavesFrom !== undefined && deviceAt < request.wavesFrom) continue;
    const one = { reading, at: deviceAt, simulated };
    if (held === undefined) await batches.add(one);
    else if (held.push(one) >= HELD_MAX) await release();
  }
  await release();
  await batches.flush();
  return tally.counts();
}

/** The same for the same device each time, wherever it is read: from its family and, where it tells one, its serial number. */
export const deviceOf = ({ id, folder }: DeviceModule, serial: string | undefined): DeviceId =>
  base32Id(
    createHash("sha256")
      .update(`${folder ?? id} ${serial ?? ""}`)
      .digest(),
  );

/** A time before which nobody had such a device; earlier readings are mistakes of its clock. */
const EARLIEST = wall(Date.UTC(2000, 0, 1));

interface Held {
  readonly reading: DeviceReading;
  readonly at: Wall;
  readonly simulated: boolean;
}

interface Batches {
  /** From here on readings are of this device. */
  belongTo(device: DeviceId): void;
  add(one: Held): Promise<void>;
  flush(): Promise<void>;
}

function createBatches({ module, bed, timeseries, onProgress, pause }: ImportRequest, tally: Tally): Batches {
  let device = deviceOf(module, undefined);
  let seq = 0;
  let rows: StoredRow[] = [];
  let waves: StoredWave[] = [];
  let settings: StoredSettings[] = [];

  const flush = async (): Promise<void> => {
    const batch: Batch = { rows, waves, settings, events: [] };
    if (rows.length + waves.length + settings.length > 0) {
      rows = [];
      waves = [];
      settings = [];
      tally.stored(await timeseries.write(batch));
      onProgress?.(tally.counts());
    }
    await pause?.();
  };

  return {
    belongTo(next) {
      device = next;
    },
    async add({ reading: { body }, at, simulated }) {
      if (at < EARLIEST) return tally.timeless();
      const base = { bed, device, epoch: EPOCH, seq: seq++, at, simulated };
      if (body.kind === "samples") {
        rows.push({ ...base, samples: body.samples });
        tally.row(at);
      } else if (body.kind === "wave") {
        waves.push({ ...base, rateHz: body.rateHz, channels: body.channels });
      } else if (body.kind === "settings") settings.push({ ...base, settings: body.settings });
      if (rows.length + waves.length + settings.length >= BATCH_READINGS) await flush();
    },
    flush,
  };
}

interface Tally {
  readonly trace: Trace;
  files(progress: FilesRead): void;
  row(at: Wall): void;
  stored(newRows: number | undefined): void;
  timeless(): void;
  serial(serial: string): void;
  codes(codes: readonly string[]): void;
  markSimulated(): void;
  counts(): ImportCounts;
}

function createTally(zone: string): Tally {
  const nights = new Set<Night>();
  const reasons = new Map<string, number>();
  const serials = new Set<string>();
  const codes = new Set<string>();
  let files: FilesRead | undefined;
  let rows = 0;
  let newRows: number | undefined = 0;
  let frames = 0;
  let timeless = 0;
  let simulated = false;
  let from: Wall | undefined;
  let to: Wall | undefined;
  /** Nights are asked for once a quarter of an hour: a zone's answer is not cheap. */
  let quarter = Number.NaN;

  return {
    trace: {
      frame: () => {
        frames += 1;
      },
      reject: (_bytes, reason) => {
        const known = reasons.has(reason) || reasons.size < REASONS_MAX;
        const name = known ? reason : "other reasons";
        reasons.set(name, (reasons.get(name) ?? 0) + 1);
      },
      sent: () => undefined,
    },
    files(progress) {
      files = progress;
    },
    row(at) {
      rows += 1;
      if (from === undefined || at < from) from = at;
      if (to === undefined || at > to) to = at;
      const now = Math.floor((at * 96) / DAY_MS);
      if (now !== quarter) nights.add(nightOf(at, zone));
      quarter = now;
    },
    stored(count) {
      newRows = count === undefined || newRows === undefined ? undefined : newRows + count;
    },
    timeless() {
      timeless += 1;
    },
    serial(serial) {
      if (serials.has(serial)) return;
      if (serials.size >= SERIALS_MAX) {
        throw new Fault("INPUT_INVALID", `This tells more than ${SERIALS_MAX} serial numbers.`, {
          fix: "Import one card at a time; is it of this family?",
          permanent: true,
        });
      }
      serials.add(serial);
    },
    codes(said) {
      for (const code of said) if (codes.size < REASONS_SHOWN) codes.add(code);
    },
    markSimulated() {
      simulated = true;
    },
    counts: () => ({
      ...(files === undefined ? {} : { files }),
      nights: nights.size,
      rows,
      ...(newRows === undefined ? {} : { newRows }),
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      frames,
      refused: [...reasons]
        .toSorted(([, a], [, b]) => b - a)
        .slice(0, REASONS_SHOWN)
        .map(([reason, count]) => ({ reason, count })),
      timeless,
      serials: [...serials],
      codes: [...codes],
      simulated,
    }),
  };
}

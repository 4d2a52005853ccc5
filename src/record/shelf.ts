import { messageOf } from "../domain/fault.ts";
import { base32Id } from "../domain/ids.ts";
import { HOUR_MS, type Mono, mono } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Disk } from "../port/disk.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";
import {
  LANES,
  type Lane,
  laneOfName,
  newSegment,
  type PlacedItem,
  recoverSegment,
  type Segment,
  type SegmentBirth,
  segmentPath,
} from "./segment.ts";

export interface ShelfOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly folder: string;
  readonly bytesMax: number;
  readonly ageMsMax: number;
  readonly segmentBytes: number;
}

/** The files of a spool: a row of segments for each lane, of which only the newest grows. */
export interface Shelf {
  /** Reads what earlier runs left; the first free position. Rejects with DISK_FAILED. */
  recover(): Promise<number>;
  /** All or nothing; rejects with DISK_FAILED. */
  write(lane: Lane, items: readonly PlacedItem[]): Promise<void>;
  /** The first held items from a position on, at most `limit` of each lane. Rejects with DISK_FAILED. */
  read(from: number, limit: number, isHeld: (item: PlacedItem) => boolean): Promise<readonly PlacedItem[]>;
  release(stream: string, seq: number): void;
  holds(stream: string): boolean;
  /** Less than 5 % of the disk is free: waves are to stay off it. Asked at most every 30 s. */
  isNearlyFull(): Promise<boolean>;
  /** Takes away what is empty, too old or too much; never rejects, what cannot be removed is tried again. */
  tidy(): Promise<void>;
  /** Drops the oldest segment, waves first: room for what is newer. */
  makeRoom(): Promise<void>;
  readonly held: number;
  readonly dropped: number;
  /** Leaves only files that still hold something. */
  close(): Promise<void>;
}

interface Shelved {
  readonly segment: Segment;
  /** When its oldest item came. */
  readonly since: Mono;
  open: boolean;
}

const SEGMENT_MS = HOUR_MS;
const SPACE_CHECK_MS = 30_000;
const FREE_SHARE_MIN = 0.05;
const FREE_BYTES_MIN = 1 << 20;

/** An empty shelf; `recover` comes first. */
export function createShelf(options: ShelfOptions): Shelf {
  const { disk, clock, log, folder } = options;
  const rows: { readonly [lane in Lane]: Shelved[] } = { numbers: [], waves: [] };
  const caches = new Map<
    Lane,
    { readonly path: string; readonly bytes: number; readonly items: readonly PlacedItem[] }
  >();
  const doomed = new Set<string>();
  let dropped = 0;
  let space: { readonly at: Mono; readonly nearlyFull: boolean } | undefined;

  const everything = (): readonly Shelved[] => LANES.flatMap((lane) => rows[lane]);

  const seal = async (shelved: Shelved): Promise<void> => {
    shelved.open = false;
    await shelved.segment.close().catch((error: unknown) => {
      log.note("spool.close_failed", { path: shelved.segment.path, detail: messageOf(error) }, "warn");
    });
  };

  const takeAway = async (shelved: Shelved): Promise<void> => {
    const row = rows[shelved.segment.lane];
    row.splice(row.indexOf(shelved), 1);
    doomed.add(shelved.segment.path);
    await seal(shelved);
  };

  const shed = async (shelved: Shelved, why: string): Promise<void> => {
    const { lane, held } = shelved.segment;
    dropped += held;
    if (held > 0) log.note("spool.shed", { lane, items: held, why }, "warn");
    await takeAway(shelved);
  };

  const oldest = (): Shelved | undefined => rows.waves[0] ?? rows.numbers[0];

  const growing = async (lane: Lane, first: PlacedItem): Promise<Segment> => {
    const newest = rows[lane].at(-1);
    const isFull =
      newest !== undefined &&
      (newest.segment.bytes >= options.segmentBytes || clock.mono() - newest.since >= SEGMENT_MS);
    if (newest?.open === true && !isFull) return newest.segment;
    if (newest?.open === true) await seal(newest);
    const place = { disk, path: segmentPath(folder, lane, first.position), lane };
    const birth: SegmentBirth = { at: clock.wall(), trusted: clock.trusted() };
    const segment = newSegment(place, base32Id(options.random.bytes(10)), birth);
    rows[lane].push({ segment, since: clock.mono(), open: true });
    return segment;
  };

  const itemsOf = async (segment: Segment): Promise<readonly PlacedItem[]> => {
    const { lane, path, bytes } = segment;
    const cached = caches.get(lane);
    if (cached?.path === path && cached.bytes === bytes) return cached.items;
    const items = await segment.read();
    caches.set(lane, { path, bytes, items });
    return items;
  };

  const recoverOne = async (name: string, lane: Lane): Promise<number> => {
    const path = `${folder}/${name}`;
    const { segment, damaged } = await recoverSegment({ disk, path, lane });
    if (damaged) log.note("record.damaged", { code: "RECORD_CORRUPT", path, kept: segment.held }, "warn");
    if (segment.held === 0) doomed.add(path);
    else rows[lane].push({ segment, since: birthToMono(clock, segment.birth), open: false });
    return Math.max(segment.last, Number(name.slice(2, -4))) + 1;
  };

  const tidy = async (): Promise<void> => {
    const now = clock.mono();
    for (const shelved of everything()) {
      if (shelved.segment.held === 0 && !shelved.open) await takeAway(shelved);
      // The segment may hold items up to SEGMENT_MS younger than its first.
      else if (now - shelved.since > options.ageMsMax + SEGMENT_MS) await shed(shelved, "age");
    }
    const bytes = (): number => everything().reduce((sum, { segment }) => sum + segment.bytes, 0);
    for (let next = oldest(); next !== undefined && bytes() > options.bytesMax; next = oldest()) {
      await shed(next, "bytes");
    }
    for (const path of doomed) {
      try {
        await disk.remove(path);
        doomed.delete(path);
      } catch (error) {
        log.note("spool.remove_failed", { path, detail: messageOf(error) }, "warn");
      }
    }
  };

  return {
    async recover() {
      let free = 0;
      for (const name of (await disk.list(folder)).toSorted()) {
        const lane = laneOfName(name);
        if (lane !== undefined) free = Math.max(free, await recoverOne(name, lane));
      }
      return free;
    },
    async write(lane, items) {
      const [first] = items;
      if (first !== undefined) await (await growing(lane, first)).write(items);
    },
    async read(from, limit, isHeld) {
      const found: PlacedItem[] = [];
      for (const lane of LANES) {
        let taken = 0;
        // A copy: a release may take segments away while one of them is read.
        for (const { segment } of rows[lane].slice()) {
          if (taken >= limit) break;
          if (segment.held === 0 || segment.last < from) continue;
          const wanted = (await itemsOf(segment)).filter((item) => item.position >= from && isHeld(item));
          found.push(...wanted.slice(0, limit - taken));
          taken += wanted.length;
        }
      }
      return found;
    },
    release(stream, seq) {
      for (const { segment } of everything()) segment.release(stream, seq);
    },
    holds: (stream) => everything().some(({ segment }) => segment.holds(stream)),
    async isNearlyFull() {
      if (space !== undefined && clock.mono() - space.at < SPACE_CHECK_MS) return space.nearlyFull;
      const { freeBytes, totalBytes } = await disk.space();
      space = { at: clock.mono(), nearlyFull: freeBytes < totalBytes * FREE_SHARE_MIN };
      return space.nearlyFull;
    },
    tidy,
    async makeRoom() {
      const { freeBytes } = await disk.space();
      const next = oldest();
      if (freeBytes < FREE_BYTES_MIN && next !== undefined) await shed(next, "disk full");
    },
    get held() {
      return everything().reduce((sum, { segment }) => sum + segment.held, 0);
    },
    get dropped() {
      return dropped;
    },
    async close() {
      for (const shelved of everything()) await seal(shelved);
      await tidy();
    },
  };
}

/** Ages survive a restart only where both wall clocks can be believed; otherwise an old segment starts anew. */
function birthToMono(clock: Clock, birth: SegmentBirth): Mono {
  const age = birth.trusted && clock.trusted() ? Math.max(0, clock.wall() - birth.at) : 0;
  return mono(clock.mono() - age);
}

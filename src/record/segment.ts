import type { Disk } from "../port/disk.ts";
import type { SpoolItem } from "../port/record.ts";
import { encodeHeader, encodeRecord, RECORD_VERSION, scanRecords } from "./frame.ts";
import { concat, createTail } from "./tail.ts";

/** One item of the spool with its place in the order of arrival. */
export type PlacedItem = SpoolItem & { readonly position: number };

/** Waves lie in files of their own, so that they can be shed without touching the numbers. */
export const LANES = ["numbers", "waves"] as const;

export type Lane = (typeof LANES)[number];

export const laneOf = (item: SpoolItem): Lane => (item.kind === "wave" ? "waves" : "numbers");

/** Items of one (device, epoch) share this key. */
export const streamOf = (item: { readonly device: string; readonly epoch: string }): string =>
  `${item.device} ${item.epoch}`;

/** When a segment was begun, by the wall clock, and whether that clock could be believed. */
export interface SegmentBirth {
  readonly at: number;
  readonly trusted: boolean;
}

/** One file of the spool with the index of what it still holds. Items come in the order of their positions. */
export interface Segment {
  readonly path: string;
  readonly lane: Lane;
  readonly birth: SegmentBirth;
  /** Bytes on disk. */
  readonly bytes: number;
  /** Position of the newest item; -1 without any. */
  readonly last: number;
  /** Items not released. */
  readonly held: number;
  holds(stream: string): boolean;
  /** Appends and syncs; rejects with DISK_FAILED, then none of the items is in the segment. */
  write(items: readonly PlacedItem[]): Promise<void>;
  release(stream: string, seq: number): void;
  /** Every item on disk, released ones too. */
  read(): Promise<readonly PlacedItem[]>;
  close(): Promise<void>;
}

const PREFIX: { readonly [lane in Lane]: string } = { numbers: "n", waves: "w" };

/** Sorts by age as text, up to 10^15 items. */
export function segmentPath(folder: string, lane: Lane, firstPosition: number): string {
  return `${folder}/${PREFIX[lane]}-${String(firstPosition).padStart(15, "0")}.seg`;
}

/** The lane that a file name belongs to; undefined when it is not a segment's. */
export function laneOfName(name: string): Lane | undefined {
  if (!/^[nw]-\d{15}\.seg$/.test(name)) return undefined;
  return name.startsWith("w") ? "waves" : "numbers";
}

interface SegmentOptions {
  readonly disk: Disk;
  readonly path: string;
  readonly lane: Lane;
}

/** A new, empty segment; the file comes into being with the first write. `id` is 10 base32 characters. */
export function newSegment(options: SegmentOptions, id: string, birth: SegmentBirth): Segment {
  const first = encodeRecord(JSON.stringify(birth)) ?? new Uint8Array();
  return createSegment(options, birth, { header: concat([encodeHeader(id), first]), length: 0, items: [] });
}

/** A segment of an earlier run. `damaged` when not everything in it could be read. Rejects with DISK_FAILED. */
export async function recoverSegment(
  options: SegmentOptions,
): Promise<{ readonly segment: Segment; readonly items: readonly PlacedItem[]; readonly damaged: boolean }> {
  const bytes = (await options.disk.read(options.path)) ?? new Uint8Array();
  const scan = scanRecords(bytes);
  const foreign = scan.version !== undefined && scan.version > RECORD_VERSION;
  const items = foreign ? [] : itemsOf(scan.values);
  const birth = scan.values.map(birthOf).find((found) => found !== undefined);
  const segment = createSegment(options, birth ?? { at: 0, trusted: false }, {
    header: new Uint8Array(),
    length: bytes.length,
    items,
  });
  return { segment, items, damaged: scan.damaged || foreign || (birth === undefined && items.length > 0) };
}

function createSegment(
  { disk, path, lane }: SegmentOptions,
  birth: SegmentBirth,
  start: { readonly header: Uint8Array; readonly length: number; readonly items: readonly PlacedItem[] },
): Segment {
  const tail = createTail(disk, path, start.header, start.length);
  /** Sequence numbers of each stream, rising, and how many of them are released. */
  const index = new Map<string, { readonly seqs: number[]; released: number }>();
  let held = 0;
  let last = -1;

  const note = (item: PlacedItem): void => {
    const stream = streamOf(item);
    let entry = index.get(stream);
    if (entry === undefined) index.set(stream, (entry = { seqs: [], released: 0 }));
    entry.seqs.push(item.seq);
    held++;
    last = Math.max(last, item.position);
  };
  start.items.forEach(note);

  return {
    path,
    lane,
    birth,
    get bytes() {
      return tail.length;
    },
    get last() {
      return last;
    },
    get held() {
      return held;
    },
    holds: (stream) => index.has(stream),
    async write(items) {
      await tail.write(
        concat(items.map((item) => encodeRecord(JSON.stringify(toValue(item))) ?? new Uint8Array())),
      );
      items.forEach(note);
    },
    release(stream, seq) {
      const entry = index.get(stream);
      if (entry === undefined) return;
      const before = entry.released;
      while ((entry.seqs[entry.released] ?? Number.POSITIVE_INFINITY) <= seq) entry.released++;
      held -= entry.released - before;
      if (entry.released === entry.seqs.length) index.delete(stream);
    },
    read: async () => itemsOf(scanRecords((await disk.read(path)) ?? new Uint8Array()).values),
    close: () => tail.close(),
  };
}

const toValue = (item: PlacedItem): readonly unknown[] => [
  item.position,
  item.device,
  item.epoch,
  item.seq,
  item.kind,
  item.topic,
  item.payload,
];

function itemsOf(values: readonly unknown[]): readonly PlacedItem[] {
  return values.map(itemOf).filter((item) => item !== undefined);
}

function itemOf(value: unknown): PlacedItem | undefined {
  if (!isArray(value)) return undefined;
  const [position, device, epoch, seq, kind, topic, payload] = value;
  if (typeof position !== "number" || typeof seq !== "number") return undefined;
  if (typeof device !== "string" || typeof epoch !== "string" || typeof kind !== "string") return undefined;
  if (typeof topic !== "string" || typeof payload !== "string") return undefined;
  return { position, device, epoch, seq, kind, topic, payload };
}

const isArray = (value: unknown): value is readonly unknown[] => Array.isArray(value);

function birthOf(value: unknown): SegmentBirth | undefined {
  if (typeof value !== "object" || value === null || !("at" in value) || !("trusted" in value))
    return undefined;
  const { at, trusted } = value;
  return typeof at === "number" && typeof trusted === "boolean" ? { at, trusted } : undefined;
}

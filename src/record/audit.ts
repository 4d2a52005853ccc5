import { messageOf } from "../domain/fault.ts";
import { DAY_MS } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { Disk } from "../port/disk.ts";
import type { Log } from "../port/log.ts";
import type { AuditAnchor, AuditEntry, AuditLog, AuditRecord } from "../port/record.ts";
import { createChainCheck, unrecorded } from "./audit-chain.ts";
import { type AuditFile, listAuditFiles } from "./audit-files.ts";
import { type AuditLine, encodeAuditLine, NO_HASH, scanAuditLines } from "./audit-line.ts";
import { createAuditReader } from "./audit-read.ts";
import { createAuditWriter } from "./audit-writer.ts";

export interface AuditOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Log;
  /** In the data folder; holds nothing but this audit record. */
  readonly folder: string;
  /** A record that was once seen durable; the chain must hold it. */
  readonly anchor?: AuditAnchor;
  /** Default two years. */
  readonly keepMs?: number;
  /** Files, each up to about `fileBytes`; default 4,000. The oldest goes first. */
  readonly filesMax?: number;
  /** Default 256 KiB: what is read in one go, a few milliseconds' work. */
  readonly fileBytes?: number;
}

const KEEP_MS = 731 * DAY_MS;
const FILES_MAX = 4_000;
const FILE_BYTES = 1 << 18;

/**
 * Opens the audit record of one bed, or makes one. It is never rewritten: what is damaged stays where it is, the chain
 * goes on behind it, and says so. Only the unfinished line that a power cut left is cut off, which is recorded as
 * well. Reads the newest file alone; `verify` walks along all of them. Rejects with DISK_FAILED.
 */
export async function openAuditLog(options: AuditOptions): Promise<AuditLog> {
  const { disk, clock, folder } = options;
  const end = await readEnd(options);
  const writer = createAuditWriter({
    ...options,
    fileBytes: options.fileBytes ?? FILE_BYTES,
    start: end,
    onNewFile: () => tidy(),
  });
  const now = (): Pick<AuditEntry, "at" | "trusted"> => ({ at: clock.wall(), trusted: clock.trusted() });

  /** In line, in their order, whatever comes of them: what of this fails is told with the next record. */
  let lost = 0;
  let chain = end.chain;
  const put = (entry: AuditEntry, stays = false): Promise<void> => {
    if (lost > 0 && entry.kind !== "lost" && writer.hasRoom) {
      const records = lost;
      lost = 0;
      handOver(put({ kind: "lost", records, ...now() }));
    }
    if (!writer.hasRoom) {
      lost += entry.kind === "lost" ? entry.records : 1;
      return Promise.reject(writer.refusal());
    }
    const { line, anchor } = encodeAuditLine(entry, chain);
    chain = anchor;
    return writer.add({ line, anchor, at: entry.at, trusted: entry.trusted, stays });
  };
  const handOver = (writing: Promise<void>): void => {
    writing.catch((error: unknown) =>
      options.log.note("audit.waiting", { folder, detail: messageOf(error) }, "warn"),
    );
  };

  /** Lets go of what is too old, or too much: said in the chain first, then done. */
  let tidying: Promise<void> = Promise.resolve();
  const tidy = (): void => {
    tidying = tidying
      .then(() => letGo(options, (entry) => put({ ...entry, ...now() })))
      .catch((error: unknown) => {
        options.log.note("audit.untidied", { folder, detail: messageOf(error) }, "warn");
      });
  };

  for (const { where, why } of end.damage) handOver(put({ kind: "damaged", where, why, ...now() }, true));
  if (end.tornBytes > 0) handOver(put({ kind: "cut", bytes: end.tornBytes, ...now() }, true));
  if (end.damage.length > 0) {
    const fields = { code: "RECORD_CORRUPT", path: folder, detail: wordsOf(end.damage) };
    options.log.note("record.damaged", fields, "warn");
  }
  tidy();

  return {
    ...createAuditReader(disk, folder),
    recovered: {
      ...(end.newest !== undefined && { newest: end.newest }),
      ...(end.revision !== undefined && { revision: end.revision }),
      ...(end.damage.length > 0 && { damage: wordsOf(end.damage) }),
    },
    append: (entry) => put(entry),
    written: () => writer.written(),
    get head() {
      return writer.head;
    },
    close: () => writer.close(),
  };
}

interface Damage {
  readonly where: string;
  readonly why: string;
}

const wordsOf = (damage: readonly Damage[]): string =>
  damage.map(({ where, why }) => `${where}: ${why}`).join("; ");

/** How an earlier run left the chain. */
export interface AuditEnd {
  readonly newest: AuditRecord | undefined;
  readonly revision: number | undefined;
  /** What the next record follows. */
  readonly chain: AuditAnchor | undefined;
  /** The newest file; absent where there is none, or where nothing can be added behind what is in it. */
  readonly file: AuditFile | undefined;
  readonly seq: number;
  /** Of `file`: up to the end of its last line. */
  readonly lineBytes: number;
  readonly tornBytes: number;
  /** Not yet told in the chain itself. */
  readonly damage: readonly Damage[];
}

/** Reads backwards until a file holds a whole record, and checks from there on. */
async function readEnd({ disk, folder, anchor }: AuditOptions): Promise<AuditEnd> {
  const files = await listAuditFiles(disk, folder);
  const scanned: { readonly path: string; readonly segment: ReturnType<typeof scanAuditLines> }[] = [];
  for (const { path } of files.toReversed()) {
    const segment = scanAuditLines((await disk.read(path)) ?? new Uint8Array());
    scanned.unshift({ path, segment });
    if (segment.lines.some(({ record }) => record !== undefined)) break;
  }
  const check = createChainCheck({ folder, part: "end", ...(anchor !== undefined && { anchor }) });
  for (const { path, segment } of scanned) check.file(path, segment, path === files.at(-1)?.path);
  const { newest, damagedAfter } = check.end;
  const last = scanned.at(-1);
  const nothing = anchor === undefined && newest === undefined && files.length > 0;
  return {
    newest,
    revision: revisionOf(scanned.flatMap(({ segment }) => segment.lines)),
    chain: chainFrom(newest, damagedAfter, anchor),
    file: last === undefined || last.segment.strayBytes > 0 ? undefined : files.at(-1),
    seq: files.at(-1)?.seq ?? 0,
    lineBytes: last?.segment.lineBytes ?? 0,
    tornBytes: last?.segment.tornBytes ?? 0,
    damage: [
      ...(nothing ? [{ where: folder, why: "the files are there, and no record in them can be read" }] : []),
      ...unrecorded(check.verdict()),
    ].map(({ where, why }) => ({ where, why })),
  };
}

function revisionOf(lines: readonly AuditLine[]): number | undefined {
  const told = lines.findLast(
    ({ record }) => record !== undefined && (record.kind === "started" || "revision" in record),
  )?.record;
  return told !== undefined && "revision" in told ? told.revision : undefined;
}

/** Numbers that were once given are not given again. */
function chainFrom(
  newest: AuditRecord | undefined,
  damagedAfter: number,
  anchor: AuditAnchor | undefined,
): AuditAnchor | undefined {
  const read =
    newest === undefined
      ? damagedAfter === 0
        ? undefined
        : { n: damagedAfter, hash: NO_HASH }
      : { n: newest.n + damagedAfter, hash: newest.hash };
  if (anchor === undefined || (read !== undefined && read.n >= anchor.n)) return read;
  return anchor;
}

/** Drops the oldest files; a file is old when even the one after it begins too long ago, by clocks that were right. */
async function letGo(
  { disk, clock, folder, keepMs = KEEP_MS, filesMax = FILES_MAX }: AuditOptions,
  say: (entry: {
    readonly kind: "let_go";
    readonly through: number;
    readonly why: "age" | "size";
  }) => Promise<void>,
): Promise<void> {
  const files = [...(await listAuditFiles(disk, folder))];
  for (;;) {
    const [oldest, next] = files;
    if (oldest === undefined || next === undefined) return;
    const { lines } = scanAuditLines((await disk.read(next.path)) ?? new Uint8Array());
    const first = lines.find(({ record }) => record !== undefined)?.record;
    const isOld = first !== undefined && first.trusted && clock.trusted() && first.at < clock.wall() - keepMs;
    if (first === undefined || (!isOld && files.length <= filesMax)) return;
    await say({ kind: "let_go", through: first.n - 1, why: isOld ? "age" : "size" });
    await disk.remove(oldest.path);
    files.shift();
  }
}

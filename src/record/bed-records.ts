import { messageOf } from "../domain/fault.ts";
import type { Clock } from "../port/clock.ts";
import type { Disk } from "../port/disk.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";
import type { AuditEntry, AuditLog, CompactableLog, RecordLog } from "../port/record.ts";
import { openAuditLog } from "./audit.ts";
import { unrecorded } from "./audit-chain.ts";
import type { KnownRecords } from "./known.ts";
import { openRecordLog, type RecordLogOptions } from "./log.ts";

/** The journal and the audit record of one bed, and what of them is not as it was left. */
export interface BedRecords<Entry> {
  readonly journal: CompactableLog<Entry>;
  readonly audit: AuditLog;
  /** In plain words; empty where all is well. Not well is nothing that was never there (a new data folder). */
  readonly damage: readonly string[];
  /**
   * Walks along the whole audit record, in the background. Resolves with what is broken and was not yet known, in plain
   * words; the chain itself then says so. Rejects with DISK_FAILED.
   */
  check(): Promise<string | undefined>;
  /**
   * The watch begins: the audit record says so, and `tell` hears what is damaged, that of others included, at once or
   * when `check` has found it. `about` tells one from the other.
   */
  start(others: readonly string[], tell: (about: "start" | "audit", detail: string) => void): void;
  /** The watch ends: closes both. Never rejects; a disk that fails must not keep the next one from closing. */
  close(): Promise<void>;
}

/** Opens both. `revisionOf`: of the alarm fold, as the audit record counts it. Rejects with DISK_FAILED. */
export async function openBedRecords<Entry>(options: {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly known: KnownRecords;
  readonly bed: string;
  readonly decode: (value: unknown) => Entry | undefined;
  readonly revisionOf: (entry: Entry) => number;
}): Promise<BedRecords<Entry>> {
  const { disk, clock, log, known, bed, revisionOf } = options;
  const folder = `audit-${bed}`;
  const anchor = known.anchor(folder);
  const audit = await openAuditLog({ disk, clock, log, folder, ...(anchor !== undefined && { anchor }) });
  const path = `journal-${bed}.log`;
  const { log: journal, damage } = await openKnownLog({
    ...options,
    path,
    mayBeEmpty: false,
    hadRecords: known.vanished || audit.recovered.revision !== undefined || anchor !== undefined,
  });
  known.follow(folder, () => audit.head);
  const behind = behindAudit(journal, audit, revisionOf);
  const own = [
    ...damage,
    ...(behind && damage.length === 0 ? [`${path} ends before what ${folder} tells`] : []),
    ...(audit.recovered.damage === undefined ? [] : [audit.recovered.damage]),
  ];
  const now = (): Pick<AuditEntry, "at" | "trusted"> => ({ at: clock.wall(), trusted: clock.trusted() });
  const failed = (event: string) => (error: unknown) =>
    log.note(event, { bed, detail: messageOf(error) }, "warn");

  const check = async (): Promise<string | undefined> => {
    const fresh = unrecorded(await audit.verify());
    const [first] = fresh;
    if (first === undefined) return undefined;
    await Promise.allSettled(
      fresh.map(({ where, why }) => audit.append({ kind: "damaged", where, why, ...now() })),
    );
    return `${first.where}: ${first.why}${fresh.length > 1 ? `, and ${fresh.length - 1} more` : ""}`;
  };

  return {
    journal,
    audit,
    damage: own,
    check,
    start(others, tell) {
      const all = [...own, ...others];
      audit
        .append({ kind: "started", journal: journal.id, damage: all, ...now() })
        .catch(failed("audit.late"));
      if (all.length > 0) tell("start", all.join("; "));
      check().then((broken) => {
        if (broken !== undefined) tell("audit", broken);
      }, failed("audit.unchecked"));
    },
    async close() {
      // What the journal's last entries decided comes to the audit record when they are written.
      await journal.close().catch(failed("journal.unclosed"));
      audit.append({ kind: "stopped", ...now() }).catch(failed("audit.late"));
      await audit.close().catch(failed("audit.unclosed"));
    },
  };
}

/** Opens a log of which it is known whether it was there before. Rejects as openRecordLog does. */
export async function openKnownLog<Entry>(
  options: RecordLogOptions<Entry> & {
    readonly known: KnownRecords;
    /** Nothing in it may be all that there is to say. */
    readonly mayBeEmpty: boolean;
    /** Something else tells that there must have been one. */
    readonly hadRecords?: boolean;
  },
): Promise<{ readonly log: CompactableLog<Entry>; readonly damage: readonly string[] }> {
  const { path, known, mayBeEmpty, hadRecords = false } = options;
  const before = known.log(path);
  const log: CompactableLog<Entry> = await openRecordLog({
    ...options,
    onStored: () => known.sawLog(path, log.id),
  });
  const why = damageOf(log, { before, mayBeEmpty, hadRecords });
  return { log, damage: why === undefined ? [] : [`${path} ${why}`] };
}

function damageOf<Entry>(
  { id, recovered }: RecordLog<Entry>,
  was: { readonly before: string | undefined; readonly mayBeEmpty: boolean; readonly hadRecords: boolean },
): string | undefined {
  const { entries, damaged, found } = recovered;
  if (found === "no_file") return was.before !== undefined || was.hadRecords ? "is gone" : undefined;
  if (found === "nothing" || (entries.length === 0 && !was.mayBeEmpty))
    return "is there, and nothing in it can be read";
  if (damaged) {
    return `was damaged: ${entries.length} entries could be read, the file as it was is kept as .damaged`;
  }
  return was.before !== undefined && was.before !== id ? "is another file than before" : undefined;
}

/** The journal is written first: it knows at least what the audit record does, unless its end was lost. */
function behindAudit<Entry>(
  journal: RecordLog<Entry>,
  { recovered }: AuditLog,
  revisionOf: (entry: Entry) => number,
): boolean {
  const last = journal.recovered.entries.at(-1);
  return last !== undefined && recovered.revision !== undefined && recovered.revision > revisionOf(last);
}

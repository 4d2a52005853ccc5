import type { Clock } from "../../port/clock.ts";
import type { Log } from "../../port/log.ts";
import type { State } from "../../port/state.ts";
import { createInlineClient, createWorkerClient, type WorkerClient, workerEntry } from "../worker.ts";
import { openStateTables, type StateTables } from "./tables.ts";

/** Settings and people are read by a person who waits; longer than this is a fault to show, not to sit through. */
const DEADLINE_MS = 5_000;
const AUDITS_LIMIT_MAX = 1_000;
const LIMITS_LIMIT_MAX = 2_000;
const WHAT = "the state store";
const FAULTS = { failed: "STATE_FAILED", stalled: "STATE_FAILED" } as const;

/**
 * The state store on a SQLite file (`state.sqlite`, mode 0600) in a thread of its own. Starts the thread and
 * resolves when the file is open and migrated; rejects with DATA_DIR_UNWRITABLE, DATA_DIR_NEWER, STATE_FAILED.
 * Later calls reject with STATE_FAILED, also when the disk does not answer within 5 s.
 */
export async function openSqliteState(options: {
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
}): Promise<State> {
  const worker = createWorkerClient<StateTables>({
    entry: workerEntry("thread", import.meta.url),
    data: options.folder,
    what: WHAT,
    clock: options.clock,
    log: options.log,
    faults: FAULTS,
    deadlineMs: DEADLINE_MS,
  });
  try {
    await worker.start();
  } catch (error) {
    await worker.close();
    throw error;
  }
  return stateOver(worker);
}

/** The same tables in memory and in this thread, for rehearsals: no file, no thread, no real time. */
export function createMemoryState(): State {
  return stateOver(
    createInlineClient<StateTables>(openStateTables(undefined), { what: WHAT, faults: FAULTS }),
  );
}

function stateOver(tables: WorkerClient<StateTables>): State {
  return {
    people: () => tables.call("people", []),
    addPerson: (person) => tables.call("addPerson", [person]),
    setLanguage: (person, language) => tables.call("setLanguage", [person, language]),
    addSession: (session) => tables.call("addSession", [session]),
    session: (tokenHash, now) => tables.call("session", [tokenHash, now]),
    endSession: (tokenHash) => tables.call("endSession", [tokenHash]),
    addJoinCode: (code) => tables.call("addJoinCode", [code]),
    takeJoinCode: (codeHash, now) => tables.call("takeJoinCode", [codeHash, now]),
    targets: () => tables.call("targets", []),
    putTarget: (target) => tables.call("putTarget", [target]),
    removeTarget: (id) => tables.call("removeTarget", [id]),
    proveTarget: (id, at) => tables.call("proveTarget", [id, at]),
    killTarget: (id, at, why) => tables.call("killTarget", [id, at, why]),
    value: (name) => tables.call("value", [name]),
    setValue: (name, value) => tables.call("setValue", [name, value]),
    openCommissioning: (bed, id, at) => tables.call("openCommissioning", [bed, id, at]),
    putCommissionedStep: (commissioning, step) => tables.call("putCommissionedStep", [commissioning, step]),
    closeCommissioning: (bed, end) => tables.call("closeCommissioning", [bed, end]),
    commissionings: (bed, limit) => tables.call("commissionings", [bed, limit]),
    limits: (bed, limit) => tables.call("limits", [bed, bounded(limit, LIMITS_LIMIT_MAX)]),
    addLimits: (version, expected) => tables.call("addLimits", [version, expected]),
    trustedClinics: () => tables.call("trustedClinics", []),
    trustClinic: (clinic) => tables.call("trustClinic", [clinic]),
    audit: (entry) => tables.call("audit", [entry]),
    audits: (limit) => tables.call("audits", [bounded(limit, AUDITS_LIMIT_MAX)]),
    close: () => tables.close(),
  };
}

const bounded = (limit: number, most: number): number => Math.min(Math.max(0, Math.trunc(limit)), most);

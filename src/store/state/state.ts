import { Fault, messageOf } from "../../domain/fault.ts";
import { isBase32Id } from "../../domain/ids.ts";
import { SECOND_MS, type Wall } from "../../domain/time.ts";
import type { Accounts } from "../../port/accounts.ts";
import type { Clock } from "../../port/clock.ts";
import type { Log } from "../../port/log.ts";
import type { Registry } from "../../port/registry.ts";
import type { HomeStates, State } from "../../port/state.ts";
import {
  createInlineClient,
  createWorkerClient,
  type MethodAnswer,
  type MethodArguments,
  type MethodName,
  type WorkerClient,
  workerEntry,
} from "../worker.ts";
import { accountsOver } from "./accounts.ts";
import { registryOver } from "./registry.ts";
import { openStores, type StoreMethods, type StoresOptions } from "./stores.ts";
import type { StateTables } from "./tables.ts";

/** Settings and people are read by a person who waits; longer than this is a fault to show, not to sit through. */
const DEADLINE_MS = 5_000;
/** A machine that has just been switched on is slow, and sealing what an older version left takes its time. */
const START_MS = 60_000;
/** Writing and reading a whole copy, on a slow card; a stop waits for it too. */
const COPY_MS = 10_000;
const AUDITS_LIMIT_MAX = 1_000;
const LIMITS_LIMIT_MAX = 2_000;
/** As many as are kept of a bed and kind. */
const NOTES_LIMIT_MAX = 20_000;
const WHAT = "the state store";
const FAULTS = { failed: "STATE_FAILED", stalled: "STATE_FAILED" } as const;

/** Calls methods of an area of tables, wherever those are. */
export type Call<Methods extends object> = <Name extends MethodName<Methods>>(
  name: Name,
  args: MethodArguments<Methods[Name]>,
) => Promise<MethodAnswer<Methods[Name]>>;

/** All that is kept of people and settings in a data folder. */
export interface Stores {
  /** Of the data folder's own file: the home's in a home, what belongs to no home on a hub. */
  readonly state: State;
  readonly accounts: Accounts;
  /** On a hub: homes and boxes. */
  readonly registry: Registry;
  /** On a hub: a file for each home. */
  readonly homes: HomeStates;
  /** What was found damaged at the start and what was done about it, in words; empty: nothing. */
  readonly damage: string;
  /** The same with what was found damaged since, while people and settings were read or written. */
  trouble(): string;
  /** Hears of damage that is found from now on, each time another one. Returns what ends it. */
  onTrouble(listener: (trouble: string) => void): () => void;
  /**
   * Keeps a copy of the folder's own file beside it where something was written since the last one: the newest, and two
   * about a day apart. Rejects with STATE_FAILED.
   */
  keepCopy(now: Wall): Promise<void>;
  close(): Promise<void>;
}

/**
 * The state store on SQLite files (`state.sqlite`, on a hub also `homes/<home>/state.sqlite`; mode 0600) in one thread
 * of its own. Starts the thread and resolves when the folder's own file is open and migrated; rejects with
 * DATA_DIR_UNWRITABLE, DATA_DIR_NEWER, STATE_FAILED, UNSEALABLE. Later calls reject with STATE_FAILED, also when the
 * disk does not answer within 5 s.
 */
export async function openSqliteStores(options: {
  readonly folder: string;
  /** 32 bytes; names, addresses and secrets are encrypted with it. */
  readonly key?: Uint8Array;
  /** See StoresOptions. */
  readonly mend?: StoresOptions["mend"];
  readonly clock: Clock;
  readonly log: Log;
}): Promise<Stores> {
  const { folder, key, mend, clock, log } = options;
  const worker = createWorkerClient<StoreMethods>({
    entry: workerEntry("thread", import.meta.url),
    data: { folder, ...(key && { key }), ...(mend && { mend }) } satisfies StoresOptions,
    ...{ what: WHAT, clock, log, faults: FAULTS, deadlineMs: DEADLINE_MS, startMs: START_MS },
  });
  try {
    await worker.start();
    const damage = await worker.call("damage", []);
    if (damage !== "") log.note("state.damaged", { damage }, "error");
    return storesOver(worker, damage, { clock, log });
  } catch (error) {
    await worker.close();
    throw error;
  }
}

/** The same tables in memory and in this thread, for rehearsals: no file, no thread, no real time. */
export const createMemoryStores = (): Stores =>
  storesOver(createInlineClient<StoreMethods>(openStores({}), { what: WHAT, faults: FAULTS }), "", undefined);

/** The State of one home in memory. */
export const createMemoryState = (): State => createMemoryStores().state;

/** `beside`: whoever has no file on a disk has nothing that could be damaged. */
function storesOver(
  thread: WorkerClient<StoreMethods>,
  damage: string,
  beside: { readonly clock: Clock; readonly log: Log } | undefined,
): Stores {
  const { worker, trouble, onTrouble, stop } = watched(thread, damage, beside);
  const close = (): Promise<void> => {
    stop();
    return worker.close();
  };
  const opened = new Map<string, State>();
  return {
    ...{ damage, trouble, onTrouble },
    keepCopy: (now) => worker.call("keepCopy", [now], COPY_MS),
    state: stateOver(areaOf(worker, "home", ""), close),
    accounts: accountsOver(areaOf(worker, "accounts", ""), close),
    registry: registryOver(areaOf(worker, "registry", "")),
    homes: {
      of(home) {
        // "" is the thread's name for the data folder's own file.
        if (!isBase32Id(home))
          return stateOver(
            () => Promise.reject(noHome(home)),
            () => Promise.resolve(),
          );
        const known = opened.get(home);
        if (known !== undefined) return known;
        // Files are the thread's business: one home's state has nothing of its own to close.
        const state = stateOver(areaOf(worker, "home", home), () => Promise.resolve());
        opened.set(home, state);
        return state;
      },
      async remove(home) {
        if (!isBase32Id(home)) throw noHome(home);
        opened.delete(home);
        await worker.call("removeHome", [home]);
      },
    },
    close,
  };
}

/** A thread that died is started anew a second later. */
const ASK_AGAIN_MS = 2 * SECOND_MS;

/** Asks the thread after each failure whether it has found damage: it knows why SQLite refused, and what it mended in a new start. */
function watched(
  thread: WorkerClient<StoreMethods>,
  damage: string,
  beside: { readonly clock: Clock; readonly log: Log } | undefined,
): Pick<Stores, "trouble" | "onTrouble"> & {
  readonly worker: Pick<WorkerClient<StoreMethods>, "call" | "close">;
  stop(): void;
} {
  const listeners = new Set<(trouble: string) => void>();
  let known = damage;
  let asking = false;
  let stopped = false;

  const ask = ({ clock, log }: { readonly clock: Clock; readonly log: Log }): void => {
    if (asking || stopped) return;
    asking = true;
    thread
      .call("trouble", [])
      .then(
        (now) => {
          asking = false;
          if (now === known) return;
          known = now;
          log.note("state.damaged", { damage: now }, "error");
          for (const listener of listeners) listener(now);
        },
        () => {
          asking = false;
          clock.after(ASK_AGAIN_MS, () => ask({ clock, log }));
        },
      )
      .catch((error: unknown) => log.note("state.unasked", { why: messageOf(error) }, "error"));
  };

  return {
    worker: {
      async call(name, args, deadlineMs) {
        try {
          return await thread.call(name, args, deadlineMs);
        } catch (error) {
          if (beside !== undefined) ask(beside);
          throw error;
        }
      },
      close: () => thread.close(),
    },
    trouble: () => known,
    onTrouble(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop() {
      stopped = true;
      listeners.clear();
    },
  };
}

const noHome = (home: string): Fault =>
  new Fault("STATE_FAILED", `${JSON.stringify(home)} names no home`, { permanent: true });

/** The methods of one area, of one home where it is named. */
function areaOf<Methods extends object>(
  worker: Pick<WorkerClient<StoreMethods>, "call">,
  area: "accounts" | "home" | "registry",
  home: string,
): Call<Methods> {
  return async <Name extends MethodName<Methods>>(name: Name, args: MethodArguments<Methods[Name]>) => {
    const answer = await worker.call("call", [area, home, name, [...args]]);
    // Tables and callers are compiled against the same methods; there is nothing else on the line.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    return answer as MethodAnswer<Methods[Name]>;
  };
}

function stateOver(call: Call<StateTables>, close: () => Promise<void>): State {
  return {
    people: () => call("people", []),
    putPerson: (person) => call("putPerson", [person]),
    adoptPerson: (person) => call("adoptPerson", [person]),
    removePerson: (person, at) => call("removePerson", [person, at]),
    targets: () => call("targets", []),
    putTarget: (target) => call("putTarget", [target]),
    adoptTarget: (target) => call("adoptTarget", [target]),
    removeTarget: (id, at) => call("removeTarget", [id, at]),
    removals: () => call("removals", []),
    bury: (removals) => call("bury", [removals]),
    wantMorning: (id, wanted) => call("wantMorning", [id, wanted]),
    removeTargetsOf: (signIns, at) => call("removeTargetsOf", [signIns, at]),
    proveTarget: (id, at, loud) => call("proveTarget", [id, at, loud]),
    killTarget: (id, at, why) => call("killTarget", [id, at, why]),
    value: (name) => call("value", [name]),
    values: () => call("values", []),
    setValue: (name, value) => call("setValue", [name, value]),
    openCommissioning: (bed, id, at) => call("openCommissioning", [bed, id, at]),
    putCommissionedStep: (commissioning, step) => call("putCommissionedStep", [commissioning, step]),
    closeCommissioning: (bed, end) => call("closeCommissioning", [bed, end]),
    commissionings: (bed, limit) => call("commissionings", [bed, limit]),
    limits: (bed, limit) => call("limits", [bed, bounded(limit, LIMITS_LIMIT_MAX)]),
    addLimits: (version, expected) => call("addLimits", [version, expected]),
    researchConsents: (bed) => call("researchConsents", [bed]),
    giveResearch: (consents, secret) => call("giveResearch", [consents, secret]),
    endResearch: (bed, groups, end, fresh) => call("endResearch", [bed, groups, end, fresh]),
    researchSecret: (bed) => call("researchSecret", [bed]),
    notes: (bed, kind, limit) => call("notes", [bed, kind, bounded(limit, NOTES_LIMIT_MAX)]),
    addNote: (note) => call("addNote", [note]),
    notedBeds: () => call("notedBeds", []),
    adoptNotes: (notes) => call("adoptNotes", [notes]),
    removeNote: (bed, id, by) => call("removeNote", [bed, id, by]),
    duty: (bed) => call("duty", [bed]),
    putDuty: (book, expected) => call("putDuty", [book, expected]),
    adoptDuty: (book) => call("adoptDuty", [book]),
    trustedClinics: () => call("trustedClinics", []),
    trustClinic: (clinic) => call("trustClinic", [clinic]),
    audit: (entry) => call("audit", [entry]),
    audits: (limit) => call("audits", [bounded(limit, AUDITS_LIMIT_MAX)]),
    auditsBefore: (before, limit) => call("auditsBefore", [before, bounded(limit, AUDITS_LIMIT_MAX)]),
    close,
  };
}

const bounded = (limit: number, most: number): number => Math.min(Math.max(0, Math.trunc(limit)), most);

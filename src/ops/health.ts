import { daysLeft, endingOf } from "../crypt/certificate.ts";
import type { Mono, Wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import type { BedHealth, HealthFinding, HealthReport } from "../port/health.ts";

/** What the parts of a running program know of themselves; what is absent does not exist here. */
export interface HealthFacts {
  readonly beds: readonly BedHealth[];
  /** Why the engines do not tick as they should; absent: they do. */
  readonly stuck?: string;
  /** The sounder of the house. */
  readonly sounder?: { readonly ok: boolean; readonly detail: string };
  /** Phones that were set up, and those of them that have proved that they ring. */
  readonly phones?: { readonly known: number; readonly proven: number };
  /** Journal, outbox and audit are written in time; `detail` names what is not. */
  readonly records?: { readonly ok: boolean; readonly detail: string };
  /** Why what is sealed cannot be opened; absent: it can. */
  readonly keyless?: string;
  /** What is, or was at the start, wrong with the file of people and settings; absent: nothing. */
  readonly stateDamage?: string;
  /** `isFilling`: it has used most of what it was given, or has shed some already. */
  readonly store: { readonly ok: boolean; readonly detail: string; readonly isFilling?: boolean };
  /** Absent where the disk did not answer. */
  readonly disk?: { readonly freeBytes: number; readonly totalBytes: number };
  /** Whether the broker answers, how many observations wait to be sent, and what is wrong with who is on it. */
  readonly bus?: { readonly connected: boolean; readonly waiting: number; readonly trouble?: string };
  /** Absent for a box that never had a hub. */
  readonly hub?: HubFacts;
  /** What a hub set and this box, or a box of this hub, would not take; absent: no hub, and no boxes, here. */
  readonly refusedSettings?: { readonly count: number; readonly detail: string };
  /** From when until when the certificate of the pages counts; absent without TLS. */
  readonly certificate?: { readonly from: Wall; readonly until: Wall };
  /** Links of devices that are open, of all. */
  readonly devices?: { readonly known: number; readonly open: number };
}

/** Of the hub that took this box in. */
export interface HubFacts {
  /** It answers on the whole way: heartbeats come back from it, not from its broker. */
  readonly hears: boolean;
  /** The hub that has put this box out; absent: it counts it as its own. */
  readonly putOut?: string;
}

const DISK_FULL = 0.95;
const DISK_FILLING = 0.8;
/** More waits than a broker that is away for a moment explains: ten minutes of a bed with three devices. */
const WAITING_MANY = 1_800;

/** The report of a program that started at `startedAt`. */
export function healthOf(
  facts: HealthFacts,
  {
    clock,
    startedAt,
    version,
  }: { readonly clock: Clock; readonly startedAt: Mono; readonly version: string },
): HealthReport {
  const {
    beds,
    stuck,
    sounder,
    phones,
    records,
    keyless,
    stateDamage,
    store,
    disk,
    bus,
    hub,
    refusedSettings,
    certificate,
    devices,
  } = facts;
  const now = clock.wall();
  return {
    version,
    at: now,
    upMs: clock.mono() - startedAt,
    findings: [
      { id: "clock", level: clock.trusted() ? "ok" : "warning" },
      works("engine", { ok: stuck === undefined, detail: stuck ?? "" }),
      ...(sounder === undefined ? [] : [works("sounder", sounder)]),
      ...(phones === undefined ? [] : [phonesFinding(phones)]),
      ...(records === undefined ? [] : [works("records", records)]),
      works("key", { ok: keyless === undefined, detail: keyless ?? "" }),
      // What it needs of a night lies in memory: it works, and somebody has to look at who is missing.
      stateDamage === undefined
        ? { id: "state", level: "ok" }
        : { id: "state", level: "warning", detail: stateDamage },
      storeFinding(store),
      diskFinding(disk),
      ...(bus === undefined ? [] : [busFinding(bus)]),
      ...(hub === undefined ? [] : [hubFinding(hub)]),
      ...(refusedSettings === undefined ? [] : [settingsFinding(refusedSettings)]),
      ...(certificate === undefined ? [] : [certificateFinding(certificate, now)]),
      ...(devices === undefined ? [] : [devicesFinding(devices)]),
    ],
    beds,
    memoryBytes: process.memoryUsage.rss(),
  };
}

/** Whether a load balancer may send people here: everything that keeps what it is given works. */
export const isServing = ({ findings }: Pick<HealthReport, "findings">): boolean =>
  findings.every(({ id, level }) => level !== "error" || (id !== "store" && id !== "records"));

const works = (
  id: HealthFinding["id"],
  { ok, detail }: { readonly ok: boolean; readonly detail: string },
): HealthFinding => ({ id, level: ok ? "ok" : "error", ...(detail === "" ? {} : { detail }) });

function storeFinding(store: HealthFacts["store"]): HealthFinding {
  const finding = works("store", store);
  return finding.level === "ok" && store.isFilling === true ? { ...finding, level: "warning" } : finding;
}

const phonesFinding = ({ known, proven }: NonNullable<HealthFacts["phones"]>): HealthFinding => ({
  id: "phones",
  level: known === 0 || proven === 0 ? "warning" : "ok",
  count: proven,
  detail: `${proven} of ${known} have proved that they ring`,
});

function diskFinding(disk: HealthFacts["disk"]): HealthFinding {
  if (disk === undefined) return { id: "disk", level: "error", detail: "it does not answer" };
  const used = 1 - disk.freeBytes / Math.max(1, disk.totalBytes);
  const level = used >= DISK_FULL ? "error" : used >= DISK_FILLING ? "warning" : "ok";
  return { id: "disk", level, count: Math.round(used * 100) };
}

function busFinding({ connected, waiting, trouble }: NonNullable<HealthFacts["bus"]>): HealthFinding {
  if (trouble !== undefined) return { id: "bus", level: "error", count: waiting, detail: trouble };
  const level = !connected || waiting > WAITING_MANY ? "warning" : "ok";
  return { id: "bus", level, count: waiting };
}

/** Without its hub a box watches, rings and calls by itself, and keeps what it has for it. */
function hubFinding({ hears, putOut }: HubFacts): HealthFinding {
  if (putOut !== undefined) return { id: "hub", level: "error", detail: putOut };
  return { id: "hub", level: hears ? "ok" : "warning" };
}

/** A box goes on with what it had: nothing is lost, but it does not do what somebody was told that it does. */
const settingsFinding = ({ count, detail }: NonNullable<HealthFacts["refusedSettings"]>): HealthFinding => ({
  id: "settings",
  level: count > 0 ? "warning" : "ok",
  count,
  ...(detail === "" ? {} : { detail }),
});

function certificateFinding(certificate: NonNullable<HealthFacts["certificate"]>, now: Wall): HealthFinding {
  const ending = endingOf(certificate, now);
  const level = ending === undefined ? "ok" : ending.stage === "ended" ? "error" : "warning";
  return {
    ...{ id: "certificate", level, count: Math.max(0, daysLeft(certificate, now)) },
    ...(ending === undefined ? {} : { detail: ending.fault.message }),
  };
}

const devicesFinding = ({ known, open }: NonNullable<HealthFacts["devices"]>): HealthFinding => ({
  id: "devices",
  level: open < known || known === 0 ? "warning" : "ok",
  count: known - open,
});

import type { Actor, AlarmCommand, Occurrence } from "../domain/alarm.ts";
import { csvCell } from "../domain/csv-cell.ts";
import type { Wall } from "../domain/time.ts";
import type { AuditRecord } from "../port/record.ts";

const COLUMNS = [
  "n",
  "at",
  "clock",
  "kind",
  "what",
  "who",
  "occurrence",
  "condition",
  "priority",
  "values",
  "simulated",
  "limits_version",
  "detail",
  "hash",
] as const;

type Cells = { readonly [column in (typeof COLUMNS)[number]]?: string };

const row = (cells: readonly string[]): string => `${cells.map(csvCell).join(",")}\r\n`;

/** The first line of the CSV form. */
export const AUDIT_CSV_HEAD = row(COLUMNS);

/**
 * One record for people and spreadsheets. It holds less than the JSON line and cannot be checked by itself: `hash` says
 * which line it is.
 */
export function auditCsvRow(record: AuditRecord): string {
  const cells: Cells = {
    n: String(record.n),
    at: isoOf(record.at),
    clock: record.trusted ? "right" : "not known to be right",
    kind: record.kind,
    hash: record.hash,
    ...("limits" in record && { limits_version: String(record.limits) }),
    ...cellsOf(record),
  };
  return row(COLUMNS.map((column) => cells[column] ?? ""));
}

function cellsOf(record: AuditRecord): Cells {
  switch (record.kind) {
    case "event": {
      const { kind, member, occurrence, reason, by } = record.event;
      return {
        ...ofOccurrence({ ...occurrence, ...member }),
        what: kind,
        who: nameOf(by ?? (kind === "acknowledged" ? occurrence.acknowledgement?.by : undefined)),
        detail: [occurrence.state === "unknown" ? "no data" : "", reason ?? ""].filter(Boolean).join(", "),
      };
    }
    case "command":
      return ofCommand(record.command);
    case "watch": {
      const { on, reason, by } = record.watch;
      return { what: on ? "on" : "off", who: nameOf(by), detail: reason };
    }
    case "started":
      return { what: "started", detail: [`journal ${record.journal}`, ...record.damage].join("; ") };
    case "stopped":
      return { what: "stopped" };
    case "cut":
      return { what: "cut", detail: `${record.bytes} bytes of an unfinished write` };
    case "damaged":
      return { what: "damaged", detail: `${record.where}: ${record.why}` };
    case "lost":
      return { what: "lost", detail: `${record.records} records` };
    case "let_go":
      return { what: "let_go", detail: `up to record ${record.through}, for ${record.why}` };
  }
}

const ofOccurrence = ({ id, condition, priority, values, simulated, drill }: Occurrence): Cells => ({
  occurrence: id,
  condition,
  priority,
  values: JSON.stringify(values),
  simulated: drill ? "DRILL" : simulated ? "SIMULATED" : "",
});

/** What is common to many commands has its column; the rest stands in `detail` as JSON. */
function ofCommand(command: AlarmCommand): Cells {
  const { kind, id: _id, ...rest } = command;
  const { by, occurrence, condition, priority, ...others } = { ...EMPTY, ...rest };
  return {
    what: kind,
    who: nameOf(by),
    ...(occurrence !== undefined && { occurrence }),
    ...(condition !== undefined && { condition }),
    ...(priority !== undefined && { priority }),
    detail: Object.keys(others).length > 0 ? JSON.stringify(others) : "",
  };
}

const EMPTY: {
  readonly by?: Actor;
  readonly occurrence?: string;
  readonly condition?: string;
  readonly priority?: string;
} = {};

const nameOf = (by: Actor | undefined): string => (by === undefined ? "" : by.name);

const isoOf = (at: Wall): string => {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString();
};

import type { Field } from "./field.ts";
import { MISCA_FIELDS } from "./misca-fields.ts";
import { MISCF_FIELDS } from "./miscf-fields.ts";

/** The replies to SNDA and SNDF. */
export type ReportName = "MISCA" | "MISCF";

export interface Report {
  readonly name: ReportName;
  /** The command that asks for it. */
  readonly command: "SNDA" | "SNDF";
  /** Fields between STX and ETX; those that `fields` does not name are reserved or unused. */
  readonly count: number;
  readonly fields: readonly Field[];
}

export const FIRST_FIELD = 5;
const WIDTH = 6;

export const REPORTS: { readonly [name in ReportName]: Report } = {
  MISCA: { name: "MISCA", command: "SNDA", count: 97, fields: MISCA_FIELDS },
  MISCF: { name: "MISCF", command: "SNDF", count: 169, fields: MISCF_FIELDS },
};

/** Characters of each field in order, unused ones included. */
export function widthsOf(report: Report): readonly number[] {
  const named = new Map(report.fields.map(({ field, width }) => [field, width]));
  return Array.from({ length: report.count }, (_, index) => named.get(FIRST_FIELD + index) ?? WIDTH);
}

/** The table for README.md, in Markdown. */
export function fieldTable(report: Report): string {
  const rows = report.fields.map((field) => [
    String(field.field),
    field.name,
    field.kind,
    field.unit === undefined ? "" : `\`${field.unit}\``,
    String(field.width ?? WIDTH),
    usedAs(field),
  ]);
  const head = [
    ["field", "meaning", "kind", "unit", "width", "becomes"],
    ["---", "---", "---", "---", "---", "---"],
  ];
  return [...head, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function usedAs({ signal, alarm }: Field): string {
  if (alarm !== undefined) return `own alarm \`${alarm.code}\`, ${alarm.priority}`;
  if (signal === undefined) return "";
  return `\`${signal.id}\`${signal.factor === undefined ? "" : ` (x ${signal.factor})`}`;
}

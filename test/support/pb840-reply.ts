import { encodeReply } from "../../devices/puritan-bennett-840-parameters/codec.ts";
import type { Report } from "../../devices/puritan-bennett-840-parameters/reports.ts";

/** A reply with quiet alarms and these fields, with its CR. */
export function reply(report: Report, fields: { readonly [field: number]: string } = {}): Uint8Array {
  const quiet = report.fields.flatMap(({ kind, field }) =>
    kind === "alarm" ? [[field, "NORMAL"] as const] : [],
  );
  const given = Object.entries(fields).map(([field, text]) => [Number(field), text] as const);
  return encodeReply(report, new Map([...quiet, ...given]));
}

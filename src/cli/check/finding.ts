import type { Finding } from "../../config/read.ts";
import type { Fault, FaultCode } from "../../domain/fault.ts";

/** All is well with something. */
export const ok = (where: string, what: string): Finding => ({ level: "ok", where, what });

/** Something that the family should know, and that keeps nothing from running. */
export const warning = (where: string, what: string, fix: string, code?: FaultCode): Finding => ({
  level: "warning",
  where,
  what,
  fix,
  ...(code === undefined ? {} : { code }),
});

/** Something that keeps the watch, or a part of it, from working. */
export const error = (where: string, what: string, fix: string, code?: FaultCode): Finding => ({
  level: "error",
  where,
  what,
  fix,
  ...(code === undefined ? {} : { code }),
});

/** A fault as a finding: its sentence without the code, which has its own place. */
export const faulty = (where: string, fault: Fault): Finding =>
  error(
    where,
    fault.message.replace(` (${fault.code})`, "").replace(/\.$/, ""),
    fault.fix ?? `See docs/faults.md, ${fault.code}.`,
    fault.code,
  );

/** One line: `level  where  what (CODE)  -> fix`. */
export function findingLine({ level, where, what, code, fix }: Finding): string {
  const line = `${level}  ${where}  ${what}${code === undefined ? "" : ` (${code})`}`;
  return fix === undefined ? line : `${line}  -> ${fix}`;
}

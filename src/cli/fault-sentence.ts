import type { Fault } from "../domain/fault.ts";

/** What happened, what to do about it, and the code, in this order. */
export function faultSentence(fault: Fault): string {
  const detail = fault.message.replace(` (${fault.code})`, "");
  const what = /[.!?]$/.test(detail) ? detail : `${detail}.`;
  return [what, fault.fix, `(${fault.code})`].filter((part) => part !== undefined).join(" ");
}

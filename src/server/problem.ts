import { STATUS_CODES } from "node:http";
import type { FastifyReply } from "fastify";
import { FAULTS, Fault, type FaultCode, messageOf } from "../domain/fault.ts";
import type { Random } from "../port/random.ts";
import type { Problem } from "./contract.ts";

/** What went wrong, before it is known which answer tells of it. */
type Trouble = Omit<Problem, "instance">;

/** HTTP status of the faults that a request can meet; any other is 500. */
const STATUS: { readonly [code in FaultCode]?: number } = {
  INPUT_INVALID: 400,
  NOT_SIGNED_IN: 401,
  NOT_ALLOWED: 403,
  PASSKEY_REFUSED: 403,
  OIDC_REFUSED: 403,
  OIDC_NOT_ADMITTED: 403,
  NOT_FOUND: 404,
  HOST_UNKNOWN: 421,
  CONFLICT: 409,
  DUTY_UNPROVEN: 409,
  CHECK_AT_NIGHT: 409,
  PASSKEY_NO_HOST: 409,
  OIDC_TAKEN: 409,
  OIDC_ONLY: 409,
  PRESET_CODE_UNKNOWN: 409,
  PRESET_CODE_OLD: 409,
  PAUSE_NOT_ALLOWED: 422,
  PAUSE_TOO_LONG: 422,
  // Not 409: the phones' workers say "over" to that.
  ALARM_WORSE: 422,
  ANSWER_OLD: 422,
  WATCHING_NOT_ALLOWED: 422,
  WATCH_OVER: 422,
  UNDO_TOO_LATE: 422,
  COMMAND_INVALID: 422,
  LIMITS_REFUSED: 422,
  LIMITS_UNCONFIRMED: 422,
  PRESET_CODE_BAD: 422,
  VOICE_REFUSED: 422,
  RATE_LIMITED: 429,
  BUS_UNREACHABLE: 503,
  OIDC_UNREACHABLE: 503,
  EDGE_SILENT: 503,
  STATE_FAILED: 503,
  STORE_FAILED: 503,
  STORE_STALLED: 503,
};

/**
 * Any thrown thing as RFC 9457 problem details. Faults keep their sentence and fix; what the HTTP library refuses
 * is INPUT_INVALID with the library's status; everything else is SERVER_FAILED and says nothing of the inside.
 */
export function problemOf(error: unknown): Trouble {
  if (error instanceof Fault) {
    const suffix = ` (${error.code})`;
    const detail = error.message.endsWith(suffix) ? error.message.slice(0, -suffix.length) : error.message;
    const told = problem(error.code, STATUS[error.code] ?? 500, detail, error.fix);
    return error.names === undefined ? told : { ...told, names: error.names };
  }
  const status = refusalStatus(error);
  if (status === undefined) return problem("SERVER_FAILED", 500, "Something failed inside.", "Try again.");
  // The file server forbids what must not be seen; whether it is there is nobody's business.
  if (status === 403 || status === 404) {
    return problem("NOT_FOUND", 404, "There is nothing at this address.", undefined);
  }
  return problem("INPUT_INVALID", status, messageOf(error), undefined);
}

/** Which codes come with which status, by status; every other code is 500. */
export function codesByStatus(): ReadonlyMap<number, readonly string[]> {
  const found = new Map<number, string[]>([[500, ["SERVER_FAILED"]]]);
  for (const [code, status] of Object.entries(STATUS))
    found.set(status, [...(found.get(status) ?? []), code]);
  return new Map([...found].toSorted(([a], [b]) => a - b));
}

/** The whole of it: `instance` names the request, as its header x-request-id and the log do. */
export const problemIn = (requestId: string, trouble: Trouble): Problem => ({
  ...trouble,
  instance: `urn:breathwatch:request:${requestId}`,
});

/** A refusal without the HTTP library: of an upgrade, or of what is no HTTP at all. */
export function rawProblem(requestId: string, error: unknown): string {
  const problem = problemIn(requestId, problemOf(error));
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? "Refused"}`,
    "connection: close",
    "cache-control: no-store",
    `x-request-id: ${requestId}`,
    "content-type: application/problem+json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return `${head.join("\r\n")}\r\n\r\n${body}`;
}

/** A new name for a request: 16 hex digits. */
export const requestId = ({ random }: { readonly random: Random }): string =>
  Buffer.from(random.bytes(8)).toString("hex");

/** Sends problem details in place of an answer. */
export function sendProblem(reply: FastifyReply, trouble: Trouble): FastifyReply {
  const problem = problemIn(reply.request.id, trouble);
  return reply
    .code(problem.status)
    .header("cache-control", "no-store")
    .removeHeader("content-disposition")
    .removeHeader("etag")
    .type("application/problem+json; charset=utf-8")
    .serializer(JSON.stringify)
    .send(problem);
}

function problem(code: FaultCode, status: number, detail: string, fix: string | undefined): Trouble {
  const base = { type: `urn:breathwatch:fault:${code}`, title: FAULTS[code], status, detail, code };
  return fix === undefined ? base : { ...base, fix };
}

/** The 4xx status of an error by which the HTTP library or a plugin refused a request. */
function refusalStatus(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("statusCode" in error)) return undefined;
  const { statusCode } = error;
  return typeof statusCode === "number" && statusCode >= 400 && statusCode < 500 ? statusCode : undefined;
}

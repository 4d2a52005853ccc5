import type { HomeConfig } from "../../config/config.ts";
import type { Finding } from "../../config/read.ts";
import { Fault, messageOf } from "../../domain/fault.ts";
import { createHttp } from "../../ops/http.ts";
import type { Terminal } from "../terminal.ts";
import { ok, warning } from "./finding.ts";

const ANSWER_MS = 5_000;

/** Whether an outside store answers and would take data from us; nothing where there is none. Writes no point. */
export async function storeFindings({ store }: HomeConfig, terminal: Terminal): Promise<readonly Finding[]> {
  const { influxdb } = store;
  if (store.engine === "sqlite" || influxdb === undefined) return [];
  const { url, database, api, username, password, token, bucket, org } = influxdb;
  const where = `store ${new URL(url).host}`;
  const address = new URL(`${url.replace(/\/$/, "")}${api === "v1" ? "/write" : "/api/v2/write"}`);
  if (api === "v1") address.searchParams.set("db", database);
  else {
    address.searchParams.set("bucket", bucket ?? database);
    if (org !== undefined) address.searchParams.set("org", org);
  }
  const basic = username === undefined ? undefined : `Basic ${btoa(`${username}:${password ?? ""}`)}`;
  const authorization = token === undefined ? basic : `Token ${token}`;
  const later =
    store.engine === "mirror"
      ? "Nights are kept here meanwhile, and go there later."
      : "Alarms work; the box keeps 72 h until the store is back.";
  try {
    const { status } = await createHttp(terminal.clock).request({
      method: "POST",
      url: address.href,
      headers: authorization === undefined ? {} : { authorization },
      // No point at all: a store that lets us in says that, or that there is nothing to do.
      body: new TextEncoder().encode("\n"),
      timeoutMs: ANSWER_MS,
    });
    return [answerFinding(where, status, database, later)];
  } catch (error) {
    const why = (
      error instanceof Fault ? error.message.replace(` (${error.code})`, "") : messageOf(error)
    ).trim();
    return [
      warning(
        where,
        `cannot be reached: ${why}`,
        `Start it, or check store.influxdb.url. ${later}`,
        "STORE_FAILED",
      ),
    ];
  }
}

function answerFinding(where: string, status: number, database: string, later: string): Finding {
  if (status === 401 || status === 403) {
    const fix = `Check store.influxdb.username and password, or token. ${later}`;
    return warning(where, `does not let us write (HTTP ${status})`, fix, "STORE_FAILED");
  }
  if (status === 404) {
    const fix = `Make it (docs/stores.md), or check store.influxdb.database. ${later}`;
    return warning(where, `has no database ${database} (HTTP 404)`, fix, "STORE_FAILED");
  }
  if (status >= 500)
    return warning(where, `is in trouble (HTTP ${status})`, `Look at its log. ${later}`, "STORE_FAILED");
  return ok(where, "answers, and lets us write");
}

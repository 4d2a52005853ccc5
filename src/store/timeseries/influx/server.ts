import { HttpError, InfluxDB, type Transport } from "@influxdata/influxdb-client";
import { Fault, messageOf } from "../../../domain/fault.ts";
import type { Clock } from "../../../port/clock.ts";
import { type Answer, type Asked, ask, errorIn, NoAnswer, openConnections, within } from "./http.ts";
import { readSeries, type Series } from "./series.ts";

/** Where the numbers go, as the configuration names it. */
export interface InfluxAddress {
  readonly url: string;
  /** For InfluxQL; with `v2` the name that is mapped to the bucket. */
  readonly database: string;
  /** `v1`: `/write?db=`, which every InfluxDB has; `v2`: `/api/v2/write`, also VictoriaMetrics'. */
  readonly api: "v1" | "v2";
  readonly username?: string;
  readonly password?: string;
  readonly token?: string;
  readonly bucket?: string;
  readonly org?: string;
}

/** One server, spoken to over HTTP: lines in, InfluxQL out. Every method rejects with STORE_FAILED or STORE_STALLED. */
export interface InfluxServer {
  /**
   * Resolves when the server has confirmed every line by its 204, with how many of them it will never keep because they
   * are older than what it keeps. A fault is `permanent` only where no repeat can ever be taken.
   */
  write(lines: readonly string[]): Promise<number>;
  /** A SELECT from one measurement. */
  select(measurement: string, query: string): Promise<readonly Series[]>;
  /** A statement that changes something (DELETE, CREATE DATABASE). */
  command(statement: string): Promise<void>;
  /** A path of the server's own numbers; undefined where it has none. */
  page(path: string): Promise<string | undefined>;
  close(): void;
}

const WRITE_MS = 10_000;
const READ_MS = 10_000;
/** Deleting rewrites what lies on its disk. */
const COMMAND_MS = 120_000;
const LINES_MAX = 5_000;
const CHARS_MAX = 2 << 20;
/** Bodies above this many bytes are compressed on their way. */
const GZIP_BYTES = 1_000;
/** The only answer that confirms; 201 is InfluxDB 3's "some of it", which the client library takes for success. */
const CONFIRMED = 204;

export function createInfluxServer(address: InfluxAddress, clock: Clock): InfluxServer {
  const base = new URL(address.url);
  const agent = openConnections(base);
  const headers = authorisation(address);
  const { transport } = new InfluxDB({ url: address.url, headers, timeout: 0, transportOptions: { agent } });
  const writePath = writePathOf(address);

  const send = async (
    asked: Omit<Asked, "headers"> & { readonly type?: string },
    ms: number,
  ): Promise<Answer> => {
    const own = asked.type === undefined ? headers : { ...headers, "content-type": asked.type };
    try {
      return await within(clock, ms, (signal) => ask(base, { ...asked, headers: own }, { agent, signal }));
    } catch (error) {
      throw unreachable(base, error);
    }
  };

  /** One request; the client's own buffers and retries are switched off, the proof is its writeSuccess and a 204. */
  const post = async (lines: readonly string[]): Promise<void> => {
    let status: number | undefined;
    let confirmed = 0;
    const failed: { error?: Error } = {};
    const write = async (signal: AbortSignal): Promise<void> => {
      const watched: Transport = {
        ...bound(transport),
        send: (path, body, options, callbacks) =>
          transport.send(
            path,
            body,
            { ...options, signal },
            {
              ...callbacks,
              responseStarted: (received, code) => {
                status = code;
                callbacks?.responseStarted?.(received, code);
              },
            },
          ),
      };
      const api = new InfluxDB({ url: address.url, transport: watched }).getWriteApi("", "", "ns", {
        batchSize: lines.length + 1,
        maxBatchBytes: Number.MAX_SAFE_INTEGER,
        flushInterval: 0,
        maxRetries: 0,
        gzipThreshold: GZIP_BYTES,
        // A promise here keeps the library from retrying and from printing; flush() then resolves whatever happened.
        writeFailed: (error) => {
          failed.error = error;
          return Promise.resolve();
        },
        writeSuccess: (written) => {
          confirmed += written.length;
        },
      });
      api.path = writePath;
      api.writeRecords([...lines]);
      await api.flush();
      api.dispose();
      if (signal.aborted) throw signal.reason;
    };
    try {
      await within(clock, WRITE_MS, write);
    } catch (error) {
      throw unreachable(base, error);
    }
    if (failed.error !== undefined) throw refusal(base, failed.error);
    if (confirmed !== lines.length || status !== CONFIRMED) {
      throw new Fault(
        "STORE_FAILED",
        `${base.host} answered ${status} and confirmed ${confirmed} of ${lines.length} lines`,
      );
    }
  };

  /** How many lines were dropped for good. */
  const postWhole = async (lines: readonly string[]): Promise<number> => {
    try {
      await post(lines);
      return 0;
    } catch (error) {
      if (error instanceof TooOld) return error.dropped;
      if (error instanceof TooLarge && lines.length > 1) {
        const half = Math.ceil(lines.length / 2);
        return (await postWhole(lines.slice(0, half))) + (await postWhole(lines.slice(half)));
      }
      throw error;
    }
  };

  return {
    async write(lines) {
      let dropped = 0;
      for (const part of parts(lines)) dropped += await postWhole(part);
      return dropped;
    },
    async select(measurement, query) {
      const path = `/query?${parameters({ db: address.database, epoch: "ms", q: query })}`;
      return readSeries(whole(base, await send({ method: "GET", path }, READ_MS)), measurement);
    },
    async command(statement) {
      const body = parameters({ q: statement });
      const type = "application/x-www-form-urlencoded";
      const path = `/query?${parameters({ db: address.database })}`;
      readSeries(whole(base, await send({ method: "POST", path, body, type }, COMMAND_MS)));
    },
    async page(path) {
      const { status, body } = await send({ method: "GET", path }, READ_MS);
      return status >= 200 && status < 300 ? body : undefined;
    },
    close: () => agent.destroy(),
  };
}

/** Requests of a size that every server takes. */
function* parts(lines: readonly string[]): Generator<readonly string[]> {
  let start = 0;
  let chars = 0;
  for (const [index, { length }] of lines.entries()) {
    if (index > start && (index - start >= LINES_MAX || chars + length > CHARS_MAX)) {
      yield lines.slice(start, index);
      start = index;
      chars = 0;
    }
    chars += length;
  }
  if (start < lines.length) yield lines.slice(start);
}

function writePathOf({ api, database, bucket, org }: InfluxAddress): string {
  if (api === "v1") return `/write?${parameters({ db: database, precision: "ns" })}`;
  return `/api/v2/write?${parameters({ org: org ?? "", bucket: bucket ?? database, precision: "ns" })}`;
}

const parameters = (named: { readonly [name: string]: string }): string =>
  new URLSearchParams(named).toString();

/** The client's own `token` is `Token ...`, which an InfluxDB 1 with passwords refuses. */
function authorisation({ token, username, password }: InfluxAddress): { readonly [name: string]: string } {
  if (token !== undefined) return { authorization: `Token ${token}` };
  if (username === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${username}:${password ?? ""}`).toString("base64")}` };
}

/** Methods of the library's transport find their own fields again. */
const bound = (transport: Transport): Transport => ({
  send: transport.send.bind(transport),
  request: transport.request.bind(transport),
  iterate: transport.iterate.bind(transport),
  chunkCombiner: transport.chunkCombiner,
});

class TooLarge extends Fault {}

/** Part of a write is older than what the server keeps: it took the rest, and will never take these. */
class TooOld extends Fault {
  readonly dropped: number;

  constructor(detail: string, dropped: number) {
    super("STORE_FAILED", detail, { permanent: true });
    this.dropped = dropped;
  }
}

function refusal(base: URL, error: Error): Fault {
  if (!(error instanceof HttpError)) return unreachable(base, error);
  const said = errorIn(error.body ?? "") || error.message;
  const detail = `${base.host} answered ${error.statusCode}: ${said}`;
  if (/beyond retention policy/.test(said))
    return new TooOld(detail, Number(/dropped=(\d+)/.exec(said)?.[1] ?? 1));
  if (error.statusCode === 413)
    return new TooLarge("STORE_FAILED", detail, { permanent: true, cause: error });
  // Of a partial write the rest is there; what was left out can be taken once the reason is gone.
  const isOurMistake =
    error.statusCode === 400 && /unable to parse|invalid/i.test(said) && !/partial write/.test(said);
  return faultOf(error.statusCode, detail, { cause: error, permanent: isOurMistake });
}

/** The answer's text, of an answer that says yes. */
function whole(base: URL, { status, body }: Answer): string {
  if (status >= 200 && status < 300) return body;
  throw faultOf(status, `${base.host} answered ${status}: ${errorIn(body)}`, {});
}

const FIXES: { readonly [status: number]: string } = {
  400: "If another program writes into this database, give Breathwatch one of its own.",
  401: "Check store.influxdb.username and password, or token.",
  403: "This user or token must be allowed to read and write the database.",
  404: "Make the database (docs/stores.md), and check store.influxdb.database and api.",
};

const faultOf = (
  status: number,
  detail: string,
  { cause, permanent = false }: { readonly cause?: unknown; readonly permanent?: boolean },
): Fault => {
  const fix = FIXES[status];
  return new Fault("STORE_FAILED", detail, { cause, permanent, ...(fix === undefined ? {} : { fix }) });
};

function unreachable(base: URL, error: unknown): Fault {
  if (error instanceof Fault) return error;
  const code = error instanceof NoAnswer ? "STORE_STALLED" : "STORE_FAILED";
  return new Fault(code, `${base.host}: ${messageOf(error)}`, {
    fix: "Check that the server runs and that store.influxdb.url is right.",
    cause: error,
  });
}

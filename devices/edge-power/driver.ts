import { createNews } from "../../src/domain/news.ts";
import { absent } from "../../src/domain/sample.ts";
import { SECOND_MS } from "../../src/domain/time.ts";
import type { DeviceReading, DriverContext, OptionSpecs } from "../../src/driver/contract.ts";
import { createExchange } from "../../src/driver/exchange.ts";
import type { PacketLink } from "../../src/port/link.ts";
import { chunksUntil } from "../../src/wire/chunks.ts";
import { createLineFramer, lineBytes, lineText } from "../../src/wire/line.ts";
import {
  LONGEST_LINE_BYTES,
  type NutLine,
  type Power,
  parseNutLine,
  parseSupply,
  powerOf,
  type Supply,
  upsPowerOf,
} from "./codec.ts";

export const NUT_OPTIONS = {
  ups: {
    kind: "text",
    pattern: /[\w.-]+/,
    maxLength: 64,
    default: "ups",
    help: "Name of the UPS on its server, as `upsc -l` lists it.",
  },
} as const satisfies OptionSpecs;

/** A supply that was not spoken of for so long is unplugged; it is looked at every five seconds. */
const GONE_MS = 12 * SECOND_MS;
const MOST_SUPPLIES = 32;
const POLL_MS = 5 * SECOND_MS;
const REPLY_MS = 4 * SECOND_MS;
const MOST_VALUES = 512;

/** Reads what Linux says of the machine's supplies. */
export async function* observeSupplies(context: DriverContext<PacketLink>): AsyncGenerator<DeviceReading> {
  const { link, clock, trace, signal } = context;
  const isNews = createNews();
  const known = new Map<string, { readonly supply: Supply; readonly atMs: number }>();
  let toldMs = Number.NEGATIVE_INFINITY;
  let told = "";
  for await (const { channel, bytes } of chunksUntil(link.chunks, signal)) {
    const supply = parseSupply(new TextDecoder().decode(bytes));
    if (supply === undefined || (!known.has(channel) && known.size >= MOST_SUPPLIES)) {
      trace.reject(bytes, "nothing that a power supply says");
      continue;
    }
    const nowMs: number = clock.mono();
    trace.frame(
      bytes,
      () => `${channel}: ${supply.get("STATUS") ?? `online ${supply.get("ONLINE") ?? "?"}`}`,
    );
    known.set(channel, { supply, atMs: nowMs });
    for (const [name, { atMs }] of known) if (nowMs - atMs > GONE_MS) known.delete(name);
    const { codes, ...samples } = powerOf([...known.values()].map((each) => each.supply));
    // All supplies speak in one moment: once a second, unless what they say changes.
    const now = JSON.stringify(samples);
    if (now === told && nowMs - toldMs < SECOND_MS) continue;
    told = now;
    toldMs = nowMs;
    yield { body: { kind: "samples", samples } };
    const body = { kind: "status", codes } as const;
    if (codes.length > 0 && isNews(body, nowMs)) yield { body };
  }
}

/** Asks a server of Network UPS Tools every five seconds. */
export async function* observeUps(context: DriverContext): AsyncGenerator<DeviceReading> {
  const { clock, link, options, trace, signal } = context;
  const ups = String(options["ups"]);
  const isNews = createNews();
  const list = createList(ups);
  let finished: (answer: Answer) => void = () => undefined;
  const framer = createLineFramer({
    end: "lf",
    maxBytes: LONGEST_LINE_BYTES,
    onLine(bytes) {
      const line = parseNutLine(lineText(bytes).trimEnd());
      if (line === undefined || !list.takes(line)) return trace.reject(bytes, "no answer to LIST VAR");
      trace.frame(bytes, () => wordsOf(line));
      const answer = list.answer();
      if (answer !== undefined) finished(answer);
    },
    onNoise: (bytes, reason) => trace.reject(bytes, reason),
  });
  const exchange = createExchange<Answer>({
    ...{ link, clock, trace, signal },
    read(chunk, reply) {
      finished = reply;
      framer.push(chunk);
    },
    // Too late for its question: the next one asks again.
    unasked: () => undefined,
  });
  exchange.start();
  try {
    while (!exchange.ended) {
      const askedMs: number = clock.mono();
      const answer = await exchange.request({
        bytes: lineBytes(`LIST VAR ${ups}\n`),
        meaning: `LIST VAR ${ups}: all that the UPS says`,
        matches: () => true,
        timeoutMs: REPLY_MS,
      });
      if (answer !== undefined) {
        const { codes, ...samples } =
          answer.kind === "values" ? upsPowerOf(answer.values) : silent(answer.code);
        yield { body: { kind: "samples", samples } };
        const body = { kind: "status", codes } as const;
        if (codes.length > 0 && isNews(body, clock.mono())) yield { body };
      }
      await exchange.pause(Math.max(SECOND_MS, askedMs + POLL_MS - clock.mono()));
    }
  } finally {
    await exchange.stop();
  }
}

type Answer =
  | { readonly kind: "values"; readonly values: ReadonlyMap<string, string> }
  | { readonly kind: "error"; readonly code: string };

/** Collects the lines of one list. */
function createList(ups: string) {
  let values: Map<string, string> | undefined;
  let whole: Answer | undefined;
  return {
    /** False for a line that belongs to no list of this UPS. */
    takes(line: NutLine): boolean {
      if (line.kind === "error") {
        values = undefined;
        whole = { kind: "error", code: line.code };
        return true;
      }
      if (line.ups !== ups) return false;
      if (line.kind === "begin") values = new Map();
      else if (values === undefined) return false;
      else if (line.kind === "end") {
        whole = { kind: "values", values };
        values = undefined;
      } else if (line.kind === "value" && values.size < MOST_VALUES) values.set(line.name, line.value);
      return true;
    },
    /** The answer that the last line completed, once. */
    answer(): Answer | undefined {
      const answer = whole;
      whole = undefined;
      return answer;
    },
  };
}

/** What a server says that has lost its UPS: an old value is none. */
function silent(code: string): Power & { readonly codes: readonly string[] } {
  const reason = absent(
    code === "DATA-STALE" || code === "DRIVER-NOT-CONNECTED" ? "not_connected" : "unsupported",
  );
  return {
    ...{ mains: reason, battery_percent: reason, battery_minutes: reason },
    codes: [code === "UNKNOWN-UPS" ? "unknown_ups" : "ups_lost"],
  };
}

function wordsOf(line: NutLine): string {
  switch (line.kind) {
    case "begin":
      return `list of ${line.ups} begins`;
    case "end":
      return `list of ${line.ups} ends`;
    case "value":
      return `${line.name} is ${line.value === "" ? "empty" : line.value}`;
    case "error":
      return `refused: ${line.code}`;
  }
}

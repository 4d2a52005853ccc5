import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type AnswersIn, createAnswersIn } from "../../../src/bus/answers-in.ts";
import { createAnswersOut } from "../../../src/bus/answers-out.ts";
import { createMemoryBus } from "../../../src/bus/memory.ts";
import { write } from "../../../src/bus/messages.ts";
import { hashOfBytes, signAnswer } from "../../../src/bus/signing.ts";
import { bedTopic } from "../../../src/bus/topics.ts";
import { Fault } from "../../../src/domain/fault.ts";
import { HOUR_MS, SECOND_MS, wall } from "../../../src/domain/time.ts";
import { createVirtualClock, settle } from "../../../src/rehearsal/clock.ts";
import { createSeededRandom } from "../../../src/rehearsal/random.ts";
import { silentLog as log } from "../../support/silent-log.ts";

const NOW = wall(1_800_000_000_000);
const place = { home: "abcdefghij", bed: "b1" };
const key = new Uint8Array(32).fill(4);
const tina = { id: "t1", name: "Tina" };
const device = "oximeterxx";
const asked = { kind: "recording", device, from: wall(NOW - HOUR_MS), to: NOW } as const;
const topic = bedTopic(place.home, place.bed, "answer");

/** A text that does not shrink: random letters. */
function noise(chars: number): string {
  const random = createSeededRandom(5);
  let text = "";
  while (text.length < chars) text += Buffer.from(random.bytes(3_000)).toString("base64");
  return text.slice(0, chars);
}

/** A hub that asks, a box that answers; the command between them is a plain call. */
async function setUp(
  given: { text?: () => Promise<string> | undefined; boxKey?: Uint8Array; deaf?: boolean } = {},
) {
  const clock = createVirtualClock(NOW, true);
  const memory = createMemoryBus(clock);
  const bus = memory.connector.connect({ url: "memory://", clientId: "edge" });
  const audited: string[] = [];
  const hungUp: string[] = [];
  const ids: string[] = [];
  const pieces: string[] = [];
  const out = createAnswersOut({
    ...{ bus, clock, log, ...place, pairingKey: given.boxKey ?? key },
    recording: (named) => (named === device ? (given.text ?? (async () => "0.000 < 01\n"))() : undefined),
    auditPage: async ({ after }) => ({
      text: `page ${after ?? 0}\n`,
      ...(after === 2 ? {} : { next: (after ?? 0) + 1 }),
    }),
    audit: (by, action, detail) => audited.push(`${by.name} ${action} ${detail}`),
  });
  const hubBus = memory.connector.connect({ url: "memory://", clientId: "hub" });
  hubBus.subscribe(topic, (_topic, payload) => pieces.push(payload));
  const answers: AnswersIn = createAnswersIn({
    ...{ bus: hubBus, clock, log, random: createSeededRandom(3), pairingKeyOf: () => key },
    async look(_place, body, by, id = "") {
      if (body.kind === "hang_up") {
        hungUp.push(body.answer);
        return out.hangUp(body.answer);
      }
      ids.push(id);
      if (body.kind !== "recording" && body.kind !== "audit") throw new Error(`nobody asks for ${body.kind}`);
      return given.deaf === true ? { accepted: true } : out.begin(id, body, by);
    },
  });
  answers.start();
  await settle();
  return { ...{ clock, bus, hubBus, out, answers, audited, hungUp, ids, pieces } };
}

const never = new AbortController().signal;

/** Packing runs beside, in real time; the virtual clock stands meanwhile. */
async function codeOf(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  return error instanceof Fault ? error.code : String(error);
}

describe("an answer of a box", () => {
  test("comes in pieces that are put together again, and is written down on the box first", async () => {
    const text = noise(200_000);
    const s = await setUp({ text: async () => text });
    expect(await s.answers.fetch(place, asked, tina, never)).toEqual({ text });
    expect(s.pieces.length).toBeGreaterThan(5);
    expect(Math.max(...s.pieces.map(({ length }) => length))).toBeLessThan(40_000);
    expect(s.audited).toEqual([
      `Tina recording ${device} ${new Date(asked.from).toISOString()} to ${new Date(NOW).toISOString()}`,
    ]);
    expect(s.answers.waiting).toBe(0);
  });

  test("of an audit record comes page by page, and is written down once", async () => {
    const s = await setUp();
    const page = { kind: "audit", format: "jsonl", from: wall(0), to: NOW } as const;
    expect(await s.answers.fetch(place, page, tina, never)).toEqual({ text: "page 0\n", next: 1 });
    await expect.poll(() => s.out.begin("x", { ...page, to: wall(0) }, tina).code).toBe("INPUT_INVALID");
    expect(await s.answers.fetch(place, { ...page, after: 2 }, tina, never)).toEqual({ text: "page 2\n" });
    expect(s.audited).toHaveLength(1);
  });

  test("is one at a time, at most two hours long, and a few MiB", async () => {
    const s = await setUp({ text: () => new Promise(() => undefined) });
    expect(s.out.begin("one", asked, tina)).toEqual({ accepted: true });
    expect(s.out.begin("two", asked, tina)).toMatchObject({ accepted: false, code: "RATE_LIMITED" });
    s.out.hangUp("one");
    expect(s.out.begin("two", asked, tina)).toEqual({ accepted: true });
    s.out.stop();
    const long = { ...asked, from: wall(NOW - 3 * HOUR_MS) };
    expect(s.out.begin("three", long, tina)).toMatchObject({ accepted: false, code: "INPUT_INVALID" });
    const large = await setUp({ text: async () => noise(6_500_000) });
    expect(await codeOf(large.answers.fetch(place, asked, tina, never))).toBe("INPUT_INVALID");
    expect(large.pieces).toHaveLength(1);
  });

  test("that is not signed with the key of the pairing is not believed", async () => {
    const s = await setUp({ boxKey: new Uint8Array(32).fill(5) });
    expect(await codeOf(s.answers.fetch(place, asked, tina, never))).toBe("BUS_UNREACHABLE");
  });

  test("with a hole, of another length or with a bomb inside is not believed", async () => {
    const s = await setUp({ deaf: true });
    const forge = async (make: (id: string) => readonly Parameters<typeof write>[0][]): Promise<string> => {
      const fate = codeOf(s.answers.fetch(place, asked, tina, never));
      await settle();
      const id = s.ids.at(-1) ?? "";
      for (const message of make(id)) await s.bus.publish(topic, write(message), { retain: false });
      return fate;
    };
    const signed = (id: string, packed: Buffer) => {
      const end = { bytes: packed.length, hash: hashOfBytes(packed) };
      return { ...end, mac: signAnswer(key, place, { id, ...end }) };
    };
    const good = gzipSync("text");
    const data = good.toString("base64");
    expect(await forge((id) => [{ id, n: 1, data, end: signed(id, good) }])).toBe("BUS_UNREACHABLE");
    expect(await forge((id) => [{ id, n: 0, data: "AAAA", end: signed(id, good) }])).toBe("BUS_UNREACHABLE");
    const bomb = gzipSync(Buffer.alloc(40 << 20));
    const cut = Array.from({ length: Math.ceil(bomb.length / 24_000) }, (_, n) =>
      bomb.subarray(n * 24_000, (n + 1) * 24_000).toString("base64"),
    );
    const inside = (id: string) =>
      cut.map((part, n) => ({ id, n, data: part, ...(n < cut.length - 1 ? {} : { end: signed(id, bomb) }) }));
    expect(await forge(inside)).toBe("BUS_UNREACHABLE");
    expect(await forge((id) => [{ id, n: 0, data, end: signed(id, good) }])).toBe("undefined");
  });

  test("that stays away ends after 20 s, and one that nobody waits for is hung up", async () => {
    const s = await setUp({ text: () => new Promise(() => undefined) });
    const silent = codeOf(s.answers.fetch(place, asked, tina, never));
    await settle();
    await s.clock.advance(19 * SECOND_MS);
    expect(s.answers.waiting).toBe(1);
    await s.clock.advance(2 * SECOND_MS);
    expect(await silent).toBe("EDGE_SILENT");
    const gone = new AbortController();
    const left = codeOf(s.answers.fetch(place, asked, tina, gone.signal));
    await settle();
    gone.abort();
    expect(await left).toBe("CONFLICT");
    expect(s.hungUp).toHaveLength(2);
    expect(s.out.begin("next", asked, tina)).toEqual({ accepted: true });
  });

  test("that fails at the box says why", async () => {
    const s = await setUp({
      text: async () => {
        throw new Fault("DISK_FAILED", "the disk said no");
      },
    });
    const failing = s.answers.fetch(place, asked, tina, never);
    await expect(failing).rejects.toMatchObject({
      code: "DISK_FAILED",
      message: "the disk said no (DISK_FAILED)",
    });
  });
});

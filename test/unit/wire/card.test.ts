import { describe, expect, test } from "vitest";
import { type Wall, wall } from "../../../src/domain/time.ts";
import type { FileLink } from "../../../src/port/link.ts";
import { createVirtualClock, settle } from "../../../src/rehearsal/clock.ts";
import {
  createLocalTimes,
  inOrder,
  interleaved,
  isDate,
  localTimeOf,
  looks,
  merged,
  pieces,
  wholeFile,
} from "../../../src/wire/card.ts";

const fileOf = (bytes: Uint8Array): { link: FileLink; reads: number[] } => {
  const reads: number[] = [];
  return {
    reads,
    link: {
      growing: false,
      list: async () => [{ path: "f", bytes: bytes.length }],
      async read(_path, from, to) {
        reads.push(to - from);
        return bytes.slice(from, to);
      },
      close: async () => undefined,
    },
  };
};

const collect = async <T>(source: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
};

describe("looking at a card", () => {
  const card = (growing: boolean) => {
    const clock = createVirtualClock(wall(0));
    let lists = 0;
    const link: FileLink = {
      growing,
      list: async () => [{ path: `look ${++lists}`, bytes: 0 }],
      read: async () => new Uint8Array(0),
      close: async () => undefined,
    };
    return { clock, link };
  };

  async function* names(files: readonly { readonly path: string }[]): AsyncGenerator<string> {
    for (const { path } of files) yield path;
  }

  test("once where it does not grow", async () => {
    expect(await collect(looks({ ...card(false), signal: new AbortController().signal }, names))).toEqual([
      "look 1",
    ]);
  });

  test("again each minute where it grows, until told to stop, with no timer left", async () => {
    const { clock, link } = card(true);
    const stop = new AbortController();
    const heard: string[] = [];
    const looking = (async () => {
      for await (const name of looks({ clock, link, signal: stop.signal }, names)) heard.push(name);
    })();
    await clock.advance(125_000);
    expect(heard).toEqual(["look 1", "look 2", "look 3"]);
    stop.abort();
    await looking;
    await settle();
    expect(clock.pending).toBe(0);
  });
});

describe("reading in pieces", () => {
  const bytes = Uint8Array.from({ length: 200_001 }, (_, i) => i % 251);

  test("all bytes come in order, none twice, and no piece is large", async () => {
    const { link, reads } = fileOf(bytes);
    const parts = await collect(pieces(link, "f", { from: 5, to: bytes.length }));
    expect(Buffer.concat(parts).equals(Buffer.from(bytes.subarray(5)))).toBe(true);
    expect(Math.max(...reads)).toBeLessThanOrEqual(64 * 1024);
  });

  test("pieces are whole units; a rest at the end is dropped", async () => {
    const { link } = fileOf(bytes);
    const parts = await collect(pieces(link, "f", { from: 0, to: bytes.length, unit: 1000 }));
    expect(parts.every(({ length }) => length % 1000 === 0)).toBe(true);
    expect(parts.reduce((sum, { length }) => sum + length, 0)).toBe(200_000);
  });

  test("a file that became shorter than its entry ends the reading", async () => {
    const { link } = fileOf(new Uint8Array(10));
    expect(
      (await collect(pieces(link, "f", { from: 0, to: 1_000_000 }))).map(({ length }) => length),
    ).toEqual([10]);
  });

  test("a whole file, unless it is larger than allowed", async () => {
    const { link } = fileOf(bytes);
    expect((await wholeFile(link, { path: "f", bytes: bytes.length }, 1 << 20))?.length).toBe(200_001);
    expect(await wholeFile(link, { path: "f", bytes: bytes.length }, 200_000)).toBeUndefined();
  });
});

describe("local times", () => {
  const iso = (at: Wall | undefined): string | undefined =>
    at === undefined ? undefined : new Date(at).toISOString();
  const time = (hour: number, minute: number, day = 25) => ({
    year: 2026,
    month: 10,
    day,
    hour,
    minute,
    second: 30,
  });

  test("of an ordinary day", () => {
    expect(iso(createLocalTimes("Asia/Kolkata")(time(3, 14)))).toBe("2026-10-24T21:44:30.000Z");
  });

  test("in the hour that comes twice: the earlier, unless a later one was there before", () => {
    const berlin = createLocalTimes("Europe/Berlin");
    const first = berlin(time(2, 59));
    expect(iso(first)).toBe("2026-10-25T00:59:30.000Z");
    expect(iso(berlin(time(2, 0), first))).toBe("2026-10-25T01:00:30.000Z");
    expect(iso(berlin(time(3, 0), first))).toBe("2026-10-25T02:00:30.000Z");
    // A clock that was set back on such a day stays what it says.
    expect(iso(berlin(time(1, 0), first))).toBe("2026-10-24T23:00:30.000Z");
  });

  test("in the hour that does not come: the later reading", () => {
    const berlin = createLocalTimes("Europe/Berlin");
    expect(iso(berlin({ year: 2026, month: 3, day: 29, hour: 2, minute: 30, second: 0 }))).toBe(
      "2026-03-29T01:30:00.000Z",
    );
  });

  test.each([
    { year: 2026, month: 2, day: 29, hour: 0, minute: 0, second: 0 },
    { year: 2026, month: 13, day: 1, hour: 0, minute: 0, second: 0 },
    { year: 2026, month: 1, day: 1, hour: 24, minute: 0, second: 0 },
    { year: 2026, month: 1, day: 1, hour: 0, minute: 0, second: 60 },
    { year: 1999, month: 1, day: 1, hour: 0, minute: 0, second: 0 },
    { year: 65_535, month: 255, day: 255, hour: 255, minute: 255, second: 255 },
  ])("what is no time gives none: $year-$month-$day $hour:$minute:$second", (wrong) => {
    expect(createLocalTimes("UTC")(wrong)).toBeUndefined();
  });

  test("a leap day is a date, and an epoch count shows its fields", () => {
    expect(isDate(2028, 2, 29)).toBe(true);
    expect(localTimeOf(Date.UTC(2026, 9, 25, 2, 3, 4))).toEqual({
      year: 2026,
      month: 10,
      day: 25,
      hour: 2,
      minute: 3,
      second: 4,
    });
  });
});

test("marks come at their places in a stream, and those of no time first", async () => {
  const item = (name: string, at?: number) => ({ name, ...(at === undefined ? {} : { deviceAt: wall(at) }) });
  async function* stream() {
    for (const at of [10, 20, 30]) yield item(`s${at}`, at);
  }
  const marks = inOrder([item("m35", 35), item("m10", 10), item("none"), item("m25", 25)]);
  expect((await collect(merged(stream(), marks))).map(({ name }) => name)).toEqual([
    "none",
    "m10",
    "s10",
    "s20",
    "m25",
    "s30",
    "m35",
  ]);
});

test("two streams become one in order of time, to the end of both, and are closed when the reader stops", async () => {
  const closed: string[] = [];
  async function* stream(name: string, ...times: number[]) {
    try {
      for (const at of times) yield { name: `${name}${at}`, deviceAt: wall(at) };
    } finally {
      closed.push(name);
    }
  }
  const all = await collect(interleaved(stream("a", 1, 4, 5), stream("b", 2, 4, 9)));
  expect(all.map(({ name }) => name)).toEqual(["a1", "b2", "a4", "b4", "a5", "b9"]);
  for await (const { name } of interleaved(stream("c", 1, 2), stream("d", 3))) if (name === "c1") break;
  expect(closed).toEqual(["a", "b", "c", "d"]);
});

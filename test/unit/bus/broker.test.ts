import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createPacketGauge } from "../../../src/bus/broker-packets.ts";
import { createRetainedShelf } from "../../../src/bus/broker-retained.ts";
import { createGatekeeper } from "../../../src/bus/broker-users.ts";

const CONNECT = 0x10;
const PUBLISH = 0x32;
const SUBSCRIBE = 0x82;

/** A fixed header as MQTT 3.1.1, section 2.2.3 has it, and so many bytes behind it. */
function packet(first: number, length: number, body = length): Buffer {
  const header = [first];
  let rest = length;
  do {
    header.push((rest % 128) | (rest >= 128 ? 128 : 0));
    rest = Math.floor(rest / 128);
  } while (rest > 0);
  return Buffer.concat([Buffer.from(header), Buffer.alloc(body, 0xff)]);
}

/** Taken in pieces of these sizes, over and over. */
function takeInPieces(
  bytes: Buffer,
  sizes: readonly number[],
  gauge = createPacketGauge(),
): string | undefined {
  for (let at = 0, n = 0; at < bytes.length; n++) {
    const size = sizes[n % sizes.length]!;
    const why = gauge.take(bytes.subarray(at, at + size));
    if (why !== undefined) return why;
    at += size;
  }
  return undefined;
}

describe("the gauge of packets", () => {
  test("lets any honest stream through, however it is cut", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(PUBLISH, SUBSCRIBE, 0xc0), fc.integer({ min: 0, max: 400 })), {
          maxLength: 20,
        }),
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 9 }),
        (packets, sizes) => {
          const stream = [packet(CONNECT, 40), ...packets.map(([first, length]) => packet(first, length))];
          expect(takeInPieces(Buffer.concat(stream), sizes)).toBeUndefined();
        },
      ),
    );
  });

  test("finds a packet that is too large by its header, before a byte of it, wherever in the stream it comes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 10 }),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 5 }),
        (lengths, sizes) => {
          const gauge = createPacketGauge();
          gauge.take(packet(CONNECT, 12));
          gauge.admit();
          const honest = Buffer.concat([
            Buffer.alloc(0),
            ...lengths.map((length) => packet(PUBLISH, length)),
          ]);
          expect(takeInPieces(honest, sizes, gauge)).toBeUndefined();
          expect(takeInPieces(packet(PUBLISH, 268_435_455, 0), sizes, gauge)).toContain("268435455");
        },
      ),
    );
  });

  test.each([
    ["anything but a connect first", packet(PUBLISH, 5)],
    ["a request of the web", Buffer.from("GET / HTTP/1.1\r\n\r\n")],
    ["a connect of 64 KiB", packet(CONNECT, 65_536, 0)],
    ["a length without an end", Buffer.from([CONNECT, 0xff, 0xff, 0xff, 0xff, 1])],
  ])("refuses %s", (_, bytes) => {
    expect(createPacketGauge().take(bytes)).toBeDefined();
  });

  test("takes large messages only from who was let in, and never a large packet of another kind", () => {
    const gauge = createPacketGauge();
    expect(gauge.take(packet(CONNECT, 100))).toBeUndefined();
    expect(gauge.take(packet(PUBLISH, 40_000, 0))).toBeDefined();
    const known = createPacketGauge();
    known.take(packet(CONNECT, 100));
    known.admit();
    expect(known.take(packet(PUBLISH, 700_000))).toBeUndefined();
    expect(known.take(packet(SUBSCRIBE, 40_000, 0))).toBeDefined();
  });

  test("ends a flood of small packets from somebody who was not let in", () => {
    const gauge = createPacketGauge();
    gauge.take(packet(CONNECT, 100));
    const flood = Buffer.concat(Array.from({ length: 1_000 }, () => packet(PUBLISH, 100)));
    expect(takeInPieces(flood, [1_000], gauge)).toBeDefined();
  });
});

describe("the shelf of retained messages", () => {
  const place = (n: number, home = "abcdefghij"): string => `breathwatch/1/aa/${home}/b1/stored/d${n}`;

  test("is bounded for each home by itself, so that a mad one takes nothing from others", () => {
    const shelf = createRetainedShelf();
    let kept = 0;
    while (kept < 10_000 && shelf.admits(place(kept), 100)) kept++;
    expect(kept).toBe(256);
    expect(shelf.admits(place(0), 100)).toBe(true);
    expect(shelf.admits(place(0, "bcdefghijk"), 100)).toBe(true);
    expect(shelf.admits("elsewhere/x", 100)).toBe(true);
  });

  test("is bounded in bytes too, and what is replaced or taken away makes room", () => {
    const shelf = createRetainedShelf();
    for (let n = 0; n < 8; n++) expect(shelf.admits(place(n), 500_000)).toBe(true);
    expect(shelf.admits(place(8), 500_000)).toBe(false);
    expect(shelf.admits(place(0), 100)).toBe(true);
    expect(shelf.admits(place(8), 500_000)).toBe(true);
    for (let n = 0; n < 9; n++) expect(shelf.admits(place(n), 0)).toBe(true);
    for (let n = 0; n < 8; n++) expect(shelf.admits(place(n), 500_000)).toBe(true);
  });
});

describe("the gatekeeper", () => {
  const user = "abcdefghij.boxaaaaaaa";

  function gatekeeper(knows?: (username: string, password: string) => Promise<boolean>) {
    const ended: string[] = [];
    const gate = createGatekeeper({
      username: "breathwatch",
      password: "own secret",
      end: (name) => ended.push(name),
      ...(knows === undefined ? {} : { knows }),
    });
    return { gate, ended };
  }

  test("knows its own user, the users that were put, and nobody else", async () => {
    const { gate } = gatekeeper();
    await gate.users.put(user, "box secret");
    expect(await gate.admit("breathwatch", "own secret")).toEqual({ kind: "own" });
    expect(await gate.admit(user, "box secret")).toEqual({
      kind: "box",
      home: "abcdefghij",
      box: "boxaaaaaaa",
    });
    for (const [name, password] of [
      ["breathwatch", "box secret"],
      [user, "own secret"],
      [user, ""],
      ["", ""],
      ["hub", "own secret"],
      ["abcdefghij.boxbbbbbbb", "box secret"],
    ] as const) {
      expect(await gate.admit(name, password), `${name} ${password}`).toBeUndefined();
    }
    await gate.users.put("hub", "hub secret");
    expect(await gate.admit("hub", "hub secret")).toEqual({ kind: "hub" });
    expect(await gate.users.list()).toEqual([user]);
  });

  test("ends connections when a password changes or the user goes, not when the same is put again", async () => {
    const { gate, ended } = gatekeeper();
    await gate.users.put(user, "one");
    ended.length = 0;
    await gate.users.put(user, "one");
    expect(ended).toEqual([]);
    await gate.users.put(user, "two");
    expect(ended).toEqual([user]);
    expect(await gate.admit(user, "one")).toBeUndefined();
    await gate.users.remove(user);
    await gate.users.remove(user);
    expect(ended).toEqual([user, user, user]);
    expect(await gate.admit(user, "two")).toBeUndefined();
  });

  test("takes no user that is no box, and none without a password", async () => {
    const { gate } = gatekeeper();
    for (const [name, password] of [
      ["breathwatch", "x"],
      ["+", "x"],
      ["a.b", "x"],
      [user, ""],
    ] as const) {
      await expect(gate.users.put(name, password)).rejects.toMatchObject({ code: "INPUT_INVALID" });
    }
  });

  test("asks who else knows, but not about names that could be nobody", async () => {
    const asked: string[] = [];
    const { gate } = gatekeeper((name, password) => {
      asked.push(name);
      return Promise.resolve(password === "known");
    });
    expect(await gate.admit(user, "known")).toMatchObject({ kind: "box" });
    expect(await gate.admit(user, "guess")).toBeUndefined();
    expect(await gate.admit("anybody", "known")).toBeUndefined();
    expect(asked).toEqual([user, user]);
  });

  test("leaves connections alone that came in with the password that is put afterwards, and ends older ones", async () => {
    let wanted = "one";
    const { gate, ended } = gatekeeper((_, password) => Promise.resolve(password === wanted));
    await gate.admit(user, "one");
    await gate.users.put(user, "one");
    expect(ended).toEqual([]);
    const later = gatekeeper((_, password) => Promise.resolve(password === wanted));
    await later.gate.admit(user, "one");
    wanted = "two";
    await later.gate.admit(user, "two");
    expect(later.ended).toEqual([user]);
    await later.gate.users.put(user, "two");
    expect(later.ended).toEqual([user]);
  });

  test("does not let a box in that was removed while its password was being looked up", async () => {
    let answer: ((known: boolean) => void) | undefined;
    let isRevoked = false;
    const { gate } = gatekeeper(
      () =>
        new Promise((resolve) => {
          if (isRevoked) resolve(false);
          else answer = resolve;
        }),
    );
    const admission = gate.admit(user, "known");
    isRevoked = true;
    await gate.users.remove(user);
    answer?.(true);
    expect(await admission).toBeUndefined();
  });
});

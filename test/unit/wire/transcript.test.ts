import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  fromHex,
  isTranscript,
  parseHexFrames,
  parseTranscript,
  timedChunks,
  toHex,
  writeTranscriptChunk,
  writeTranscriptHeader,
} from "../../../src/wire/transcript.ts";

const HEADER = { device: "nonin-serial", simulated: false, options: { format: "2", family: "9560" } };
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("a transcript", () => {
  test("keeps device, options, directions, times to the microsecond, and bytes", () => {
    const chunk = fc.record({
      stepUs: fc.nat({ max: 5_000_000 }),
      direction: fc.constantFrom("in" as const, "out" as const),
      bytes: fc.uint8Array({ maxLength: 40 }),
    });
    fc.assert(
      fc.property(fc.array(chunk, { maxLength: 20 }), (given) => {
        let atUs = 0;
        const chunks = given.map(({ stepUs, direction, bytes }) => {
          atUs += stepUs;
          return { offsetMs: atUs / 1000, direction, bytes };
        });
        const text = writeTranscriptHeader(HEADER) + chunks.map(writeTranscriptChunk).join("");
        expect(parseTranscript(text)).toEqual({ ...HEADER, chunks });
      }),
    );
  });

  test("says in its header whether a simulator made it, and counts as simulated when it does not say", () => {
    expect(parseTranscript(writeTranscriptHeader({ ...HEADER, simulated: true })).simulated).toBe(true);
    expect(parseTranscript(writeTranscriptHeader(HEADER)).simulated).toBe(false);
    expect(parseTranscript("breathwatch-transcript 1\ndevice: x\n").simulated).toBe(true);
  });

  test("may be written by hand, with remarks and empty lines", () => {
    const text = "breathwatch-transcript 1\n# a remark\ndevice: x\n\n0 < 0181 43| frame 1\n\n10.5 > 06\n";
    expect(parseTranscript(text).chunks).toEqual([
      { offsetMs: 0, direction: "in", bytes: Uint8Array.of(1, 0x81, 0x43) },
      { offsetMs: 10.5, direction: "out", bytes: Uint8Array.of(6) },
    ]);
  });

  test("that was cut off by a crash is read up to its last whole line", () => {
    const text = `${writeTranscriptHeader(HEADER)}0.000 < 01\n5.000 < 02 0`;
    expect(parseTranscript(text).chunks).toHaveLength(1);
  });

  test.each([
    ["breathwatch-transcript 2\ndevice: x\n", "Line 1 "],
    ["breathwatch-transcript 1\nsimulated: no\n", "do not name a device"],
    ["breathwatch-transcript 1\ndevice: x\n0 < 01\nwhat is this\n1 < 02\n", "Line 4 "],
    ["breathwatch-transcript 1\ndevice: x\n5 < 01\n4 < 02\n", "Line 4 of the recording goes back in time"],
    ["breathwatch-transcript 1\ndevice: x\n5 < 0\n6 < 02\n", "Line 3 "],
  ])("with a mistake names the line: %j", (text, message) => {
    expect(() => parseTranscript(text)).toThrow(message);
    expect(() => parseTranscript(text)).toThrow(expect.objectContaining({ code: "INPUT_INVALID" }));
  });
});

describe("a .hex file", () => {
  test("is one frame a line; remarks and what stands after a bar are no bytes", () => {
    const text = "# source\n01 80 49 00 CA | frame 22 \n\n0181 43\n";
    expect(parseHexFrames(text).map(toHex)).toEqual(["01 80 49 00 CA", "01 81 43"]);
  });

  test("with something else names the line", () => {
    expect(() => parseHexFrames("01\nxyz\n")).toThrow("Line 2 of the recording is not hexadecimal");
    expect(() => parseHexFrames("012\n")).toThrow("Line 1");
  });
});

describe("hex", () => {
  test("goes there and back", () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromHex(toHex(bytes))).toEqual(bytes);
      }),
    );
  });
});

describe("timed chunks", () => {
  test("of a transcript are what the device said, at its own times", () => {
    const text = `${writeTranscriptHeader(HEADER)}0.000 < 01\n3.000 > 02\n7.500 < 03\n`;
    expect(timedChunks("any.name", encode(text), 375)).toMatchObject([
      { offsetMs: 0, bytes: Uint8Array.of(1) },
      { offsetMs: 7.5, bytes: Uint8Array.of(3) },
    ]);
  });

  test("of a .hex file are its frames, each when its last byte would have come", () => {
    const chunks = timedChunks("x.hex", encode("01 02 03 04 05\n06 07 08 09 0A\n"), 500);
    expect(chunks.map(({ offsetMs, bytes }) => [offsetMs, bytes.length])).toEqual([
      [10, 5],
      [20, 5],
    ]);
    expect(timedChunks("x.hex.gz", encode("01\n"), 1000)).toHaveLength(1);
  });

  test("of a .hex file stand on the channel that their line begins with", () => {
    const chunks = timedChunks("x.hex", encode("2a5f: 0C 62\n0D\nshellies/a%3Ab: 01\n"), 500);
    expect(chunks.map(({ channel }) => channel)).toEqual(["2a5f", undefined, "shellies/a:b"]);
    expect(chunks[0]?.bytes).toEqual(Uint8Array.of(0x0c, 0x62));
  });

  test("of any other file are all its bytes at the given rate", () => {
    const raw = Uint8Array.from({ length: 100 }, (_, i) => i);
    const chunks = timedChunks("x.bin", raw, 1000);
    expect(Buffer.concat(chunks.map(({ bytes }) => bytes))).toEqual(Buffer.from(raw));
    expect(chunks.at(-1)?.offsetMs).toBe(100);
    expect(timedChunks("empty.bin", new Uint8Array(0), 1000)).toEqual([]);
  });

  test("a transcript is known by its first line, not by its name", () => {
    expect(isTranscript(encode("breathwatch-transcript 1\n"))).toBe(true);
    expect(isTranscript(encode("breathwatch"))).toBe(false);
  });
});

describe("packets in a transcript", () => {
  test("keep their channel, whatever characters it has", () => {
    const chunk = {
      offsetMs: 3,
      direction: "in",
      channel: "zigbee2mqtt/bed plug: left",
      bytes: Uint8Array.of(1, 2),
    } as const;
    const header = { device: "x", simulated: false, options: {} };
    const empty = { ...chunk, channel: "2a19", bytes: new Uint8Array(0) };
    const text = writeTranscriptHeader(header) + writeTranscriptChunk(chunk) + writeTranscriptChunk(empty);
    expect(text).toContain("3.000 < zigbee2mqtt%2Fbed%20plug%3A%20left: 01 02\n");
    expect(parseTranscript(text).chunks).toEqual([chunk, empty]);
  });
});

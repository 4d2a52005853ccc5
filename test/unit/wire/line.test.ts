import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLineFramer, LINE_NOISE, lineBytes, lineText } from "../../../src/wire/line.ts";

interface Finding {
  readonly line?: string;
  readonly whole?: boolean;
  readonly noise?: string;
  readonly reason?: string;
}

/** Everything that a framer finds in these chunks; noise of one reason in a row is joined. */
function found(chunks: readonly Uint8Array[], end: "lf" | "cr" = "lf", maxBytes = 12): Finding[] {
  const findings: Finding[] = [];
  const framer = createLineFramer({
    end,
    maxBytes,
    onLine: (bytes, whole) => findings.push({ line: lineText(bytes), whole }),
    onNoise(bytes, reason) {
      const last = findings.at(-1);
      if (last?.reason === reason) findings.pop();
      findings.push({ noise: (last?.reason === reason ? (last.noise ?? "") : "") + lineText(bytes), reason });
    },
  });
  for (const chunk of chunks) framer.push(chunk);
  framer.flush();
  return findings;
}

const lines = (findings: readonly Finding[]): (string | undefined)[] =>
  findings.filter(({ line }) => line !== undefined).map(({ line }) => line);

/** Bytes cut at the given places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length].toSorted(
    (a, b) => a - b,
  );
  return at.slice(1).map((to, index) => bytes.subarray(at[index], to));
}

/** Rich in what a framer looks at. */
const stream = fc.array(fc.constantFrom(0x00, 0x0a, 0x0d, 0x41, 0x42, 0xff), { maxLength: 200 });

describe("a line framer", () => {
  test("finds the lines of a text, with LF and with CRLF", () => {
    expect(lines(found([lineBytes("one\ntwo\r\n\nthree\r\r\n")]))).toEqual(["one", "two", "", "three\r"]);
  });

  test("finds lines that end in CR, with and without an LF behind", () => {
    expect(lines(found([lineBytes("one\rtwo\r\nthree\r\n\r")], "cr"))).toEqual(["one", "two", "three", ""]);
  });

  test("agrees with splitting the text at line ends, however it was cut", () => {
    const text = fc.array(fc.stringMatching(/^[ -~]{0,12}$/), { maxLength: 20 });
    fc.assert(
      fc.property(text, fc.array(fc.nat(), { maxLength: 30 }), (parts, places) => {
        const bytes = lineBytes(parts.map((part) => `${part}\n`).join(""));
        expect(lines(found(cut(bytes, places)))).toEqual(parts);
      }),
    );
  });

  test.each(["lf", "cr"] as const)("finds the same in any bytes however they were cut (%s)", (end) => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(), { maxLength: 30 }), (raw, places) => {
        const bytes = Uint8Array.from(raw);
        expect(found(cut(bytes, places), end, 5)).toEqual(found([bytes], end, 5));
      }),
    );
  });

  test("reports every byte once: in a line, as noise, or as a line end", () => {
    fc.assert(
      fc.property(stream, (raw) => {
        const findings = found([Uint8Array.from(raw)], "lf", 5);
        const reported = findings.reduce((sum, { line, noise }) => sum + (line ?? noise ?? "").length, 0);
        const ends = raw.filter((byte) => byte === 0x0a).length;
        const returns = raw.filter((byte, index) => byte === 0x0d && raw[index + 1] === 0x0a).length;
        expect(reported).toBeGreaterThanOrEqual(raw.length - ends - returns);
        expect(reported).toBeLessThanOrEqual(raw.length - ends);
      }),
    );
  });

  test("gives up a line that is too long and is back in step at the next line end", () => {
    const findings = found([lineBytes(`a\n${"x".repeat(5_000)}\ngood\n`)]);
    expect(findings.slice(1)).toEqual([
      { noise: "x".repeat(5_000), reason: LINE_NOISE.tooLong },
      { line: "good", whole: true },
    ]);
  });

  test("takes a line of the greatest length, also with CRLF, and none longer", () => {
    expect(lines(found([lineBytes("123456789012\n123456789012\r\n1234567890123\n")]))).toEqual([
      "123456789012",
      "123456789012",
    ]);
  });

  test("holds no more than one line, whatever arrives", () => {
    const framer = createLineFramer({
      end: "lf",
      maxBytes: 40,
      onLine: () => undefined,
      onNoise: () => undefined,
    });
    let most = 0;
    for (let i = 0; i < 100_000; i++) {
      framer.push(Uint8Array.of(0x41, i & 0xff));
      most = Math.max(most, framer.heldBytes);
    }
    expect(most).toBeLessThanOrEqual(41);
    expect(most).toBeGreaterThan(30);
  });

  test("does not believe the front of the first line, nor of one behind an idle run", () => {
    const nulls = "\0".repeat(906);
    expect(found([lineBytes(`tail\nfull\n${nulls}BS\nfull\n`)])).toEqual([
      { line: "tail", whole: false },
      { line: "full", whole: true },
      { noise: nulls, reason: LINE_NOISE.idle },
      { line: "BS", whole: false },
      { line: "full", whole: true },
    ]);
  });

  test("keeps a NUL inside a line, where it is damage for the codec to refuse", () => {
    expect(lines(found([lineBytes("1.\x005\n")]))).toEqual(["1.\x005"]);
  });

  test("reports at the end of the stream what still waited for a line end", () => {
    expect(found([lineBytes("one\ntw")]).at(-1)).toEqual({ noise: "tw", reason: LINE_NOISE.noEnd });
  });

  test("refuses a limit below one byte", () => {
    const options = { end: "lf", onLine: () => undefined, onNoise: () => undefined } as const;
    expect(() => createLineFramer({ ...options, maxBytes: 0 })).toThrow(RangeError);
  });
});

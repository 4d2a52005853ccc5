import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRedactor, redactLogLine } from "../../../src/ops/redact.ts";

const plain = createRedactor([]);

describe("what points at a person, a house or a device", () => {
  test.each([
    ["an address", "POST https://push.example/send/abc?key=1 failed", "POST https://[redacted] failed"],
    ["a mail address", "subject mailto:mei.lin@home.example", "subject mailto:[redacted]"],
    ["an adapter", "/dev/serial/by-path/pci-0:14.0-usb-0:2:1.0 gone", "/dev/serial/by-path/[redacted] gone"],
    ["a user", "/home/mei/.breathwatch/lock", "/home/[redacted]/.breathwatch/lock"],
    ["a radio device", "ble:C0:FF:EE:00:00:01 lost", "ble:[redacted] lost"],
    ["a machine", "connect ECONNREFUSED 192.168.1.20:1883", "connect ECONNREFUSED [redacted]:1883"],
    ["a machine of tomorrow", "listen 2001:db8:0:1::7", "listen [redacted]"],
    ["a telephone", "calls +86 138 0013 8000 now", "calls [redacted] now"],
    ["a key", "token 9f86d081884c7d659a2feaa0c55ad015a", "token [redacted]"],
  ])("%s is taken out", (_what, text, clean) => {
    expect(plain(text)).toBe(clean);
  });

  test.each([
    "127.0.0.1:8420 is in use while process 4711 runs",
    "error  pages  (HTTP_PORT_TAKEN)  -> Stop that program",
    "/dev/ttyUSB0 9600 8N1",
    '{"at":"2026-11-22T03:49:59.010Z","level":"warn","event":"link.lost"}',
    "watching VENT_PRESSURE_LOW, SPO2_LOW until 09:00 in Asia/Shanghai",
  ])("%s stays as it is", (text) => {
    expect(plain(text)).toBe(text);
  });
});

describe("a text that is known to be secret", () => {
  test("is nowhere any more, whatever stands around it and in whichever case", () => {
    const word = fc
      .string({ unit: "grapheme", minLength: 4, maxLength: 12 })
      .filter((text) => text.trim().length > 3);
    fc.assert(
      fc.property(word, fc.string(), fc.string(), (secret, before, behind) => {
        const clean = createRedactor([secret])(`${before} ${secret} ${behind}${secret}`);
        return !clean.replaceAll("[redacted]", "").includes(secret.trim());
      }),
      { numRuns: 500 },
    );
    expect(createRedactor(["Mei Lin"])("MEI LIN's bed, mei lin")).toBe("[redacted]'s bed, [redacted]");
  });

  test("of two or three letters goes as a word of its own, and leaves the words that hold it", () => {
    expect(createRedactor(["on", "李明"])("on: connected, 李明 on")).toBe(
      "[redacted]: connected, [redacted] [redacted]",
    );
  });
});

describe("a line of the log", () => {
  test("keeps numbers and what comes from our own lists, and loses the rest", () => {
    const line = JSON.stringify({
      ...{ at: "2026-01-01T00:00:00.000Z", level: "warn", event: "link.lost", code: "LINK_LOST", retry: 3 },
      ...{ why: "no answer of Mei's phone at 10.0.0.7", url: "http://10.0.0.7/x" },
    });
    expect(JSON.parse(redactLogLine(line, createRedactor(["Mei"])))).toEqual({
      ...{ at: "2026-01-01T00:00:00.000Z", level: "warn", event: "link.lost", code: "LINK_LOST", retry: 3 },
      ...{ why: "no answer of [redacted]'s phone at [redacted]", url: "http://[redacted]" },
    });
  });

  test("that is none of ours is text", () => {
    expect(redactLogLine("mail to a@b.example", plain)).toBe("mail to [redacted]");
    expect(redactLogLine('["a@b.example"]', plain)).toBe('["[redacted]"]');
  });
});

import { PassThrough, Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import { wall } from "../../../src/domain/time.ts";
import { createLog } from "../../../src/ops/log.ts";
import type { LogLevel } from "../../../src/port/log.ts";
import { createVirtualClock } from "../../../src/rehearsal/clock.ts";

const clock = createVirtualClock(wall(Date.UTC(2026, 0, 2, 3, 4, 5)));

function setUp(level: LogLevel = "info") {
  const output = new PassThrough();
  const log = createLog({ output, clock, level });
  const lines = (): { [name: string]: unknown }[] => {
    const text = String(output.read() ?? "");
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as { [name: string]: unknown });
  };
  return { output, log, lines };
}

describe("the log", () => {
  test("writes one line of JSON for each event with time, level and fields", () => {
    const { log, lines } = setUp();
    log.note(
      "link.lost",
      { device: "abc", code: "LINK_LOST", bytes: 3, open: false, nothing: undefined },
      "warn",
    );
    expect(lines()).toEqual([
      {
        at: "2026-01-02T03:04:05.000Z",
        level: "warn",
        event: "link.lost",
        device: "abc",
        code: "LINK_LOST",
        bytes: 3,
        open: false,
      },
    ]);
  });

  test("leaves out what is below its level", () => {
    const { log, lines } = setUp("warn");
    log.note("a.b");
    log.note("a.c", {}, "debug");
    log.note("a.d", {}, "error");
    expect(lines().map((line) => line["event"])).toEqual(["a.d"]);
  });

  test.each([
    ["password", "hunter2"],
    ["ownerCode", "hunter2"],
    ["join_code", "hunter2"],
    ["sessionToken", "hunter2"],
    ["vapidPrivateKey", "hunter2"],
    ["auth", "hunter2"],
    ["p256dh", "hunter2"],
    ["url", "mqtt://edge:hunter2@localhost:1883"],
    ["url", "https://example.org/a?x=1&token=hunter2&y=2"],
  ])("never shows a secret in %s", (name, value) => {
    const { log, lines } = setUp();
    log.note("a.b", { [name]: value });
    const [line] = lines();
    expect(JSON.stringify(line)).not.toContain("hunter2");
    expect(JSON.stringify(line)).toContain("[redacted]");
  });

  test("leaves fault codes and plain addresses alone", () => {
    const { log, lines } = setUp();
    log.note("a.b", { code: "DISK_FAILED", url: "mqtt://localhost:1883/x?keep=1" });
    expect(lines()[0]).toMatchObject({ code: "DISK_FAILED", url: "mqtt://localhost:1883/x?keep=1" });
  });

  test("drops and counts events instead of growing when nobody reads", () => {
    let release: (() => void) | undefined;
    const written: string[] = [];
    const output = new Writable({
      write(chunk, _encoding, done) {
        written.push(String(chunk));
        if (written.length > 1) return done();
        release = done;
      },
    });
    const log = createLog({ output, clock, level: "info" });
    for (let n = 0; n < 20_000; n++) log.note("flood.event", { n, text: "x".repeat(100) });
    expect(output.writableLength).toBeLessThan(1_100_000);
    release?.();
    log.note("flood.over");
    const kept = written.length - 1;
    const last = JSON.parse(written.at(-1)!) as { lost: number };
    expect(last.lost + kept).toBe(20_000);
  });

  test("outlives a reader that went away", () => {
    const { log, output } = setUp();
    output.destroy(new Error("EPIPE"));
    expect(() => {
      log.note("a.b");
    }).not.toThrow();
  });
});

import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { HOUR_MS, wall } from "../../../src/domain/time.ts";
import { createClock, isClockRight } from "../../../src/ops/clock.ts";

describe("the machine's clock", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_800_000_000_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test("calls back once after the time and not when cancelled", () => {
    const clock = createClock();
    const called: string[] = [];
    clock.after(100, () => called.push("kept"));
    clock.after(50, () => called.push("cancelled"))();
    vi.advanceTimersByTime(99);
    expect(called).toEqual([]);
    vi.advanceTimersByTime(500);
    expect(called).toEqual(["kept"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("waits longer than one timer of Node can", () => {
    const clock = createClock();
    let called = 0;
    clock.after(2 ** 31 + 5_000, () => called++);
    vi.advanceTimersByTime(2 ** 31 + 4_000);
    expect(called).toBe(0);
    vi.advanceTimersByTime(1_000);
    expect(called).toBe(1);
  });

  test("repeats without drift although every tick comes late", () => {
    const clock = createClock();
    const start = clock.mono();
    const ticks: number[] = [];
    const stop = clock.every(100, () => {
      ticks.push(clock.mono() - start);
      // The tick's own work takes 30 ms.
      vi.setSystemTime(Date.now() + 30);
    });
    vi.advanceTimersByTime(1_000);
    stop();
    expect(ticks).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000]);
    vi.advanceTimersByTime(1_000);
    expect(ticks).toHaveLength(10);
  });

  test("sleeps, and wakes with the reason when aborted", async () => {
    const clock = createClock();
    let slept = false;
    const sleeping = clock.sleep(100).then(() => {
      slept = true;
    });
    await vi.advanceTimersByTimeAsync(100);
    await sleeping;
    expect(slept).toBe(true);

    const abort = new AbortController();
    const woken = clock.sleep(100, abort.signal);
    abort.abort(new Error("stop"));
    await expect(woken).rejects.toThrow("stop");
    await expect(clock.sleep(100, abort.signal)).rejects.toThrow("stop");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("refuses to repeat without a period", () => {
    expect(() => createClock().every(0, () => undefined)).toThrow(RangeError);
  });
});

describe("whether the machine's clock is believed", () => {
  const now = wall(Date.UTC(2026, 5, 1, 3));
  const uptimeMs = HOUR_MS;
  let root = "";
  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), "breathwatch-clock-"));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });
  const put = (file: string, text: string, modifiedAt: number = now): void => {
    const full = path.join(root, file);
    mkdirSync(path.dirname(full), { recursive: true });
    writeFileSync(full, text);
    utimesSync(full, modifiedAt / 1_000, modifiedAt / 1_000);
  };

  test("never before 2025, whatever else is said", () => {
    put("run/systemd/timesync/synchronized", "");
    expect(isClockRight(root, wall(Date.UTC(2024, 11, 31)), uptimeMs)).toBe(false);
    expect(isClockRight(root, now, uptimeMs)).toBe(true);
  });

  test("not while a time service has reached nobody", () => {
    mkdirSync(path.join(root, "run/systemd/timesync"), { recursive: true });
    expect(isClockRight(root, now, uptimeMs)).toBe(false);
  });

  test("by chrony's drift file only when it was written since boot", () => {
    put("var/lib/chrony/chrony.drift", "1 2", now - 2 * HOUR_MS);
    expect(isClockRight(root, now, uptimeMs)).toBe(false);
    put("var/lib/chrony/chrony.drift", "1 2", now - HOUR_MS / 2);
    expect(isClockRight(root, now, uptimeMs)).toBe(true);
  });

  test("by a battery-backed clock that the system was set from and still agrees with", () => {
    mkdirSync(path.join(root, "run/systemd/timesync"), { recursive: true });
    put("sys/class/rtc/rtc0/hctosys", "1\n");
    put("sys/class/rtc/rtc0/since_epoch", `${now / 1_000 - 1}\n`);
    expect(isClockRight(root, now, uptimeMs)).toBe(true);
    put("sys/class/rtc/rtc0/since_epoch", "3600\n");
    expect(isClockRight(root, now, uptimeMs)).toBe(false);
  });

  test("on a machine without any time service, as in a container", () => {
    expect(isClockRight(root, now, uptimeMs)).toBe(true);
  });
});

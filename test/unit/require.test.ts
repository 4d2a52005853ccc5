import { beforeEach, describe, expect, test, vi } from "vitest";
import { recordings, requires } from "../support/require.ts";

describe("asking for what the machine may lack", () => {
  beforeEach(() => {
    vi.stubEnv("CI", "");
    vi.stubEnv("BREATHWATCH_HAVE", "socat,openssl");
    return () => vi.unstubAllEnvs();
  });

  test("what is there runs", () => {
    expect(requires("socat", "openssl").missing).toBeUndefined();
  });

  test("what is missing is named", () => {
    expect(requires("socat", "firefox", "chromium").missing).toBe("missing: firefox, chromium");
  });

  test("in CI a missing program is an error, not a skip", () => {
    vi.stubEnv("CI", "true");
    expect(() => requires("firefox")).toThrow("missing: firefox");
  });

  test("an absent recordings folder is a reason to skip, in CI too", () => {
    vi.stubEnv("CI", "true");
    vi.stubEnv("BREATHWATCH_RECORDINGS", "/nowhere/recordings");
    expect(recordings("some-device").missing).toBe("recordings folder absent");
  });

  test("a recordings folder without the place asked for is an error", () => {
    vi.stubEnv("BREATHWATCH_RECORDINGS", import.meta.dirname);
    expect(() => recordings("no-such-device")).toThrow("no-such-device");
  });
});

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { machineNames, strangeHost } from "../../../src/server/hosts.ts";
import { type Harness, startHarness } from "./harness.ts";

const NAMES = ["Home.Example", "*.clinic.example", ...machineNames("Lin-Box.fritz.box")];

describe("the name that a request is sent to", () => {
  it.each([
    ...["localhost", "localhost:8420", "127.0.0.1:8420", "192.168.1.5", "[fd00::1]:8420", "[::1]"],
    ...["home.example", "HOME.example.:443", "a.clinic.example", "lin-box", "lin-box.local:8420"],
    ...["lin-box.fritz.box", "lin-box.home.arpa", undefined],
  ])("is one of ours: %s", (host) => {
    expect(strangeHost(host, NAMES)).toBeUndefined();
  });

  it.each([
    ...["evil.example", "home.example.evil.example", "xhome.example", "lin-box.evil.example", "local"],
    ...["clinic.example", "a.b.clinic.example", "127.0.0.1.evil.example", "2130706433.evil.example"],
    ...["", "home.example@evil.example", "evil.example/home.example", "home.example, evil.example", "[::1"],
  ])("is not one of ours: %j", (host) => {
    expect(strangeHost(host, NAMES)?.code).toBe("HOST_UNKNOWN");
  });

  it("gives a machine without a name of its own none", () => {
    expect(machineNames("")).toEqual([]);
  });
});

describe("a page of another site that points its name here", () => {
  let harness: Harness;
  beforeEach(async () => {
    harness = await startHarness();
  });
  afterEach(async () => harness.close());

  it.each(["/", "/api/me", "/api/openapi.json", "/healthz", "/nothing"])(
    "is told nothing at %s",
    async (url) => {
      const cookie = await harness.signIn("owner");
      const answer = await harness.app.inject({ url, headers: { host: "evil.example:8420", cookie } });
      expect(answer.statusCode).toBe(421);
      expect(answer.json()).toMatchObject({
        code: "HOST_UNKNOWN",
        fix: expect.stringContaining("web.otherNames"),
      });
      const own = await harness.app.inject({ url, headers: { host: "192.168.1.5:8420", cookie } });
      expect(own.statusCode).not.toBe(421);
    },
  );

  it("may not try codes either", async () => {
    const answer = await harness.app.inject({
      method: "POST",
      url: "/api/sign-in",
      headers: { host: "evil.example", origin: "http://evil.example" },
      payload: { code: "aaaaa-aaaaa", name: "M", language: "en" },
    });
    expect(answer.statusCode).toBe(421);
  });
});

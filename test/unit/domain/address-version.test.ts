import { BlockList, isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ipVersion, isLoopback, isLoopbackHost } from "../../../src/domain/address.ts";

test("names and addresses are told apart as the system does", () => {
  const odd = fc.constantFrom("1.2.3", "::", "[::1]", "1.2.3.256", "01.2.3.4", "::1.2.3.4", "a:b", ":");
  const trailing = fc.constantFrom("::1]/x", "::1]:80/", "::1@", "::1 ", "::1\t", "::1?");
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain(), fc.string(), odd, trailing), (text) => {
      expect(ipVersion(text)).toBe(isIP(text));
    }),
  );
});

describe("this machine's own addresses", () => {
  const system = new BlockList();
  system.addSubnet("127.0.0.0", 8);
  system.addAddress("::1", "ipv6");

  test("are told apart from others as the system does, in every spelling", () => {
    const inside = fc.ipV4().map((ip) => ip.replace(/^\d+/, "127"));
    const mapped = fc.oneof(fc.ipV4(), inside).map((ip) => `::ffff:${ip}`);
    const known = fc.constantFrom("0:0:0:0:0:0:0:1", "::FFFF:7F00:1", "::7f00:1", "::127.0.0.1", "::1");
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), inside, mapped, known), (ip) => {
        expect(isLoopback(ip)).toBe(system.check(ip, isIP(ip) === 6 ? "ipv6" : "ipv4"));
      }),
    );
  });

  test.each([
    "",
    "localhost",
    "127.999.0.0",
    "127.1",
    "127.0.0.1.evil.example",
    "127.0.0.01",
    "[::1]",
    "::1%lo",
  ])("are not %j", (text) => {
    expect(isLoopback(text)).toBe(false);
  });

  test("have one name, however it is written", () => {
    for (const host of ["localhost", "LocalHost", "127.8.9.1", "::1"])
      expect(isLoopbackHost(host)).toBe(true);
    for (const host of ["localhost.", "localhost.example", "127.999.0.0", "192.168.1.5", "box.local"])
      expect(isLoopbackHost(host)).toBe(false);
  });
});

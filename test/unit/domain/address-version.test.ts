import { isIP } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ipVersion } from "../../../src/domain/address.ts";

test("names and addresses are told apart as the system does", () => {
  const odd = fc.constantFrom("1.2.3", "::", "[::1]", "1.2.3.256", "01.2.3.4", "::1.2.3.4", "a:b", ":");
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain(), fc.string(), odd), (text) => {
      expect(ipVersion(text)).toBe(isIP(text));
    }),
  );
});

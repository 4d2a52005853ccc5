import { expect, test } from "vitest";
import { originOf } from "../../../src/config/origin.ts";
import { readConfig } from "../../../src/config/read.ts";

const originIn = (web: string): string | undefined => {
  const text = `zone: UTC
beds:
  - { id: b1, label: Bed, devices: [{ family: nonin-serial, port: /dev/ttyUSB0, label: finger }] }
web: ${web}
`;
  const families = [{ id: "nonin-serial", optionsProblem: () => undefined }];
  const { config, findings } = readConfig(text, families, { zone: "UTC" });
  if (config === undefined) throw new Error(JSON.stringify(findings));
  return originOf(config);
};

test.each([
  ["{ name: box.local, port: 8420 }", "http://box.local:8420"],
  ["{ name: box.local, port: 8443, tls: { cert: /a, key: /b } }", "https://box.local:8443"],
  ["{ name: box.local, port: 8443, ownAuthority: true }", "https://box.local:8443"],
  ["{ name: box.local, port: 8420, ownAuthority: false }", "http://box.local:8420"],
])("links of %s begin with %s", (web, origin) => {
  expect(originIn(web)).toBe(origin);
});

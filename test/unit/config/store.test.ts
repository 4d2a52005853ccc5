import { expect, test } from "vitest";
import { readConfig } from "../../../src/config/read.ts";

const read = (store: string) =>
  readConfig(
    `beds:\n  - id: b1\n    devices: [{ family: x, port: "memory:a" }]\n${store}`,
    [{ id: "x", optionsProblem: () => undefined }],
    { zone: "UTC" },
  );

test("without a word about it, the nights lie in a file of the data folder", () => {
  expect(read("").config?.store).toEqual({ engine: "sqlite" });
});

test("a server gets its defaults: the database breathwatch, written to as every InfluxDB is", () => {
  const { config } = read('store: { engine: mirror, influxdb: { url: "http://127.0.0.1:8086" } }');
  expect(config?.store).toEqual({
    engine: "mirror",
    influxdb: { url: "http://127.0.0.1:8086", database: "breathwatch", api: "v1" },
  });
});

test.each([
  ["an engine without a server", "store: { engine: influxdb }"],
  ["a password without a name", 'store: { influxdb: { url: "http://h:1", password: "p" } }'],
  ["a password in the address, where logs would show it", 'store: { influxdb: { url: "http://a:b@h:1" } }'],
  [
    "a database whose name could end a statement",
    `store: { influxdb: { url: "http://h:1", database: 'a"; DROP' } }`,
  ],
])("%s is refused", (_what, store) => {
  const { config, findings } = read(store);
  expect(config).toBeUndefined();
  expect(findings[0]).toMatchObject({ level: "error", code: "CONFIG_INVALID" });
});

import { describe, expect, test } from "vitest";
import { prometheusText } from "../../../src/report/prometheus.ts";

describe("Prometheus' text format", () => {
  test("writes each family once, with its values, and leaves out what has none", () => {
    const text = prometheusText([
      {
        ...{ name: "alarms_open", help: "Open alarms.", type: "gauge" },
        values: [
          { labels: { bed: "b1", priority: "high" }, value: 2 },
          { labels: { bed: "b2", priority: "high" }, value: undefined },
        ],
      },
      { name: "echo_age_seconds", help: "Never told.", type: "gauge", values: [{ value: undefined }] },
      { name: "stored_total", help: "a\\b\nc", type: "counter", values: [{ value: 1e6 }] },
    ]);
    expect(text).toBe(
      "# HELP breathwatch_alarms_open Open alarms.\n# TYPE breathwatch_alarms_open gauge\n" +
        'breathwatch_alarms_open{bed="b1",priority="high"} 2\n' +
        "# HELP breathwatch_stored_total a\\\\b\\nc\n# TYPE breathwatch_stored_total counter\n" +
        "breathwatch_stored_total 1000000\n",
    );
  });

  test("lets no label out of its quotes, and takes no odd name", () => {
    const evil = 'x"} 1\nbreathwatch_up 0 \\';
    const text = prometheusText([
      { name: "a", help: "h", type: "gauge", values: [{ labels: { bed: evil }, value: 1 }] },
    ]);
    expect(text.split("\n")).toHaveLength(4);
    expect(text).toContain('{bed="x\\"} 1\\nbreathwatch_up 0 \\\\"} 1');
    expect(() => prometheusText([{ name: "a b", help: "", type: "gauge", values: [{ value: 1 }] }])).toThrow(
      RangeError,
    );
  });
});

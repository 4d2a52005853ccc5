/** One measurement family of the text format. */
export interface MetricFamily {
  /** Without prefix; by Prometheus' rules: base units, `_total` for counters. */
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  readonly values: readonly {
    readonly labels?: { readonly [name: string]: string };
    /** Absent: the series is left out. */
    readonly value: number | undefined;
  }[];
}

/** Content type of the format that `prometheusText` writes. */
export const PROMETHEUS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

const PREFIX = "breathwatch_";

/** Prometheus' text format 0.0.4. Families without a value are left out. Throws RangeError on a name that is not one. */
export function prometheusText(families: readonly MetricFamily[]): string {
  let text = "";
  for (const { name, help, type, values } of families) {
    const given = values.filter(({ value }) => value !== undefined);
    if (given.length === 0) continue;
    if (!/^[a-z][a-z0-9_]*$/.test(name)) throw new RangeError(`"${name}" cannot be a metric's name`);
    text += `# HELP ${PREFIX}${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}\n`;
    text += `# TYPE ${PREFIX}${name} ${type}\n`;
    for (const { labels = {}, value = Number.NaN } of given) {
      text += `${PREFIX}${name}${labelsOf(labels)} ${value}\n`;
    }
  }
  return text;
}

function labelsOf(labels: { readonly [name: string]: string }): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

const escaped = (value: string): string =>
  value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

import { expect, test } from "vitest";
import { readConfig } from "../../../src/config/read.ts";
import { HomeConfigSchema } from "../../../src/config/schema.ts";

interface Node {
  readonly properties?: { readonly [key: string]: Node };
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly const?: unknown;
  readonly type?: string;
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

const EXAMPLE = `zone: Asia/Shanghai
language: zh-Hans
beds:
  - id: b1
    label: Mama
    dependencyClass: B
    watch: { from: "21:00", to: "09:00" }
    devices:
      - family: nonin-serial
        port: /dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A900abcd-if00-port0
        label: Finger sensor
      - family: puritan-bennett-840-waveform
        port: /dev/serial/by-id/usb-Prolific_Technology_Inc._USB-Serial_Controller-if00-port0
        label: Ventilator
channels:
  webPush: { subject: "mailto:you@example.org" }
`;

const typeOf = (node: Node): string => {
  if (node.anyOf !== undefined) {
    return node.anyOf
      .map((one) => (one.const === undefined ? (one.type ?? "") : `\`${String(one.const)}\``))
      .join(", ");
  }
  const range = node.minimum === undefined ? "" : ` ${node.minimum}..${node.maximum ?? ""}`;
  return `${node.type ?? "any"}${range}`;
};

const rows = (node: Node, path: string): string[] =>
  Object.entries(node.properties ?? {}).flatMap(([key, child]) => {
    const here = path === "" ? key : `${path}.${key}`;
    const isList = child.items?.properties !== undefined;
    const must = node.required?.includes(key) === true ? "yes" : "";
    const standard = child.default === undefined ? "" : `\`${String(child.default)}\``;
    const row = `| \`${here}${isList ? "[]" : ""}\` | ${typeOf(child)} | ${must} | ${standard} | ${child.description ?? ""} |`;
    return [row, ...rows(isList ? (child.items ?? {}) : child, `${here}${isList ? "[]" : ""}`)];
  });

test("docs/configuration.md says what the schema says", async () => {
  const text = `# Configuration

One YAML file holds the wiring: which device hangs on which port, where pages and broker listen, where data lies.
People, phones, limits and duty are not here: they live in the state store and are changed on the pages.

Breathwatch looks for the file at \`--config FILE\`, else \`./breathwatch.yaml\`, else
\`/etc/breathwatch/breathwatch.yaml\`. Where there is none, and no home was ever set up in the data folder, it runs the
demo. A home that was once configured never falls back to simulation.

\`breathwatch check\` reads the file and the machine and names every mistake with its line and its fix.

## Example

\`\`\`yaml
${EXAMPLE}\`\`\`

## Every setting

| setting | type | needed | default | meaning |
|---|---|---|---|---|
${rows(HomeConfigSchema as unknown as Node, "").join("\n")}
`;
  await expect(text).toMatchFileSnapshot("../../../docs/configuration.md");
});

test("the documented example is a good configuration", () => {
  const families = ["nonin-serial", "puritan-bennett-840-waveform"].map((id) => ({
    id,
    optionsProblem: () => undefined,
  }));
  expect(readConfig(EXAMPLE, families, { zone: "UTC" }).findings).toEqual([]);
});

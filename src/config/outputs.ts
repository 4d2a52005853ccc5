import Type, { type Static } from "typebox";

/** Lamps and shakers that follow the alarm: `sounder.outputs` of the configuration. */
const closed = { additionalProperties: false } as const;

export const OutputSchema = Type.Object(
  {
    kind: Type.Union([Type.Literal("gpio"), Type.Literal("mqtt")], {
      description: "gpio: a line of this machine; mqtt: a plug or siren that listens to a broker.",
    }),
    name: Type.String({ minLength: 1, maxLength: 40, description: "Name on the pages." }),
    pattern: Type.Optional(
      Type.Union([Type.Literal("blink"), Type.Literal("steady")], {
        description: "blink: a second on, a second off. Default: blink for gpio, steady for mqtt.",
      }),
    ),
    chip: Type.Optional(
      Type.String({
        pattern: "^gpiochip[0-9]{1,3}$",
        default: "gpiochip0",
        description: "gpio: the chip, as `gpiodetect` names it.",
      }),
    ),
    line: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: 511,
        description: "gpio: the line on the chip; on a Raspberry Pi the BCM number.",
      }),
    ),
    activeLow: Type.Optional(
      Type.Boolean({ default: false, description: "gpio: a low level switches it on." }),
    ),
    url: Type.Optional(
      Type.String({
        pattern: "^mqtts?://[^/?#]+/?$",
        description: "mqtt: the broker, mqtt://USER:PASSWORD@HOST:PORT.",
      }),
    ),
    topic: Type.Optional(
      Type.String({
        pattern: "^[^#+\\s]{1,200}$",
        description: "mqtt: where it listens: cmnd/lamp/POWER (Tasmota), zigbee2mqtt/lamp/set.",
      }),
    ),
    on: Type.Optional(Type.String({ minLength: 1, maxLength: 500, default: "ON", description: "mqtt." })),
    off: Type.Optional(Type.String({ minLength: 1, maxLength: 500, default: "OFF", description: "mqtt." })),
  },
  closed,
);

type OutputFile = Static<typeof OutputSchema>;

/** An output after defaults. */
export type OutputConfig = { readonly name: string; readonly pattern: "blink" | "steady" } & (
  | { readonly kind: "gpio"; readonly chip: string; readonly line: number; readonly activeLow: boolean }
  | {
      readonly kind: "mqtt";
      /** Without user and password. */
      readonly url: string;
      readonly username?: string;
      readonly password?: string;
      readonly topic: string;
      readonly on: string;
      readonly off: string;
    }
);

interface Problem {
  readonly path: string;
  readonly what: string;
  readonly fix: string;
}

/** What the schema cannot say of them. `devicePorts`: addresses of the beds' devices. */
export function outputProblems(
  outputs: readonly OutputFile[],
  devicePorts: readonly string[],
): readonly Problem[] {
  const plugs = devicePorts.filter((port) => /^mqtts?:/.test(port)).flatMap((port) => plugOf(port) ?? []);
  const names = new Set<string>();
  return outputs.flatMap((output, index): Problem[] => {
    const path = `/sounder/outputs/${index}`;
    const { kind, name, line, url, topic } = output;
    if (names.has(name)) {
      return [{ path: `${path}/name`, what: "two outputs have this name", fix: "Name each differently." }];
    }
    names.add(name);
    const needs = kind === "gpio" ? { line } : { url, topic };
    const missing = Object.entries(needs).find(([, value]) => value === undefined);
    if (missing !== undefined)
      return [{ path, what: `"${missing[0]}" is missing`, fix: `An output of kind ${kind} needs it.` }];
    if (url !== undefined && brokerOf(url) === undefined) {
      const fix = "Write mqtt://USER:PASSWORD@HOST:PORT, special characters as %40.";
      return [{ path: `${path}/url`, what: "this is no address of a broker", fix }];
    }
    // What feeds a ventilator is never switched from here.
    const plug = plugs.find((one) => topic?.split("/").includes(one) === true);
    if (plug === undefined) return [];
    const what = `"${plug}" is the metering plug of a bed: whatever hangs on it is never switched`;
    return [{ path: `${path}/topic`, what, fix: "Take another plug for the lamp or shaker." }];
  });
}

/** The name of a plug in the address of a device that reads it. */
const plugOf = (port: string): string | undefined =>
  URL.canParse(port) ? new URL(port).pathname.split("/").findLast((part) => part !== "") : undefined;

export const outputsWithDefaults = (outputs: readonly OutputFile[]): readonly OutputConfig[] =>
  outputs.map(({ kind, name, pattern, ...rest }): OutputConfig => {
    if (kind === "gpio") {
      const { chip = "gpiochip0", line = 0, activeLow = false } = rest;
      return { kind, name, pattern: pattern ?? "blink", chip, line, activeLow };
    }
    const { url = "", topic = "", on = "ON", off = "OFF" } = rest;
    return { kind, name, pattern: pattern ?? "steady", ...(brokerOf(url) ?? { url }), topic, on, off };
  });

/** Address, user and password apart; undefined where it cannot be read. */
function brokerOf(
  text: string,
): { readonly url: string; readonly username?: string; readonly password?: string } | undefined {
  try {
    const { protocol, host, username, password } = new URL(text);
    if (host === "") return undefined;
    return {
      url: `${protocol}//${host}`,
      ...(username === "" ? {} : { username: decodeURIComponent(username) }),
      ...(password === "" ? {} : { password: decodeURIComponent(password) }),
    };
  } catch {
    // TypeError and URIError are how URL and decodeURIComponent say "none".
    return undefined;
  }
}

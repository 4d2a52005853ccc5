import Type, { type Static } from "typebox";

/** The section `keys` of the configuration: buttons that answer alarms without a screen. */
const closed = { additionalProperties: false } as const;

const KeySchema = Type.Object(
  {
    port: Type.String({
      pattern: "^(?:(?:input|evdev):)?/.+$",
      description:
        "input:/dev/input/by-id/... for a keyboard or USB button; a serial port for a contact on its modem lines.",
    }),
    key: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 767,
        description: "input: code of the key, as `evtest` shows it; default: any key.",
      }),
    ),
    line: Type.Optional(
      Type.Union([Type.Literal("cts"), Type.Literal("dsr"), Type.Literal("dcd")], {
        default: "cts",
        description: "Serial port: line that the contact is on; DTR feeds it.",
      }),
    ),
    pressed: Type.Optional(
      Type.Union([Type.Literal("closed"), Type.Literal("open")], {
        default: "closed",
        description: "Serial port: what the contact does when it is pressed.",
      }),
    ),
    means: Type.Union([Type.Literal("going"), Type.Literal("bedside"), Type.Literal("recovered")], {
      description:
        'going: "I\'m going". bedside: "I\'m at the bed". recovered: at the bed, care is done, and what is over was seen.',
    }),
    person: Type.Optional(
      Type.String({
        minLength: 1,
        maxLength: 60,
        description: 'Name of the person who presses it; default: "the button by the bed".',
      }),
    ),
    label: Type.Optional(Type.String({ minLength: 1, maxLength: 40, description: "Name on the pages." })),
  },
  closed,
);

const KEYS_MAX = 12;

export const KeysSchema = Type.Array(KeySchema, {
  maxItems: KEYS_MAX,
  description: "Buttons that answer every alarm that rings (docs/operating.md).",
});

type KeysFile = Static<typeof KeysSchema>;

/** A button after defaults. */
export interface KeyConfig {
  /** `input:/dev/...`, or a serial port. */
  readonly port: string;
  /** Of an input device; absent: any. */
  readonly key?: number;
  /** Of a serial port. */
  readonly line: "cts" | "dsr" | "dcd";
  readonly pressed: "closed" | "open";
  readonly means: "going" | "bedside" | "recovered";
  readonly person?: string;
  readonly label: string;
}

const INPUT = "input:";

export const isInputPort = (port: string): boolean => port.startsWith(INPUT);

/** `evdev:` is another word for it. */
const portOf = (port: string): string => port.replace(/^evdev:/, INPUT);

/** What the schema cannot say of it. */
export function keyProblems(
  keys: KeysFile,
  devicePorts: readonly string[],
): readonly { readonly path: string; readonly what: string; readonly fix: string }[] {
  return keys.flatMap(({ port, key, line, pressed }, index) => {
    const path = `/keys/${index}`;
    const own = portOf(port);
    if (isInputPort(own)) {
      if (line === undefined && pressed === undefined) return [];
      return [{ path, what: "line and pressed are for serial ports", fix: "Leave them out." }];
    }
    if (key !== undefined) return [{ path, what: "key is for input devices", fix: "Name the line instead." }];
    if (!devicePorts.includes(own)) return [];
    return [{ path, what: "a device of a bed is on this port", fix: "Give the button its own adapter." }];
  });
}

export function keysWithDefaults(keys: KeysFile): readonly KeyConfig[] {
  return keys.map(({ port, key, line, pressed, means, person, label }) => ({
    ...{ port: portOf(port), line: line ?? "cts", pressed: pressed ?? "closed", means },
    ...(key === undefined ? {} : { key }),
    ...(person === undefined ? {} : { person }),
    label: label ?? person ?? port.split("/").at(-1) ?? port,
  }));
}

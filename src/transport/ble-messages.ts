/** What this process asks the Bluetooth process to do, one thing at a time but for writes. */
export type BleAsk =
  /** Gets the radio ready; answers with the adapter's name (`hci0`). */
  | { readonly do: "start"; readonly radio: Radio }
  /** Listens until the wanted device is heard; answers with its address. */
  | { readonly do: "find"; readonly wanted: Wanted }
  /** Who else of the wanted kind was heard so far; answers with names and addresses. */
  | { readonly do: "heard" }
  /** Tells of everything that advertises, from now until the process ends. */
  | { readonly do: "listen" }
  | { readonly do: "connect" }
  | { readonly do: "bond" }
  /** Answers with the characteristics: UUID and what can be done with it (`2a5f notify read`), by blanks. */
  | { readonly do: "discover" }
  | { readonly do: "subscribe"; readonly uuid: string; readonly channel: string }
  /** The value arrives as a packet. */
  | { readonly do: "read"; readonly uuid: string; readonly channel: string }
  | {
      readonly do: "write";
      readonly uuid: string;
      readonly bytes: Uint8Array;
      readonly withResponse: boolean;
    }
  /** Lets the device go and ends. */
  | { readonly do: "leave" };

/**
 * bluez: the adapter that bluetoothd manages, the first one where none is named. hci: an adapter of our own, `hci1`
 * or the device file of a serial one.
 */
export type Radio =
  | { readonly kind: "bluez"; readonly adapter: string | undefined }
  | { readonly kind: "hci"; readonly adapter: string };

/** By address (lower case, with colons) or by name; `services` and `names` say what else is worth telling of. */
export interface Wanted {
  readonly address: string | undefined;
  readonly name: string | undefined;
  readonly services: readonly string[];
  readonly names: readonly RegExp[];
}

/** One advertisement. The answer to a scan comes as one of its own, with what the first did not say. */
export interface Heard {
  /** As the system writes it. */
  readonly address: string;
  readonly name: string | undefined;
  /** UUIDs in any spelling. */
  readonly services: readonly string[];
  /** Company number of its manufacturer data. */
  readonly manufacturer: number | undefined;
  readonly rssiDbm: number;
}

/** Why something asked for did not happen. */
export type BleWhy =
  | "no_library"
  | "no_bluetoothd"
  | "no_permission"
  | "no_adapter"
  | "adapter_off"
  | "failed";

export type BleTold =
  | { readonly told: "answer"; readonly id: number; readonly values: readonly string[] }
  | { readonly told: "refusal"; readonly id: number; readonly why: BleWhy; readonly detail: string }
  | { readonly told: "packet"; readonly channel: string; readonly bytes: Uint8Array }
  | { readonly told: "heard"; readonly heard: Heard }
  /** The device, the adapter or bluetoothd went away. */
  | { readonly told: "lost"; readonly detail: string };

/** A problem with its kind, inside the Bluetooth process. */
export class RadioProblem extends Error {
  readonly why: BleWhy;
  constructor(why: BleWhy, detail: string, options?: ErrorOptions) {
    super(detail, options);
    this.name = "RadioProblem";
    this.why = why;
  }
}

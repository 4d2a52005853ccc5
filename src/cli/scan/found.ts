import type { DeviceModule } from "../../driver/contract.ts";
import { recogniseOximeter } from "../../driver/recognise.ts";
import type { Heard } from "../../transport/ble-messages.ts";
import type { HidDevice } from "../../transport/hid.ts";

/** Something of this machine that can perhaps be read. */
export interface Found {
  readonly kind: "serial" | "hid" | "ble";
  /** What `port` in the configuration wants. */
  readonly port: string;
  /** For people: what a device calls itself, what the system says of a port. */
  readonly name: string;
  /** Of Bluetooth: how strong it was heard. */
  readonly rssiDbm?: number;
  /** Best first. Empty: no family recognises it, or, for a serial port, nothing can be known without listening. */
  readonly families: readonly DeviceModule[];
}

/** Serial ports say nothing of what hangs on them. */
export const foundSerial = (
  ports: readonly { readonly path: string; readonly description: string }[],
): readonly Found[] =>
  ports.map(({ path, description }) => ({ kind: "serial", port: path, name: description, families: [] }));

/** USB HID devices that a family knows; keyboards and mice are nobody's business. */
export function foundHid(devices: readonly HidDevice[], modules: readonly DeviceModule[]): readonly Found[] {
  const seen = new Set<string>();
  return devices.flatMap(({ path, vendorId, productId }) => {
    const families = modules.filter(
      (module) =>
        module.link === "reports" &&
        module.usb.some((id) => id.vendorId === vendorId && id.productId === productId),
    );
    // A device with several interfaces is listed several times.
    if (families.length === 0 || seen.has(path)) return [];
    seen.add(path);
    const ids = [vendorId, productId].map((id) => id.toString(16).padStart(4, "0")).join(":");
    return [{ kind: "hid", port: `hid:${ids}`, name: `USB device ${path}`, families }];
  });
}

/** Every Bluetooth device that was heard, with the families that may read it. `adapter`: the `@...` of its address. */
export const foundBle = (
  heard: readonly Heard[],
  modules: readonly DeviceModule[],
  { scheme, adapter }: { readonly scheme: "ble" | "ble+hci"; readonly adapter: string | undefined },
): readonly Found[] =>
  heard.map(({ address, name, services, manufacturer, rssiDbm }) => {
    const ids = recogniseOximeter(
      {
        services,
        ...(name === undefined ? {} : { name }),
        ...(manufacturer === undefined ? {} : { manufacturer }),
      },
      modules,
    );
    const families = ids.flatMap((id) => modules.find((module) => module.id === id) ?? []);
    const at = adapter === undefined ? "" : `@${adapter}`;
    return {
      kind: "ble",
      port: `${scheme}:${address.toUpperCase()}${at}`,
      name: name ?? "without a name",
      rssiDbm,
      families,
    };
  });

/** The families of a finding that set-up may show, and how many are hidden because nothing proves them. */
export function shownFamilies(
  { families }: Found,
  all: boolean,
): { readonly shown: readonly DeviceModule[]; readonly hidden: number } {
  const shown = families.filter(({ evidence }) => all || evidence !== "unproven");
  return { shown, hidden: families.length - shown.length };
}

/** Lines for `devices:` of a bed in breathwatch.yaml. */
export function configLines(
  { id, facts }: DeviceModule,
  port: string,
  options: { readonly [name: string]: string | number | boolean } = {},
): readonly string[] {
  const given = Object.entries(options).map(([name, value]) => `${name}: ${quoted(String(value))}`);
  return [
    `- family: ${id}`,
    `  port: ${quoted(port)}`,
    ...(given.length === 0 ? [] : [`  options: { ${given.join(", ")} }`]),
    ...(facts.night.suited === "no" ? ["  insist: true # not made for a night"] : []),
  ];
}

/** YAML takes nearly everything as it stands; the rest wants quotes. */
const quoted = (text: string): string => (/^[\w/][\w/.:@+-]*$/.test(text) ? text : JSON.stringify(text));

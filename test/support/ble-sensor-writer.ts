// A Bluetooth LE sensor as a program of its own: real bleno on the serial controller named by the first argument. The
// second is its description as JSON. It tells its parent what happens to it and does what that one says.
import { withBindings } from "@stoprocent/bleno";

/** What a sensor is; UUIDs as bleno writes them. */
export interface SensorDescription {
  readonly name: string;
  readonly advertises: readonly string[];
  readonly service: string;
  readonly notify: readonly string[];
  readonly read: { readonly [uuid: string]: readonly number[] };
  readonly write: readonly string[];
}

export type SensorOrder =
  | { readonly do: "say"; readonly uuid: string; readonly bytes: readonly number[] }
  | { readonly do: "hide" }
  | { readonly do: "show" };

export type SensorNews =
  | { readonly news: "ready" | "accepted" | "left" }
  | { readonly news: "subscribed"; readonly uuid: string }
  | {
      readonly news: "written";
      readonly uuid: string;
      readonly bytes: readonly number[];
      readonly answered: boolean;
    };

const [port = "", text = "{}"] = process.argv.slice(2);
const sensor = JSON.parse(text) as SensorDescription;
const tell = (news: SensorNews): void => void process.send?.(news);
const bleno = withBindings("hci", {
  hciDriver: "uart",
  bindParams: { uart: { port, baudRate: 1_000_000 } },
});
const { Characteristic, PrimaryService } = bleno;
const listeners = new Map<string, (bytes: Buffer) => void>();
let shown = true;

const characteristics = [
  ...sensor.notify.map(
    (uuid) =>
      new Characteristic({
        uuid,
        properties: ["notify"],
        onSubscribe(_handle, _size, say) {
          listeners.set(uuid, say);
          tell({ news: "subscribed", uuid });
        },
        onUnsubscribe: () => void listeners.delete(uuid),
      }),
  ),
  ...Object.entries(sensor.read).map(
    ([uuid, bytes]) => new Characteristic({ uuid, properties: ["read"], value: Buffer.from(bytes) }),
  ),
  ...sensor.write.map(
    (uuid) =>
      new Characteristic({
        uuid,
        properties: ["write", "writeWithoutResponse"],
        onWriteRequest(_handle, bytes, _offset, withoutResponse, answer) {
          tell({ news: "written", uuid, bytes: [...bytes], answered: !withoutResponse });
          answer(Characteristic.RESULT_SUCCESS);
        },
      }),
  ),
];

const show = (): void => bleno.startAdvertising(sensor.name, [...sensor.advertises]);
bleno.on("accept", () => tell({ news: "accepted" }));
bleno.on("disconnect", () => {
  listeners.clear();
  tell({ news: "left" });
  if (shown) show();
});
process.on("message", (order: SensorOrder) => {
  if (order.do === "say") listeners.get(order.uuid)?.(Buffer.from(order.bytes));
  else {
    shown = order.do === "show";
    if (shown) show();
    else bleno.stopAdvertising();
  }
});
process.on("disconnect", () => process.exit(0));

await bleno.waitForPoweredOnAsync(10_000);
await bleno.setServicesAsync([new PrimaryService({ uuid: sensor.service, characteristics })]);
await bleno.startAdvertisingAsync(sensor.name, [...sensor.advertises]);
tell({ news: "ready" });

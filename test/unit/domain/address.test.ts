import { expect, test } from "vitest";
import { shownAddress } from "../../../src/domain/address.ts";

test.each([
  ["mqtt://ann:s3cret@broker:1883/plug", "mqtt://broker:1883/plug"],
  ["mqtts://ann:p@ss@broker/", "mqtts://broker/"],
  ["mqtt://broker/a@b", "mqtt://broker/a@b"],
  ["mqtt://ann:pa/ss@broker/plug", "mqtt://broker/plug"],
  ["mqtt://ann:pa#s?s@broker/", "mqtt://broker/"],
  ["MQTT://ann:s3cret@broker/", "MQTT://broker/"],
  [" mqtt://ann:s3cret@broker/", " mqtt://broker/"],
  ["mqtt:ann:s3cret@broker", "mqtt:broker"],
  ["http://:s3cret@192.168.4.1/", "http://192.168.4.1/"],
  ["ble:O2Ring@hci1", "ble:O2Ring@hci1"],
  ["/dev/serial/by-id/usb-a@b", "/dev/serial/by-id/usb-a@b"],
])("the address %s is shown as %s", (address, shown) => {
  expect(shownAddress(address)).toBe(shown);
});

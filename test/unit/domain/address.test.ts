import { expect, test } from "vitest";
import { shownAddress } from "../../../src/domain/address.ts";

test.each([
  ["mqtt://ann:s3cret@broker:1883/plug", "mqtt://broker:1883/plug"],
  ["mqtts://ann:p@ss@broker/", "mqtts://broker/"],
  ["mqtt://broker/a@b", "mqtt://broker/a@b"],
  ["ble:O2Ring@hci1", "ble:O2Ring@hci1"],
  ["/dev/serial/by-id/usb-a@b", "/dev/serial/by-id/usb-a@b"],
])("the address %s is shown as %s", (address, shown) => {
  expect(shownAddress(address)).toBe(shown);
});

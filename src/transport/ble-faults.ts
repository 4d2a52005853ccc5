import { Fault } from "../domain/fault.ts";
import type { BleRefusal } from "./ble-helper.ts";

/** What to do where a device does not advertise. */
export const NOT_HEARD =
  "Put the sensor on, so that it wakes, and bring it near. If it is on: another phone's app holds the ring, which " +
  "speaks to one at a time; close that app, or switch off that phone's Bluetooth.";

/** A link that was open. */
export const lost = (address: string, detail: string): Fault =>
  new Fault("LINK_LOST", `${address} went away: ${detail}.`, {
    fix: "It is looked for again by itself. Bring the sensor nearer to the box, charge it.",
  });

/** A device without what its family must have. */
export const missing = (address: string, channel: string): Fault =>
  new Fault(
    "LINK_REFUSED",
    `${address} has no characteristic ${channel}: it is a device of another family.`,
    {
      fix: "Check the family that is configured, and that the address is that of the right device.",
    },
  );

const FIX = {
  no_library: "Install it: npm install --include=optional.",
  no_bluetoothd: "Install and start it: sudo apt-get install bluez; sudo systemctl enable --now bluetooth.",
  no_permission:
    "Add the user to the group bluetooth (sudo usermod -aG bluetooth USER) and sign in again; an adapter of our own " +
    "(ble+hci) wants the rights cap_net_raw and cap_net_admin.",
  no_adapter: "Plug it in; `bluetoothctl list` names those that are there.",
  adapter_off: "Switch it on: rfkill unblock bluetooth; bluetoothctl power on.",
} as const;

/** What a refusal of the Bluetooth process means for the link to this address. */
export function refusalFault(address: string, { why, message }: BleRefusal): Fault {
  switch (why) {
    case "no_library":
      return new Fault("PROGRAM_MISSING", `${address} needs the Bluetooth library: ${message}.`, {
        fix: FIX[why],
      });
    case "no_bluetoothd":
      return new Fault("LINK_REFUSED", `${address} cannot be reached: ${message}.`, { fix: FIX[why] });
    case "no_permission":
      return new Fault("LINK_REFUSED", `This user may not use Bluetooth, for ${address}: ${message}.`, {
        fix: FIX[why],
      });
    case "no_adapter":
      return new Fault("LINK_NOT_FOUND", `There is no such Bluetooth adapter for ${address}: ${message}.`, {
        fix: FIX[why],
      });
    case "adapter_off":
      return new Fault("LINK_REFUSED", `The Bluetooth adapter for ${address} is off: ${message}.`, {
        fix: FIX[why],
      });
    case "gone":
      return lost(address, message);
    case "timeout":
    case "failed":
      return new Fault("LINK_REFUSED", `${address} does not do what it should: ${message}.`, {
        fix: "It is tried again by itself. Bring the sensor nearer, charge it; bond it anew if it was reset.",
      });
  }
}

/** What a refusal of the Bluetooth process means for somebody who only wants to know what is there. */
export function scanFault({ why, message }: BleRefusal): Fault {
  const refused = (what: string, fix: string): Fault =>
    new Fault("LINK_REFUSED", `Bluetooth cannot be listened to: ${what}.`, { fix });
  switch (why) {
    case "no_library":
      return new Fault("PROGRAM_MISSING", `Bluetooth needs its library: ${message}.`, { fix: FIX[why] });
    case "no_bluetoothd":
      return refused(`bluetoothd does not run (${message})`, FIX[why]);
    case "no_permission":
      return refused(`this user may not use it (${message})`, FIX[why]);
    case "no_adapter":
      return new Fault("LINK_NOT_FOUND", `There is no Bluetooth adapter (${message}).`, { fix: FIX[why] });
    case "adapter_off":
      return refused(`the adapter is off (${message})`, FIX[why]);
    case "gone":
    case "timeout":
    case "failed":
      return refused(message, "Try again; if it stays so: sudo systemctl restart bluetooth.");
  }
}

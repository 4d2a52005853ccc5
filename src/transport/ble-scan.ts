import type { Clock } from "../port/clock.ts";
import { scanFault } from "./ble-faults.ts";
import { BleRefusal, type StartBleHelper } from "./ble-helper.ts";
import type { Heard, Radio } from "./ble-messages.ts";

const START_MS = 8_000;
const LISTEN_MS = 5_000;
/** A hall full of devices; the rest is not told of. */
const DEVICES_MAX = 500;

export interface BleScanOptions {
  readonly clock: Clock;
  readonly startHelper: StartBleHelper;
  readonly radio: Radio;
  /** How long to listen once the adapter does. */
  readonly forMs: number;
  readonly signal: AbortSignal;
}

/**
 * Listens for Bluetooth LE devices, in a process of its own; what several advertisements of one say is put together,
 * strongest first. Nothing is connected. Rejects with LINK_NOT_FOUND (no adapter), LINK_REFUSED (no bluetoothd, no
 * right, off), LINK_LOST, PROGRAM_MISSING, or the signal's reason.
 */
export async function scanBle(options: BleScanOptions): Promise<readonly Heard[]> {
  const { clock, startHelper, radio, forMs, signal } = options;
  const over = new AbortController();
  const devices = new Map<string, Heard>();
  let gone: ((refusal: BleRefusal) => void) | undefined;
  const ending = new Promise<never>((_resolve, reject) => {
    gone = reject;
  });
  // Nobody may be waiting for it yet.
  ending.catch(() => undefined);
  const helper = startHelper(clock, {
    packet: () => undefined,
    heard(heard) {
      const before = devices.get(heard.address);
      if (before !== undefined || devices.size < DEVICES_MAX)
        devices.set(heard.address, before === undefined ? heard : joined(before, heard));
    },
    lost: (detail) => gone?.(new BleRefusal("gone", detail)),
  });
  try {
    await helper.ask({ do: "start", radio }, START_MS, signal);
    await helper.ask({ do: "listen" }, LISTEN_MS, signal);
    await Promise.race([clock.sleep(forMs, AbortSignal.any([signal, over.signal])), ending]);
    return [...devices.values()].toSorted((a, b) => b.rssiDbm - a.rssiDbm);
  } catch (error) {
    throw error instanceof BleRefusal ? scanFault(error) : error;
  } finally {
    over.abort();
    helper.kill();
  }
}

/** The answer to a scan has the name and may lack what the first advertisement told. */
const joined = (before: Heard, now: Heard): Heard => ({
  address: now.address,
  name: now.name ?? before.name,
  services: [...new Set([...before.services, ...now.services])],
  manufacturer: now.manufacturer ?? before.manufacturer,
  rssiDbm: now.rssiDbm,
});

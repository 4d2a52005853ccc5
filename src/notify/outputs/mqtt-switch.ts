import type { Bus } from "../../port/bus.ts";
import type { Switch } from "../../port/switch.ts";

/**
 * A plug or siren that listens to a topic; `bus` is its own connection, and ends with it. What is set while the broker is
 * away waits for it, and only the newest.
 */
export function createMqttSwitch(
  bus: Bus,
  { topic, on, off }: { readonly topic: string; readonly on: string; readonly off: string },
): Switch {
  let goOn: (() => void) | undefined;
  const stopListening = bus.onConnected((connected) => {
    if (connected) goOn?.();
  });
  return {
    async set(isOn) {
      if (!bus.connected) {
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
      }
      goOn = undefined;
      // Never retained: a broker that comes back must not switch anything by itself.
      await bus.publish(topic, isOn ? on : off, { retain: false });
    },
    async close() {
      stopListening();
      await bus.close();
    },
  };
}

import { Fault } from "../domain/fault.ts";
import type { Bus, BusConnector } from "../port/bus.ts";

/** The bus of a box that no hub has taken in yet: never connected. What is said waits in the spool. */
export const createOfflineBus = (): BusConnector => ({ connect: () => OFFLINE });

const OFFLINE: Bus = {
  connected: false,
  publish: () =>
    Promise.reject(
      new Fault("BUS_UNREACHABLE", "This box is not paired with a hub yet.", {
        fix: "Pair it: breathwatch pair LINK.",
      }),
    ),
  subscribe: () => () => undefined,
  onConnected: () => () => undefined,
  close: () => Promise.resolve(),
};

import type {
  ByteLink,
  ByteNeed,
  CardLink,
  Links,
  OpenLink,
  PacketLink,
  RecordingTimes,
} from "../port/link.ts";
import type {
  BytesModule,
  DeviceModule,
  DeviceReading,
  DriverContext,
  OptionValues,
  ReportsModule,
  SimulatorContext,
} from "./contract.ts";
import type { Tap } from "./tap.ts";

/** What a driver works with, beside its link. */
export type Surroundings = Omit<DriverContext, "link">;

/** A family's driver on an opened link of the kind that it wants. */
export interface Attached {
  readonly simulated: boolean;
  readonly resolved: string;
  /** Starts the driver; once. */
  observe(context: Surroundings): AsyncIterable<DeviceReading>;
  /** Starts fetching the device's memory instead; undefined where the family has none. */
  readonly stored: ((context: Surroundings) => AsyncIterable<DeviceReading>) | undefined;
  close(): Promise<void>;
}

export interface AttachOptions {
  readonly module: DeviceModule;
  /** Complete: see fillOptions(). */
  readonly options: OptionValues;
  readonly links: Links;
  readonly address: string;
  readonly signal: AbortSignal;
  /** Counts what goes over the link; absent: nothing does. */
  readonly tap?: Pick<Tap, "link" | "packets" | "files">;
}

/** Opens the link that a family wants at an address. Rejects as Links does. */
export async function attach(options: AttachOptions): Promise<Attached> {
  const { module, links, address, signal, tap } = options;
  switch (module.link) {
    case "bytes":
    case "reports": {
      const need = byteNeed(module, options.options);
      const opened = await links.open(address, need, signal, timesOf(module, options.options));
      return attached(module, opened, (link, end) => tap?.link(link, end) ?? link);
    }
    case "gatt": {
      const need = { kind: module.link, gatt: module.gatt };
      const opened = await links.openPackets(address, need, signal);
      return attached(module, opened, (link, end) => tap?.packets(link, end) ?? link);
    }
    case "lines": {
      const opened = await links.openPackets(address, { kind: module.link }, signal);
      return attached(module, opened, (link, end) => tap?.packets(link, end) ?? link);
    }
    case "messages": {
      const need = { kind: module.link, topics: module.topics(options.options, address) };
      const opened = await links.openPackets(address, need, signal);
      return attached(module, opened, (link, end) => tap?.packets(link, end) ?? link);
    }
    case "files": {
      const opened = await links.openFiles(address, signal);
      return attached(module, opened, (link) => tap?.files(link) ?? link);
    }
  }
}

/** The device's ends of a cable, of which a family's simulator takes the one of its kind. */
export interface DeviceEnds {
  readonly device: ByteLink;
  readonly packets: PacketLink;
  readonly card: CardLink;
}

/** Plays a device at its end of a cable, until the signal aborts. */
export function simulateAt(
  module: DeviceModule,
  ends: DeviceEnds,
  context: Omit<SimulatorContext, "link">,
): Promise<void> {
  switch (module.link) {
    case "bytes":
    case "reports":
      return module.simulate({ ...context, link: ends.device });
    case "gatt":
    case "lines":
    case "messages":
      return module.simulate({ ...context, link: ends.packets });
    case "files":
      return module.simulate({ ...context, link: ends.card });
  }
}

interface Talker<L> {
  observe(context: DriverContext<L>): AsyncIterable<DeviceReading>;
  stored?(context: DriverContext<L>): AsyncIterable<DeviceReading>;
}

function attached<L extends { close(): Promise<void> }>(
  talker: Talker<L>,
  { link, simulated, resolved }: OpenLink<L>,
  tapped: (link: L, signal: AbortSignal) => L,
): Attached {
  const { stored } = talker;
  return {
    simulated,
    resolved,
    observe: (context) => talker.observe({ ...context, link: tapped(link, context.signal) }),
    stored:
      stored === undefined
        ? undefined
        : (context) => stored.call(talker, { ...context, link: tapped(link, context.signal) }),
    close: () => link.close(),
  };
}

const byteNeed = (module: BytesModule | ReportsModule, options: OptionValues): ByteNeed =>
  module.link === "bytes"
    ? { kind: "bytes", serial: module.serial(options) }
    : { kind: "reports", usb: module.usb };

/** How recordings of this family keep time. */
export const timesOf = ({ paced, bytesPerSecond }: DeviceModule, options: OptionValues): RecordingTimes => ({
  ...(paced === undefined ? {} : { paced }),
  ...(bytesPerSecond === undefined ? {} : { bytesPerSecond: bytesPerSecond(options) }),
});

import { answersOf } from "./alarm/answers.ts";
import type { BedConfig, DeviceConfig } from "./config/config.ts";
import type { HomeIdentity } from "./config/identity.ts";
import { shownAddress } from "./domain/address.ts";
import type { BedProfile, ExpectedSource } from "./domain/bed.ts";
import { Fault } from "./domain/fault.ts";
import type { DeviceId } from "./domain/ids.ts";
import type { DeviceModule, OptionValues } from "./driver/contract.ts";
import type { Families } from "./driver/families.ts";
import { fillOptions } from "./driver/options.ts";
import type { Supervisor } from "./driver/supervise.ts";
import type { FlightRecorder } from "./port/flight.ts";
import type { DeviceView } from "./server/contract/technician.ts";
import type { LiveBed } from "./server/live-model.ts";
import { writeTranscriptHeader } from "./wire/transcript.ts";

/** A bed of the configuration with its devices looked up and named. */
export interface BedPlan {
  readonly profile: BedProfile;
  readonly shown: LiveBed;
  readonly devices: readonly {
    readonly id: DeviceId;
    readonly config: DeviceConfig;
    readonly module: DeviceModule;
    readonly options: OptionValues;
  }[];
}

/** A link that can only be simulated, as its address tells before it is opened (law 7). */
const isMadeUp = (port: string): boolean => /^(memory|replay):/.test(port);

/** Lines before what the flight recorder keeps of a device. */
export const transcriptHead = ({ module, config, options }: BedPlan["devices"][number]): string =>
  writeTranscriptHeader({
    device: module.id,
    simulated: isMadeUp(config.port),
    options: Object.fromEntries(Object.entries(options).map(([name, value]) => [name, String(value)])),
  })
    .trimEnd()
    .concat("\n");

/** What a device is, and what is known of its family. */
export function factsOf({ id, config, module, options }: BedPlan["devices"][number]) {
  const { connection, averaging, evidence: evidenceText, night } = module.facts;
  return {
    ...{ device: id, address: shownAddress(config.port), options },
    signals: module.signals(options),
    quietMs: module.quietMs(options),
    facts: {
      ...{ vendor: module.vendor, model: module.model, connection, evidence: module.evidence },
      ...{ evidenceText, night },
      ...(averaging === undefined ? {} : { averaging }),
    },
  };
}

/** A device as the technician's page shows it. */
export function viewOf(
  device: BedPlan["devices"][number],
  supervisor: Supervisor,
  flight: FlightRecorder | undefined,
): DeviceView {
  return {
    ...factsOf(device),
    ...supervisor.view(),
    label: device.config.label,
    role: device.module.role,
    recorded: flight?.kept() ?? { bytes: 0 },
  };
}

/** Looks the devices of a configured bed up. Throws CONFIG_UNKNOWN_DEVICE. */
export function planBed(bed: BedConfig, zone: string, identity: HomeIdentity, families: Families): BedPlan {
  const devices = bed.devices.map((config) => {
    const module = families.find(config.family);
    if (module === undefined) {
      throw new Fault("CONFIG_UNKNOWN_DEVICE", `There is no device family "${config.family}".`, {
        fix: 'List the families with "breathwatch devices".',
        permanent: true,
      });
    }
    const options = fillOptions(module.options, config.options);
    return { id: identity.device(bed.id, config.port), config, module, options };
  });
  const sources = devices.map(({ id, config, module, options }): ExpectedSource => {
    const serial = identity.serial(id);
    return {
      device: id,
      role: module.role,
      signals: module.signals(options),
      simulated: isMadeUp(config.port),
      ...(serial === undefined ? {} : { serial }),
      ...(module.timeliness === "delayed" ? { delayed: true } : {}),
    };
  });
  // What is read the morning after is not waited for at night.
  const awaited = sources.filter((_, index) => devices[index]?.module.timeliness !== "late");
  return {
    devices,
    profile: {
      bed: bed.id,
      zone,
      dependencyClass: bed.dependencyClass,
      schedule: bed.schedule,
      sources: awaited,
    },
    shown: {
      bed: bed.id,
      label: bed.label,
      zone,
      answers: answersOf(bed.dependencyClass),
      dependencyClass: bed.dependencyClass,
      sources: devices.map(({ id, config, module }, index) => ({
        device: id,
        family: module.id,
        label: config.label,
        role: module.role,
        simulated: sources[index]?.simulated ?? false,
      })),
    },
  };
}

import type { Actor, AlarmCommand } from "../domain/alarm.ts";
import type { BedId, OccurrenceId } from "../domain/ids.ts";
import type { Language } from "../domain/person.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";
import type { State } from "../port/state.ts";
import type { Timeseries } from "../port/timeseries.ts";
import type { ListenOptions } from "../port/world.ts";
import type { DeviceView, SimulationRequest } from "./contract.ts";
import type { LiveModel } from "./live-model.ts";

/** What came of a command: `reason` is a sentence for the person who asked. */
export interface CommandOutcome {
  readonly accepted: boolean;
  readonly reason?: string;
}

/** What a one-time address from a notification allows, and in whose name. */
export interface TokenGrant {
  readonly bed: BedId;
  readonly occurrence: OccurrenceId;
  readonly by: Actor;
  readonly language: Language;
}

/** Everything that pages and their routes act on; the roots fill it in. */
export interface ServerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly state: State;
  readonly timeseries: Timeseries;
  readonly live: LiveModel;
  /** Shown by GET /api/me before anybody signed in. */
  readonly about: {
    readonly home: string;
    readonly demo: boolean;
    readonly version: string;
    readonly pushKey: string;
  };
  /** Folder of the built pages (dashboards/dist); need not exist. */
  readonly pagesFolder: string;
  /** Push services on the local network or this machine may be subscribed to (own servers, tests). */
  readonly allowPrivateEndpoints: boolean;
  /** With it the app speaks HTTPS; hand the same options to `listen`. */
  readonly tls?: NonNullable<ListenOptions["tls"]>;
  /** Hands a command to the owner of the bed's alarms. A rejection is answered as a failure. */
  command(bed: BedId, command: AlarmCommand): Promise<CommandOutcome>;
  /** Undefined: unknown, used up or too old. Must not use anything up: GET asks as well. */
  verifyToken(token: string): TokenGrant | undefined;
  /** Somebody answered through this token: its phone has proved that it is heard (law 2). */
  proven(token: string): void;
  /** A phone reports that it showed a notification; false when the token is not known. */
  receipt(token: string): boolean;
  devices(): readonly DeviceView[];
  /** What the virtual patient of a simulated bed does next. */
  simulate(bed: BedId, event: SimulationRequest["event"]): CommandOutcome;
  /** Called after a phone was added or removed, so that watch knows at once. */
  targetsChanged(): void;
}

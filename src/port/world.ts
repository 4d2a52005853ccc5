import type { Audio } from "./audio.ts";
import type { BusConnector } from "./bus.ts";
import type { Clock } from "./clock.ts";
import type { Disk } from "./disk.ts";
import type { Http } from "./http.ts";
import type { Links } from "./link.ts";
import type { Log } from "./log.ts";
import type { Random } from "./random.ts";
import type { Speech } from "./speech.ts";
import type { State } from "./state.ts";
import type { Timeseries } from "./timeseries.ts";

/** Where pages are served from. */
export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** PEM texts; without it only loopback is allowed. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

/** Starts the embedded broker; rejects with BUS_PORT_TAKEN. */
export interface BrokerStarter {
  start(options: {
    readonly host: string;
    readonly port: number;
    readonly username: string;
    readonly password: string;
  }): Promise<{ readonly url: string; close(): Promise<void> }>;
}

/**
 * Everything outside the program. The composition roots take one and know nothing else: the real world and the
 * rehearsal world are two implementations of it, and there is no test-only branch.
 */
export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly disk: Disk;
  readonly links: Links;
  readonly bus: BusConnector;
  readonly broker: BrokerStarter;
  readonly http: Http;
  /** Absent: pages are reached by injection only (rehearsal). */
  readonly listen?: ListenOptions;
  readonly audio: Audio;
  readonly speech: Speech;
  readonly timeseries: Timeseries;
  readonly state: State;
  readonly log: Log;
}

import type { Wall } from "../domain/time.ts";
import type { Accounts } from "./accounts.ts";
import type { Audio } from "./audio.ts";
import type { BrokerUsers, BusConnector } from "./bus.ts";
import type { ChannelModule } from "./channel.ts";
import type { Clock } from "./clock.ts";
import type { Disk } from "./disk.ts";
import type { Http, HttpLines } from "./http.ts";
import type { Links } from "./link.ts";
import type { Log } from "./log.ts";
import type { Mail } from "./mail.ts";
import type { Random } from "./random.ts";
import type { Speech } from "./speech.ts";
import type { HomeStates, State } from "./state.ts";
import type { GpioLine, Switch } from "./switch.ts";
import type { Timeseries } from "./timeseries.ts";

/** Where pages are served from. */
export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** PEM texts; without it only loopback is allowed. */
  readonly tls?: ServerCertificate;
  /** Host names by which the pages are reached, now. */
  names?(): readonly string[];
}

/** A certificate and its key, PEM texts; the certificate may be followed by those that signed it. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

/** The embedded broker while it runs. */
export interface Broker {
  /** For connections from this machine. */
  readonly url: string;
  /** Port of the listener with TLS; absent without one. */
  readonly tlsPort?: number;
  /** Users beside the own one; they end with the process, see `knows`. */
  readonly users: BrokerUsers;
  /** Takes effect for connections from now on. Rejects with CONFIG_INVALID, and keeps the former one. */
  setCertificate(certificate: ServerCertificate): Promise<void>;
  close(): Promise<void>;
}

/** Starts the embedded broker; rejects with BUS_PORT_TAKEN, or CONFIG_INVALID for a certificate that is none. */
export interface BrokerStarter {
  start(options: {
    readonly host: string;
    readonly port: number;
    /** Of this process and of tools on this machine: may publish and read everything. */
    readonly username: string;
    readonly password: string;
    /** A second listener, for other machines. */
    readonly tls?: ServerCertificate & { readonly host: string; readonly port: number };
    /** Judges users that nobody `put` since the start; what they may do follows from the name. */
    readonly knows?: (username: string, password: string) => Promise<boolean>;
  }): Promise<Broker>;
}

/** How near a certificate's end is, or that its time has not begun (`early`), or is over (`ended`). */
export type CertificateStage = "early" | "month" | "weeks" | "days" | "ended";

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
  readonly http: Http & HttpLines;
  readonly mail: Mail;
  /** Ways to reach people from outside the tree; absent: none. */
  readonly channelModules?: readonly ChannelModule[];
  /** Absent: pages are reached by injection only (rehearsal). */
  readonly listen?: ListenOptions;
  /** Of the certificate that pages show now: it is renewed while they run. Absent: they have none. */
  readonly certificate?: () => { readonly from: Wall; readonly until: Wall };
  readonly audio: Audio;
  /** Another loudspeaker of this machine, by its name in the sound system. */
  readonly audioAt: (device: string) => Audio;
  /** A line of this machine that switches something on and off. */
  readonly gpio: (line: GpioLine) => Switch;
  readonly speech: Speech;
  readonly timeseries: Timeseries;
  readonly state: State;
  /** Who may sign in; in the same file as `state`. */
  readonly accounts: Accounts;
  /** On a hub: the State of each of its homes. */
  readonly homes: HomeStates;
  readonly log: Log;
  /**
   * Why what is sealed in the data folder cannot be opened: people, phones, keys and nights are not there, and nothing
   * of them is written; devices, engine, journals and sounder work. Absent: it is open.
   */
  readonly keyless?: string;
  /**
   * What is wrong with the file of people and settings, or was at the start, and what was done about it; undefined:
   * nothing. Absent: there is no such file.
   */
  readonly stateDamage?: () => string | undefined;
  /** Hears of what is found damaged in it while this runs, in words. Returns what ends it. Absent: there is no such file. */
  readonly onStateDamage?: (listener: (damage: string) => void) => () => void;
}

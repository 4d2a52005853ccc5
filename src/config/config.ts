import type { DependencyClass, WatchSchedule } from "../domain/bed.ts";
import type { BedId } from "../domain/ids.ts";
import type { Language } from "../domain/person.ts";
import type { LogLevel } from "../port/log.ts";
import type { KeyConfig } from "./keys.ts";
import type { OidcConfig } from "./oidc.ts";
import type { SounderConfig } from "./sounder.ts";
import type { StoreConfig } from "./store.ts";

/** Everything that roots need to know, after defaults; made from a configuration file or by the demo. */
export interface HomeConfig {
  /** IANA zone. */
  readonly zone: string;
  readonly language: Language;
  /** Of this home; empty for a hub. */
  readonly beds: readonly BedConfig[];
  /** Present: this is the configuration of a hub of many homes. */
  readonly hub?: {
    readonly name: string;
    /** The broker as boxes reach it; without a url the embedded one listens there with TLS. */
    readonly boxes: { readonly url?: string; readonly host: string; readonly port: number };
    /** Outside providers of identities that people may sign in through; absent: none. */
    readonly oidc?: readonly OidcConfig[];
  };
  readonly web: {
    readonly host: string;
    readonly port: number;
    /** Host name in links that phones open. */
    readonly name: string;
    /** Further names that pages answer to. */
    readonly otherNames?: readonly string[];
    readonly tls?: { readonly certFile: string; readonly keyFile: string };
    /** Instead: certificates by an authority of this machine's own. */
    readonly ownAuthority?: true;
  };
  readonly bus: {
    /** Present: an outside broker; absent: the embedded one listens on host and port. */
    readonly url?: string;
    readonly host: string;
    readonly port: number;
    readonly username?: string;
    readonly password?: string;
  };
  readonly webPush: { readonly subject: string; readonly allowPrivateEndpoints: boolean };
  readonly webhooks: readonly { readonly label: string; readonly url: string; readonly secret: string }[];
  readonly security: { readonly keyFile?: string };
  /** Present: programs read /metrics with this token. */
  readonly metrics?: { readonly token: string };
  /** Present: beds are announced to Home Assistant. */
  readonly homeAssistant?: { readonly prefix: string };
  /** Where phones away from home answer; absent: they reach this box itself, or cannot answer. */
  readonly relay?: { readonly server: string; readonly token?: string };
  readonly audio: { readonly enabled: boolean; readonly device?: string; readonly server?: string };
  /** Absent: the house is one room, and sounds through `audio`. */
  readonly sounder?: SounderConfig;
  /** Buttons that answer alarms; absent: none. */
  readonly keys?: readonly KeyConfig[];
  /** `gigabytes` absent: half of the disk. */
  readonly keep: {
    readonly waveDays: number;
    readonly numberDays: number;
    readonly gigabytes?: number;
  };
  readonly log?: LogConfig;
  readonly store: StoreConfig;
  /** The demo: simulated bed, own state folder, marked everywhere. */
  readonly demo: boolean;
}

/** Where the program's own log goes and what it holds; absent parts: stderr, and the level of the command line. */
export interface LogConfig {
  readonly level?: LogLevel;
  /** A file that is put aside when it is long, with so many older ones kept. */
  readonly file?: { readonly path: string; readonly bytesMax: number; readonly keep: number };
}

export interface BedConfig {
  readonly id: BedId;
  readonly label: string;
  readonly dependencyClass: DependencyClass;
  readonly schedule: WatchSchedule;
  readonly devices: readonly DeviceConfig[];
}

export interface DeviceConfig {
  readonly family: string;
  readonly port: string;
  readonly label: string;
  readonly options: { readonly [name: string]: string | number | boolean };
}

import type { Actor, AlarmCommand, CauseId, ConditionId } from "../domain/alarm.ts";
import type { WatchSchedule } from "../domain/bed.ts";
import type { FaultCode } from "../domain/fault.ts";
import type { BedId, DeviceId, HomeId, OccurrenceId } from "../domain/ids.ts";
import type { LimitOffer, NightEntry } from "../domain/morning.ts";
import type { Language } from "../domain/person.ts";
import type { Night, Wall } from "../domain/time.ts";
import type { WhatIfLine } from "../domain/what-if.ts";
import type { Account, Accounts, JoinCode, OrganisationId } from "../port/accounts.ts";
import type { ChannelModule, SendResult } from "../port/channel.ts";
import type { Clock } from "../port/clock.ts";
import type { DeadManModule, DeadManState } from "../port/dead-man.ts";
import type { EveningDesk } from "../port/evening.ts";
import type { HealthReport } from "../port/health.ts";
import type { LimitsDesk } from "../port/limits.ts";
import type { Log } from "../port/log.ts";
import type { Metrics } from "../port/metrics.ts";
import type { Random } from "../port/random.ts";
import type { AuditFormat } from "../port/record.ts";
import type { HomeStates, State } from "../port/state.ts";
import type { Timeseries } from "../port/timeseries.ts";
import type { Voices } from "../port/voices.ts";
import type { ListenOptions } from "../port/world.ts";
import type { ImportState } from "./contract/import.ts";
import type { BaselinesResponse } from "./contract/limits.ts";
import type {
  BoxHeard,
  DeviceView,
  FramesResponse,
  SimulationRequest,
  SimulationView,
} from "./contract/technician.ts";
import type { LiveModel } from "./live-model.ts";
import type { OidcProvider } from "./oidc-provider.ts";
import type { PairingDesk } from "./pairing-desk.ts";

/** What came of a command: `reason` is a sentence for the person who asked. */
export interface CommandOutcome {
  readonly accepted: boolean;
  readonly reason?: string;
  /** Of the problem that it is answered with; absent: CONFLICT. */
  readonly code?: FaultCode;
}

/** What a one-time address from a notification allows, and in whose name. */
export interface TokenGrant {
  readonly bed: BedId;
  readonly occurrence: OccurrenceId;
  readonly by: Actor;
  readonly language: Language;
  /** What the message showed (`worsenedBy`). */
  readonly worsened: number;
  /** The same for the same token, however often and by whichever way it comes. */
  readonly commandId: string;
}

/** What is asked of a bed's box: [from, to). */
export interface AskedOfBed {
  readonly bed: BedId;
  readonly from: Wall;
  readonly to: Wall;
  readonly by: Actor;
  /** Whoever asked is gone. */
  readonly signal: AbortSignal;
}

/** A simulated bed under the technician's hands. */
export interface SimulatedBed {
  view(): SimulationView;
  /** Does it at once. */
  act(request: SimulationRequest): CommandOutcome;
}

/** Takes in cards and files that people bring, one upload at a time. */
export interface Imports {
  /** Families that may be brought. */
  families(): readonly { readonly id: string; readonly vendor: string; readonly model: string }[];
  /** Undefined: nothing was brought to this bed since the start. */
  state(bed: BedId): ImportState | undefined;
  /** Keeps a piece; the last one begins the reading. Rejects with CONFLICT, INPUT_INVALID or DISK_FAILED. */
  take(piece: {
    readonly bed: BedId;
    readonly family: string;
    readonly name: string;
    /** Bytes before it; 0 begins a new upload. */
    readonly at: number;
    readonly last: boolean;
    readonly total?: number;
    readonly bytes: Uint8Array;
    /** Who sends it. */
    readonly by: string;
  }): Promise<ImportState>;
}

/** How the program itself is. */
export interface Health {
  report(): Promise<HealthReport>;
  /** Whether what people bring here is kept. */
  isServing(): Promise<boolean>;
}

/** Everything that pages and their routes act on; the roots fill it in. */
export interface ServerDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly accounts: Accounts;
  /** Of this machine: owner code, what belongs to no home. In a home the same as the home's own. */
  readonly state: State;
  /** Of each home that is served here. */
  readonly homes: Pick<HomeStates, "of">;
  /** The home of a bed; undefined for one of no home here. Says nothing about whether the bed is there. */
  homeOf(bed: BedId): HomeId | undefined;
  readonly timeseries: Timeseries;
  readonly live: LiveModel;
  /** Address of the hub that leads this box: notes and duty are kept there; absent: here. */
  readonly ledBy?: string;
  /** What the owner code lets in to: the home, or on a hub the organisation that runs it. */
  readonly ownerOf: JoinCode["to"];
  /** What GET /api/me says of this box, also before anybody signed in: then without an account. */
  about(account: Account | undefined): {
    readonly home: string;
    readonly demo: boolean;
    readonly version: string;
    /** Web Push key of the account's home; empty where nobody can be woken by it. */
    readonly pushKey: string;
    /** Of somebody of several homes: the key of each. */
    readonly pushHomes?: readonly { readonly home: HomeId; readonly pushKey: string }[];
  };
  /** Host names that pages are reached by, beside localhost and every address; asked anew. Absent: none. */
  names?(): readonly string[];
  /** Folder of the built pages (dashboards/dist); need not exist. */
  readonly pagesFolder: string;
  /** Origin of the relay that phones answer through; absent: they answer here. */
  readonly relayOrigin?: string;
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
  /** Of one bed, or of all that are read here. Throws NOT_FOUND. */
  devices(bed?: BedId): readonly DeviceView[];
  /** The box that reads a bed's devices, where it is another machine than this. */
  box?(bed: BedId): BoxHeard | undefined;
  /** The newest frames of a device, explained now; `anew`: of a person who says that they look again. May throw. */
  frames(bed: BedId, device: DeviceId, by: Actor, anew: boolean): FramesResponse;
  /** The device that is there belongs to the bed from now on: its serial number; undefined where it told none. */
  bindSerial(device: DeviceId): string | undefined;
  /** What went over a device's link in [from, to), as a transcript. Rejects with NOT_FOUND. */
  recording(asked: AskedOfBed & { readonly device: DeviceId }): Promise<string>;
  /**
   * What alarms speak, as a WAV file; undefined where this machine has no voice.
   * @param whose the machine's own, also where the family has spoken it itself; default: what an alarm speaks
   */
  speech(key: CauseId | ConditionId, language: Language, whose?: "machine"): Promise<Uint8Array | undefined>;
  /** What the family speaks itself; absent on a hub: a voice is recorded in the house. */
  readonly voices?: Voices;
  /** The audit record of a bed that is here, [from, to), as text in pieces. */
  auditRecord(asked: AskedOfBed & { readonly format: AuditFormat }): AsyncIterable<string>;
  /** The limits of a bed that is here. */
  limits(bed: BedId): LimitsDesk;
  /**
   * Tries limits on the last nights; a line as each is done, ending early when the signal aborts. Rejects with
   * LIMITS_REFUSED, and with RATE_LIMITED while others are being tried.
   */
  whatIf(bed: BedId, limits: unknown, signal: AbortSignal): Promise<AsyncIterable<WhatIfLine>>;
  /** The person's usual values. */
  baselines(bed: BedId): BaselinesResponse;
  /** Of the box that keeps its nights itself: what was written down of them beside the store. Absent on a hub. */
  readonly nights?: {
    /** Hours of the watch; undefined: the usual ones. */
    schedule(bed: BedId): WatchSchedule | undefined;
    /** Of one bed up to `to`, from the last change of the watch at or before `from` on; oldest first. */
    entries(bed: BedId, from: Wall, to: Wall): readonly NightEntry[];
  };
  /**
   * One change of a limit to think about after a night of many wakings; `answer` rejects with NOT_FOUND. Absent where no nights
   * are kept.
   */
  readonly offers?: {
    current(bed: BedId): Promise<LimitOffer | undefined>;
    answer(bed: BedId, id: string, what: "handed_on" | "declined", by: Actor): Promise<void>;
  };
  /**
   * On a hub: what the bed's box left here of a night; `entries` absent: it has not told yet. Rejects with STATE_FAILED.
   */
  toldNight?(
    bed: BedId,
    night: Night,
  ): Promise<{ readonly schedule?: WatchSchedule; readonly entries?: readonly NightEntry[] }>;
  /** The virtual patient of a bed and what belongs to it; undefined where the bed is real. */
  simulation(bed: BedId): SimulatedBed | undefined;
  /** Absent where there is no place to keep an upload. */
  readonly imports?: Imports;
  /** This machine's own authority, for phones to take over; absent where a public one vouches for it. */
  readonly authority?: { readonly pem: string; readonly fingerprint: string };
  /** Takes boxes in; absent where this is no hub. */
  readonly pairing?: PairingDesk;
  /**
   * Deletes a home with everybody in it for good: what watches it lets go, its boxes and its retained messages go too.
   * Absent where this is no hub.
   */
  forgetHome?(home: HomeId): Promise<{
    readonly beds: readonly BedId[];
    /** People who were nothing anywhere else. */
    readonly accounts: number;
    readonly boxes: readonly unknown[];
  }>;
  /** How the box itself is; absent where nobody can ask (rehearsal). */
  readonly health?: Health;
  /** What GET /metrics tells beside what the pages know, and the token of programs that read it. */
  readonly metrics?: Metrics;
  /** Host name that passkeys belong to (passkeyHostOf); absent: there are none here. */
  readonly passkeyHost?: string;
  /** Sign-in through a clinic's own providers of identities; absent: there is none here. */
  readonly oidc?: {
    /** Where pages must be for it: providers send browsers back here and nowhere else. */
    readonly origin: string;
    /** Whom it lets in to. */
    readonly organisation: OrganisationId;
    readonly providers: readonly OidcProvider[];
  };
  /** Called after a phone or a person of a home, or its duty changed, so that watch and boxes know at once. */
  /** Ways to reach people that a home can add by itself. */
  readonly channels: readonly ChannelModule[];
  /** Who outside the house is told if this box dies; absent: this is no box. */
  readonly deadMen?: {
    readonly modules: readonly DeadManModule[];
    /** Those that something was entered for. */
    states(): readonly { readonly id: string; readonly state: DeadManState }[];
    /** It speaks up shortly, marked as a drill; never rejects. */
    drill(way: string): Promise<SendResult & { readonly tookMs: number }>;
  };
  /**
   * The evening check of a home, in whose name something is asked; absent, or undefined for a home whose box tells nothing of
   * it: phones are not called from here.
   */
  evening?(home: HomeId, by?: Actor): EveningDesk | undefined;
  /** Called after a phone or a person of a home was added or removed, so that watch knows at once. */
  targetsChanged(home: HomeId): void;
}

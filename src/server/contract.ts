/**
 * What pages and server say to each other. Pages import it as types only. Every message here is plain JSON; times
 * are epoch milliseconds of the edge's wall clock; `ageMs` is computed by the server on its monotonic clock at the
 * moment of sending, so a page never compares clocks with the box.
 */
import type {
  AcknowledgePlace,
  AlarmFold,
  CareAct,
  CarePlan,
  ConditionId,
  Occurrence,
  PatientCall,
  Priority,
} from "../domain/alarm.ts";
import type { BedId, DeviceId, HomeId, OccurrenceId, PersonId } from "../domain/ids.ts";
import type { Timeliness } from "../domain/observation.ts";
import type { Language, Person, Role } from "../domain/person.ts";
import type { Sample } from "../domain/sample.ts";
import type { SignalId, WaveId } from "../domain/signal.ts";
import type { Night } from "../domain/time.ts";

/** Newest sample of a signal, with the age of its arrival. Greyed and struck through at 10 s, gone at 30 s. */
export interface LiveSample {
  readonly sample: Sample;
  readonly ageMs: number;
  readonly device: DeviceId;
}

export type LinkState = "opening" | "open" | "quiet" | "lost" | "refused" | "stopped";

/** One source as pages show it. */
export interface SourceView {
  readonly device: DeviceId;
  /** Device family id. */
  readonly family: string;
  readonly label: string;
  readonly role: string;
  readonly link: LinkState;
  /** Sentence for people when the link is not open: cause and fix. */
  readonly problem?: string;
  readonly simulated: boolean;
  readonly timeliness: Timeliness;
  /** Age of the newest observation; absent when nothing ever arrived. */
  readonly ageMs?: number;
}

/** How the house would wake somebody now; shown permanently. */
export interface WakeReadiness {
  readonly sounder: {
    readonly ok: boolean;
    readonly detail: string;
    /** It sounds, and something is less than it could be: there is no voice, so alarms are tones alone. */
    readonly remark?: string;
  };
  /** Rooms, lamps and buttons of the house, each for itself; absent: none are configured. */
  readonly house?: readonly {
    /** A room by whom it is for; a lamp or shaker that follows the alarm; a button that answers it. */
    readonly kind: "caregiver" | "patient" | "output" | "key";
    readonly name: string;
    readonly ok: boolean;
    readonly detail: string;
  }[];
  /** Phones and webhooks with their proof (law 2). */
  readonly targets: readonly {
    readonly id: string;
    readonly label: string;
    readonly person: string;
    readonly personId?: PersonId;
    readonly channel: string;
    /** Age of the newest proof; absent: never proven. */
    readonly provenAgeMs?: number;
    /** Since it was last heard aloud, in a loud drill; absent: never. */
    readonly loudAgeMs?: number;
    /** Since what runs on it, or its way, changed last; absent: not known to have. */
    readonly changedAgeMs?: number;
    readonly dead?: string;
    /** How what it is called through in the house is, in the home's language: a stick, its card, its network. */
    readonly house?: { readonly ok: boolean; readonly detail: string };
    /** The newest message that it says it showed, so long after it was sent; no proof that anybody heard it (law 2). */
    readonly shown?: {
      readonly occurrence: OccurrenceId;
      readonly ageMs: number;
      readonly afterMs: number;
    };
  }[];
  /** False: the last alarm could not be written down in time (law 4). */
  readonly durable: boolean;
  /** How phones that are not in the house answer; absent: not known yet. */
  readonly away?: {
    /** `name`: at this server's own public name; `relay`: through a letter box outside; `none`: not at all. */
    readonly by: "name" | "relay" | "none";
    readonly ok: boolean;
    readonly detail: string;
  };
  /** Who is told if this box dies; absent: not known yet. */
  readonly deadMan?: {
    /** `hub`: the one that leads this box; `outside`: a service that the home has set up; `none`: nobody. */
    readonly by: "hub" | "outside" | "none";
    /** False: nobody is told. */
    readonly ok: boolean;
    /** Which kind of service: `dead-man-ntfy`... */
    readonly way?: string;
    /** It speaks up so long after the box has fallen silent; absent: by a time of its own. */
    readonly afterMs?: number;
    /** Nobody is watched now: it stands from the beginning of the watch on. */
    readonly resting?: true;
    /** Epoch ms: since then nobody is told. */
    readonly since?: number;
    readonly detail: string;
  };
}

export interface BedState {
  readonly bed: BedId;
  readonly label: string;
  readonly zone: string;
  /** Every source of this bed is simulated, or any is: pages show the ribbon on any. */
  readonly simulated: boolean;
  readonly signals: { readonly [id in SignalId]?: LiveSample };
  readonly sources: readonly SourceView[];
  readonly alarms: AlarmFold;
  readonly answers: AnswersNow;
  readonly readiness: WakeReadiness;
  /** Why the box would not take what its hub set: it goes on with what it had. Absent: it runs on it, or has no hub. */
  readonly refusedSettings?: string;
}

/** What may be answered to the alarms that are open now; what is not here is not offered. */
export interface AnswersNow {
  /** Minutes that an act of care quiets what it explains. */
  readonly care: { readonly [act in CareAct]?: number };
  /** The longest pause of an open occurrence, ms; not here: it is never paused. */
  readonly pauses: { readonly [occurrence: OccurrenceId]: number };
  /** Technical through and through: "I am watching myself" may be said. */
  readonly watching: readonly OccurrenceId[];
}

/** Server to page over the WebSocket `/api/live`; on the wire each carries `seq`: 1, 2, 3... in one connection. */
export type LiveMessage =
  /** First message, and again whenever anything changed, at most 4 a second; alarms at once. */
  | {
      readonly kind: "state";
      readonly at: number;
      /** Of what this shows; sent as `after` by whoever comes back (`/api/live?after=...`). */
      readonly cursor?: string;
      /**
       * Only to whoever came back with this cursor, in the first message, and to whoever asked for changes
       * (`/api/live?changes=1`), whose message before had it: `beds` are those that changed since, `all` every bed that is
       * there (absent: the same as before); the rest is as it was, and older by the time that passed. Absent: `beds` is the
       * whole.
       */
      readonly since?: string;
      readonly all?: readonly BedId[];
      readonly beds: readonly BedState[];
    }
  /** About once a second while the page asked for waves with `{"kind":"waves","bed":"b1","on":true}`. */
  | {
      readonly kind: "wave";
      readonly bed: BedId;
      readonly device: DeviceId;
      readonly rateHz: number;
      readonly channels: { readonly [id in WaveId]?: readonly number[] };
      /** It does not go on from the one before: what lay between was held back. */
      readonly torn?: true;
    }
  /** Every 5 s even when nothing changed: a page that hears nothing for 12 s treats it as an alarm. */
  | { readonly kind: "heartbeat"; readonly at: number };

/** Page to server over the same socket. */
export type LiveRequest = { readonly kind: "waves"; readonly bed: BedId; readonly on: boolean };

/** GET /api/me (no sign-in needed). */
export interface Me {
  /** With the role that somebody has first of all; every role: homes and organisations. */
  readonly person?: Person;
  /** Absent where nobody is signed in; `through`: the organisation by whose consent. */
  readonly homes?: readonly { readonly home: HomeId; readonly role: Role; readonly through?: string }[];
  readonly organisations?: readonly { readonly organisation: string; readonly role: Role }[];
  readonly home: string;
  /** Running as the demo: a simulated bed in its own folder. */
  readonly demo: boolean;
  /** This machine looks after many homes and takes boxes in; absent: it does not. */
  readonly hub?: boolean;
  readonly version: string;
  /** VAPID public key for push subscription. */
  readonly pushKey: string;
  /** On a hub, for somebody of several homes: the key of each. A phone has a subscription for every one of them. */
  readonly pushHomes?: readonly { readonly home: HomeId; readonly pushKey: string }[];
  /** Further ways to sign in. `passkey`: the host name where passkeys work; `oidc`: on pages at `origin`. */
  readonly ways?: {
    readonly passkey?: string;
    readonly oidc?: {
      readonly origin: string;
      readonly providers: readonly { readonly id: string; readonly label: string }[];
    };
  };
}

/** POST /api/sign-in; answers Me and sets the session cookie. */
export interface SignInRequest {
  /** The owner code printed by the box, or a join code made by the owner. */
  readonly code: string;
  readonly name: string;
  readonly language: Language;
}

/** POST /api/people/join-codes (owner): a code that lets one person join for 10 minutes. */
export interface JoinCodeRequest {
  readonly role: Exclude<Role, "owner">;
  /** May be left out by whoever has one home. */
  readonly home?: HomeId;
}
export interface JoinCodeResponse {
  readonly code: string;
  readonly expiresInMs: number;
}

/** POST /api/sign-out : 204. POST /api/me/language, 204. */
export interface LanguageRequest {
  readonly language: Language;
}

/** What acknowledge, call, watch, drill and simulation answer; not accepted is a problem with code CONFLICT. */
export interface CommandAnswer {
  readonly accepted: true;
}

/**
 * POST /api/beds/:bed/occurrences/:id/acknowledge ; "bedside" answers a patient's call and so ends it; "watching" only
 * for what `answers.watching` names.
 */
export interface AcknowledgeRequest {
  readonly place: AcknowledgePlace;
  /** Every open alarm of its card at once: what one tap on a card means. */
  readonly card?: boolean;
}
/** POST /api/beds/:bed/pause ; one condition at one priority and below, at most as long as `answers.pauses` says. */
export interface PauseRequest {
  readonly condition: ConditionId;
  readonly priority: Priority;
  readonly forMs: number;
}
/** POST /api/beds/:bed/resume */
export interface ResumeRequest {
  readonly condition: ConditionId;
}
/** POST /api/beds/:bed/care ; it ends by itself, or with POST /api/beds/:bed/care/done. */
export interface CareRequest {
  readonly act: CareAct;
}
/** POST /api/beds/:bed/care/plan ; minutes between two of the same, 30 to 1440; what is not named is not asked for. */
export interface CarePlanRequest {
  readonly plan: CarePlan;
}
/** POST /api/beds/:bed/occurrences/:id/seen : somebody has looked at an alarm that is over. */
/** POST /api/beds/:bed/leave ; nothing sounds until then, at most 60 days. */
export interface LeaveRequest {
  readonly reason: "hospital" | "visit";
  readonly until: number;
}
/** POST /api/beds/:bed/finish ; POST /api/beds/:bed/finish/undo takes it back within 24 h. */
export interface FinishRequest {
  readonly reason: "transfer" | "death";
}
/** POST /api/beds/:bed/call (patient, and any signed-in person). */
export type CallRequest = PatientCall;
/** POST /api/beds/:bed/watch */
export interface WatchRequest {
  readonly on: boolean;
}
/** POST /api/beds/:bed/drill (owner, technician, caregiver) */
export interface DrillRequest {
  readonly forMs: number;
}
/** POST /api/push (a page's subscription); answers `{id}` of the target. DELETE /api/push/:id, 204. */
export interface PushSubscribeRequest {
  /** Whose key the subscription was made with; absent: the first home's. */
  readonly home?: HomeId;
  readonly endpoint: string;
  readonly p256dh: string;
  readonly auth: string;
  readonly label: string;
}
/** POST /api/a/:token : one-time acknowledgement from a notification, no sign-in; GET shows a page with one button. */
export interface TokenAcknowledgeResponse {
  readonly occurrence?: Occurrence;
  readonly by: string;
}

export type { PushPayload } from "../port/channel.ts";

/** GET /api/speech/:language/:key : audio/wav, what an alarm of this cause or condition speaks; 204: no voice. */

/** GET /api/beds/:bed/nights?limit=N&before=NEXT , newest first; `next` is absent at the end. */
export interface NightsResponse {
  readonly nights: readonly { readonly night: Night; readonly simulated: boolean }[];
  readonly next?: string;
}

/** A strip for one night: one entry per bucket; a gap is null in all three. */
export interface Strip {
  readonly signal: SignalId;
  readonly unit: string;
  readonly min: readonly (number | null)[];
  readonly mean: readonly (number | null)[];
  readonly max: readonly (number | null)[];
}

export interface MetricValue {
  readonly value: number | null;
  readonly unit: string;
  readonly rule: string;
  /** Valid time / total time of what the metric was computed from, 0..1. */
  readonly coverage: number;
}

/** GET /api/beds/:bed/nights/:night?width=N ; `from` and `to` hold all that was recorded, to whole hours. */
export interface NightResponse {
  readonly night: Night;
  readonly zone: string;
  readonly from: number;
  readonly to: number;
  readonly bucketMs: number;
  readonly simulated: boolean;
  readonly strips: readonly Strip[];
  readonly alarms: readonly {
    readonly occurrence: Occurrence;
    readonly endedAt?: number;
    readonly acknowledgedBy?: string;
    readonly acknowledgedAt?: number;
  }[];
  readonly metrics: { readonly [id: string]: MetricValue };
}
/** GET /api/beds/:bed/nights/:night/csv : text/csv, one row a second, absence reasons in `<signal>.absent`. */

// The technician's page: contract/technician.ts.

/** Every error answer: RFC 9457 problem details with a Breathwatch fault code. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  /** `urn:breathwatch:request:` and the id that the header x-request-id and the box's log name. */
  readonly instance: string;
  readonly fix?: string;
  /** Whom it is about, for a page that says it in its own language. */
  readonly names?: readonly string[];
}

import type { Priority } from "../domain/alarm.ts";
import type { ChannelAccess } from "../domain/channel-access.ts";
import type { PhoneCheckKind } from "../domain/evening.ts";
import type { Language } from "../domain/person.ts";
import type { Clock } from "./clock.ts";
import type { Http, HttpLines } from "./http.ts";
import type { Links } from "./link.ts";
import type { Log } from "./log.ts";
import type { Mail } from "./mail.ts";
import type { Random } from "./random.ts";

/** What a phone is to a channel; `telephone`: takes calls and no app, with or without a wire. */
export type PhoneSystem = "iphone" | "android" | "harmonyos" | "telephone";

/** What a channel can do; UI words come from this (delivery, E.3). */
export interface ChannelCapabilities {
  readonly breaksDndIos: "yes" | "no" | "setting" | "not_applicable";
  readonly breaksDndAndroid: "yes" | "no" | "setting" | "not_applicable";
  readonly mainlandChina: "yes" | "no" | "partly";
  /** A machine-readable "a human reacted". */
  readonly acknowledges: boolean;
  readonly endToEndEncrypted: boolean;
  readonly maxBytes: number;
  readonly ratePerMinute: number;
  /** What it sounds like where it arrives: rings like a call, with an alarm's sound, or as any notification. */
  readonly sounds: "call" | "alarm" | "notification" | "not_applicable";
  /** Where it arrives; absent: iPhones and Androids. */
  readonly phones?: readonly PhoneSystem[];
  /** Where it works only partly in mainland China: the phones on which it does, as its steps say; absent: on none. */
  readonly mainlandOn?: readonly PhoneSystem[];
  /** It reaches nobody outside of mainland China. */
  readonly mainlandOnly?: true;
  /** The account behind it is a company's. */
  readonly needsCompany?: true;
  /** Quiet messages are left out: it calls, or every message costs. */
  readonly onlyAlarms?: true;
  /** How often one target may be called, as the provider has it; absent: as often as needed. */
  readonly perTarget?: readonly CallLimit[];
}

/** At most so many sends within a time. */
export interface CallLimit {
  readonly most: number;
  readonly withinMs: number;
}

/** One message to one target. Default text holds no name and no value. */
export interface ChannelMessage {
  /** `<home>/<occurrence>/<step>/<repeat>`: the same key twice is the same message. */
  readonly key: string;
  readonly kind: "alarm" | "update" | "closed";
  readonly title: string;
  readonly body: string;
  readonly language: Language;
  readonly priority: Priority;
  /** Replaces an undelivered older message of the same incident. At most 32 base64url characters. */
  readonly collapseKey: string;
  /** After this the message is worthless. */
  readonly ttlSeconds: number;
  /** Page to open. */
  readonly url: string;
  /** One-time address that acknowledges by POST, for channels with buttons. */
  readonly acknowledgeUrl?: string;
  /** What an answer to it is an answer to, where a provider hands presses back; absent: the occurrence in `key`. */
  readonly about?: string;
  /** One-time address that takes a POST from whatever showed the message: it proves nothing about a person (law 2). */
  readonly receiptUrl?: string;
  readonly simulated: boolean;
  readonly drill: boolean;
  /** Of an evening check (`quiet`) or a loud drill: any tap on it is the answer. Absent: of an alarm. */
  readonly check?: PhoneCheckKind;
}

/** Where a message goes: a push subscription, a webhook address; opaque to everything but its channel. */
export interface ChannelTarget {
  readonly id: string;
  readonly channel: string;
  readonly settings: { readonly [name: string]: string };
}

export type SendResult =
  | { readonly outcome: "accepted"; readonly reference: string; readonly acknowledgedBy?: string }
  /** For now: try again, `retryAfterMs` when the provider said so. */
  | { readonly outcome: "failed"; readonly detail: string; readonly retryAfterMs?: number }
  /** For good: this target is dead until a person mends it. */
  | { readonly outcome: "refused"; readonly detail: string; readonly gone: boolean };

/** Whether something that a channel needs in the house works, in a sentence or two for the family. */
export interface ChannelReady {
  readonly ok: boolean;
  readonly detail: string;
}

/** What has become of a message that was accepted. */
export type Receipt =
  /** Nothing is known yet. */
  | { readonly state: "waiting" }
  /** It is on the phone, or somebody picked up: no answer yet. */
  | { readonly state: "reached" }
  /** A person pressed a key or a button; `by`: as the provider names them. */
  | { readonly state: "acknowledged"; readonly by?: string }
  /** Nothing more will be known; `unreached`: but that it came to nobody (busy, nobody picked up, switched off). */
  | { readonly state: "over"; readonly detail: string; readonly unreached?: true };

export interface Channel {
  readonly id: string;
  readonly capabilities: ChannelCapabilities;
  /**
   * Never rejects; every failure is a result. Where the target is being called already about the same incident, it may
   * answer `accepted` with the reference of that call instead of calling twice.
   */
  send(target: ChannelTarget, message: ChannelMessage): Promise<SendResult>;
  /**
   * Address of the first page of the service behind a target, without anything that names the target: to ask whether
   * the service can be reached at all. Undefined, or absent: only sends tell.
   */
  service?(target: ChannelTarget): string | undefined;
  /**
   * How what it needs in the house is now, such as a stick with its card: asked once an hour while somebody is watched,
   * since on a good night nothing is sent. Never rejects. Absent: it needs nothing here.
   */
  ready?(language: Language): Promise<ChannelReady>;
  /**
   * Asks what became of an accepted message, by its reference; every few seconds while it matters. Never rejects: what
   * cannot be learned now is `waiting`. Absent: the provider does not tell.
   */
  poll?(target: ChannelTarget, reference: string): Promise<Receipt>;
  /**
   * Ends what still rings, or takes back what nobody has seen: somebody has answered, or it is over. Never rejects.
   * Absent: what is sent stays.
   */
  cancel?(target: ChannelTarget, reference: string): Promise<void>;
  /**
   * Hears answers that come by themselves, such as a button in a chat, until the signal aborts; goes on by itself after
   * failures. What `onAnswer` gives back settles, never rejecting, when the answer has come to where it counts: a provider
   * that forgets what was read should not be told so before; undefined: it counts nowhere here.
   */
  listen?(
    targets: () => readonly ChannelTarget[],
    onAnswer: (answer: HeardAnswer) => Promise<void> | undefined,
    signal: AbortSignal,
  ): Promise<void>;
}

/** An answer that came by itself. */
export interface HeardAnswer {
  readonly target: string;
  /** Of the message that was answered. */
  readonly reference: string;
  readonly by?: string;
  /**
   * Whether that message was about this (`ChannelMessage.about`, or the occurrence), for whoever did not send it: a box and a
   * hub may hear each other's. Absent: its sender alone can tell.
   */
  readonly isAbout?: (about: string) => boolean;
}

/** One setting of a channel, as data: forms, checks and documents are made from it. */
export interface ChannelField {
  readonly name: string;
  /** `secret`: kept sealed and never shown again. `address`: http(s). `phone`: E.164, `+8613...`. */
  readonly kind: "text" | "secret" | "address" | "phone" | "choice";
  readonly label: Texts;
  /** What to write there and where it is found, in one sentence. */
  readonly help: Texts;
  readonly required: boolean;
  readonly fallback?: string;
  readonly choices?: readonly { readonly value: string; readonly label: Texts }[];
  /** What a value looks like, as a regular expression over all of it. */
  readonly pattern?: string;
  readonly maxLength: number;
}

export type Texts = { readonly [language in Language]: string };

/** What a channel needs from outside. */
export interface ChannelDeps {
  readonly http: Http & HttpLines;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly links: Links;
  readonly mail: Mail;
  /** IANA, of the home; absent: not known. */
  readonly zone?: string;
  /** The home's settings with the provider as they are now; undefined while there are none. */
  readonly access: () => ChannelAccess | undefined;
  /** A box of this home listens with the same settings, and goes first; absent: no. */
  readonly standsBy?: boolean;
}

/** A way to reach people, whole: a folder of src/notify, or a module outside the tree. */
export interface ChannelModule {
  /** Lower case, digits and hyphens; `ntfy`. */
  readonly id: string;
  /** As its users call it; a name, not translated unless it has a name of its own in that language. */
  readonly name: Texts;
  /** One sentence: what it does on a phone and for whom it is. */
  readonly summary: Texts;
  /** `house`: needs something that is plugged into the box, or the house network; a hub cannot use it. */
  readonly place: "anywhere" | "house";
  /** What the home has to have with the provider: server, token. Empty: nothing. */
  readonly access: readonly ChannelField[];
  /** What names one phone or room. */
  readonly target: readonly ChannelField[];
  /** What to switch on, on the phone, so that it wakes somebody at night; in order. */
  readonly steps: readonly Texts[];
  readonly capabilities: ChannelCapabilities;
  create(deps: ChannelDeps): Channel;
}

/** What a push carries, encrypted. The service worker must show something for every push, readable or not. */
export interface PushPayload {
  readonly title: string;
  readonly body: string;
  /** Tag: one notification per incident. */
  readonly tag: string;
  readonly url: string;
  readonly acknowledgeUrl?: string;
  readonly acknowledgeLabel?: string;
  readonly kind: "alarm" | "update" | "closed";
  readonly priority: Priority;
  readonly simulated: boolean;
  readonly drill: boolean;
  /** Any tap on it is the answer. */
  readonly check?: PhoneCheckKind;
  /** Where the worker reports that it was shown (a receipt, not an acknowledgement). */
  readonly receiptUrl?: string;
}

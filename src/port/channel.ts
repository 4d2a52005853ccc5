import type { Priority } from "../domain/alarm.ts";
import type { Language } from "../domain/person.ts";

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
  readonly simulated: boolean;
  readonly drill: boolean;
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

export interface Channel {
  readonly id: string;
  readonly capabilities: ChannelCapabilities;
  /** Never rejects; every failure is a result. */
  send(target: ChannelTarget, message: ChannelMessage): Promise<SendResult>;
  /**
   * Address of the first page of the service behind a target, without anything that names the target: to ask whether
   * the service can be reached at all. Undefined, or absent: only sends tell.
   */
  service?(target: ChannelTarget): string | undefined;
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
  /** Where the worker reports that it was shown (a receipt, not an acknowledgement). */
  readonly receiptUrl?: string;
}

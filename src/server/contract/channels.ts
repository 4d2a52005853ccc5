/** Ways to reach people, as pages see them. Times are epoch milliseconds. Texts come with the channel, per language. */
import type { PersonId } from "../../domain/ids.ts";
import type { Country } from "../../domain/phone-plan.ts";
import type { ChannelCapabilities, ChannelField, SendResult, Texts } from "../../port/channel.ts";

/** GET /api/homes/:home/channels */
export interface ChannelsResponse {
  /** Where the home is; absent: nobody has said. */
  readonly where?: PhonesWhere;
  readonly channels: readonly ChannelView[];
  readonly phones: readonly PhoneView[];
}

/** PUT /api/homes/:home/phones-where ; 204. What is offered for a phone depends on it (domain/phone-plan.ts). */
export interface PhonesWhere {
  readonly country: Country;
  /** The house has no internet. */
  readonly offline: boolean;
}

/**
 * GET /api/homes/:home/phones/:phone/loss and .../channels/:channel/loss ; who would be reached less well without it. Then
 * DELETE of it needs `?fewer=agreed`, else CONFLICT.
 */
export interface LossResponse {
  /** No phone of theirs would be called any more. */
  readonly told: readonly LossPerson[];
  /** They would still be told, by nothing that rings through silence. */
  readonly woken: readonly LossPerson[];
}

export interface LossPerson {
  readonly id: PersonId;
  readonly name: string;
}

/**
 * PUT /api/homes/:home/channels/:channel with `{settings}`: 204; a secret that is left out or empty stays as it was.
 * DELETE: 204, what the home had with the provider is forgotten; its phones stay, and cannot be reached.
 */
export interface ChannelView {
  readonly id: string;
  readonly name: Texts;
  readonly summary: Texts;
  readonly place: "anywhere" | "house";
  readonly steps: readonly Texts[];
  readonly capabilities: ChannelCapabilities;
  /** What the home has to enter; empty: nothing. */
  readonly access: readonly ChannelField[];
  /** What is entered for one phone. */
  readonly target: readonly ChannelField[];
  /** Whether phones can be added: nothing has to be entered, or it has been. */
  readonly isReady: boolean;
  /** What was entered, without secrets. */
  readonly entered: { readonly [name: string]: string };
}

/**
 * POST /api/homes/:home/phones with `{channel, label, settings, person?}`: `{id}`. `person` absent: one's own; another's
 * is for the owner. DELETE /api/push/:id removes one.
 */
export interface PhoneView {
  readonly id: string;
  readonly channel: string;
  readonly label: string;
  readonly person: PersonId;
  readonly addedAt: number;
  readonly provenAt?: number;
  /** Why it is not called any more. */
  readonly dead?: string;
  /** It hears quietly in the morning that the night's summary is ready; absent: it does not. */
  readonly morning?: true;
  /** Without secrets. */
  readonly settings: { readonly [name: string]: string };
}

/** POST /api/homes/:home/dead-men/:way/try: how the provider took it; no proof that anybody heard it. */
export interface TryResponse {
  readonly outcome: SendResult["outcome"];
  readonly detail?: string;
  readonly tookMs: number;
}

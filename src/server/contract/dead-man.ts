/** Who is told if the box dies, as pages see it. Times are epoch milliseconds. Texts come with each kind, per language. */
import type { ChannelField, Texts } from "../../port/channel.ts";
import type { DeadManState } from "../../port/dead-man.ts";

/**
 * GET /api/homes/:home/dead-men. `ways` is empty where none can be set up here: on a hub, which notices by itself that a
 * box has fallen silent.
 */
export interface DeadMenResponse {
  /** Address of the hub that leads this box and notices; absent: none does. */
  readonly ledBy?: string;
  readonly ways: readonly DeadManView[];
}

/**
 * PUT /api/homes/:home/dead-men/:way with `{settings}`: 204; a secret that is left out or empty stays as it was. DELETE:
 * 204, what stood at the service is called off. POST /api/homes/:home/dead-men/:way/try: it speaks up in ten seconds, marked
 * as a drill; answered like the trial of a phone.
 */
export interface DeadManView {
  readonly id: string;
  readonly name: Texts;
  readonly summary: Texts;
  readonly steps: readonly Texts[];
  readonly fields: readonly ChannelField[];
  /** It speaks up after a time that is set at the service. */
  readonly time: "ours" | "service";
  readonly isReady: boolean;
  /** What was entered, without secrets. */
  readonly entered: { readonly [name: string]: string };
  /** Absent: nothing was entered. */
  readonly state?: DeadManState;
}

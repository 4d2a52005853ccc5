import type { HomeConfig } from "./config/config.ts";
import type { HomeIdentity } from "./config/identity.ts";
import type { AlarmCommand } from "./domain/alarm.ts";
import { messageOf } from "./domain/fault.ts";
import type { BedId } from "./domain/ids.ts";
import { isPrivateHost } from "./notify/address.ts";
import { createRelay, type Relay } from "./notify/relay/relay.ts";
import type { World } from "./port/world.ts";
import type { WakeReadiness } from "./server/contract.ts";
import type { TokenGrant } from "./server/deps.ts";
import { verifyAckToken, verifyShownToken } from "./watch/ack-token.ts";
import { reportIn, type ShownReport } from "./watch/shown.ts";
import type { TargetBook } from "./watch/target-book.ts";

/** Answers that come back from phones, by the one-time token of a message. */
export interface Answers {
  /** What a token allows, and through which phone; undefined when it is forged, too old, or its phone is gone. */
  grantOf(token: string): (TokenGrant & { readonly target: string }) | undefined;
  /** What the token of a receipt says; undefined when it is forged, too old, or its phone is gone. */
  shownIn(token: string): ShownReport | undefined;
  /** How phones away from home answer, for the pages. */
  readonly away: NonNullable<WakeReadiness["away"]>;
  /** Address that a message's button posts to. */
  address(token: string): string;
  start(): void;
  stop(): Promise<void>;
}

/**
 * Phones answer at this box's own address, or, where that cannot be reached from outside, through a relay that the box
 * reads from. `command` is the engine of a bed; it may throw for a bed that is not here.
 */
export function createAnswers(options: {
  readonly world: World;
  readonly config: HomeConfig;
  readonly identity: HomeIdentity;
  readonly targets: () => TargetBook;
  readonly command: (bed: BedId, command: AlarmCommand) => void;
  readonly onChange: () => void;
}): Answers {
  const { world, config, identity, targets } = options;
  const { clock, random, log, http } = world;

  const grantOf: Answers["grantOf"] = (token) => {
    const verdict = verifyAckToken(identity.ackKey, token, clock.wall());
    const target = verdict.ok ? targets().find(verdict.claim.target) : undefined;
    if (!verdict.ok || target === undefined) return undefined;
    const { occurrence, worsened = 0 } = verdict.claim;
    return {
      bed: occurrence.split("-", 1)[0] ?? "",
      ...{ occurrence, worsened },
      by: { id: target.person, name: target.personName },
      language: target.language,
      target: target.id,
      commandId: verdict.commandId,
    };
  };

  /** As a tap at our own address does (server/routes/token.ts), from whom the signature says. */
  const onToken = (token: string): void => {
    const grant = grantOf(token);
    if (grant === undefined) return log.note("relay.refused", { why: "not a token of ours" }, "warn");
    const { bed, occurrence, by, worsened, commandId: id } = grant;
    try {
      options.command(bed, { kind: "acknowledge", id, occurrence, by, place: "going", card: true, worsened });
      targets().prove(grant.target);
    } catch (error) {
      log.note("relay.not_taken", { why: messageOf(error) }, "warn");
    }
  };

  const relay =
    config.relay === undefined
      ? undefined
      : createRelay({
          ...{ http, clock, random, log, onToken, onChange: options.onChange },
          ...config.relay,
          topic: identity.relayTopic,
        });

  return {
    grantOf,
    shownIn(token) {
      const report = reportIn(verifyShownToken(identity.ackKey, token, clock.wall()));
      return report !== undefined && targets().find(report.target) !== undefined ? report : undefined;
    },
    get away() {
      return awayOf(config, relay);
    },
    address: (token) => relay?.address(token) ?? identity.links.acknowledge(token),
    start: () => relay?.start(),
    stop: async () => relay?.stop(),
  };
}

function awayOf({ web }: HomeConfig, relay: Relay | undefined): Answers["away"] {
  if (relay !== undefined) return { by: "relay", ok: relay.readiness.ok, detail: relay.readiness.detail };
  const isPublic = web.tls !== undefined && !isPrivateHost(new URL(`https://${web.name}`));
  return isPublic ? { by: "name", ok: true, detail: web.name } : { by: "none", ok: false, detail: web.name };
}

import type { PutOutMessage } from "./bus/messages.ts";
import { askPutOut, endGrant, putOutBy } from "./config/pairing.ts";
import { isPutOut } from "./crypt/put-out.ts";
import { messageOf } from "./domain/fault.ts";
import { MINUTE_MS, type Mono } from "./domain/time.ts";
import type { HubPost, PairingGrant } from "./port/registry.ts";
import type { World } from "./port/world.ts";

/** Whether the hub still counts this box as the home's. */
export interface Standing {
  /** Address of the hub that put this box out; undefined: none did, or it was paired again since. */
  putOut(): string | undefined;
  /** What came over the broker; counts only where the hub of the pairing signed it for this box. */
  take(notice: PutOutMessage["putOut"]): void;
  start(): void;
  stop(): void;
}

/** A broker that is away for a moment asks nothing of the hub. */
const CUT_OFF_MS = 2 * MINUTE_MS;
const ASK_MS = 10 * MINUTE_MS;
const LOOK_MS = MINUTE_MS / 4;

/**
 * A box that was put out while it was away is refused by the broker from then on, as if the broker were down: after two
 * minutes without it the box asks the hub itself, which answers with the notice that it signed then. Whatever comes of it,
 * the watch goes on. Reads what an earlier run was told; rejects with STATE_FAILED.
 */
export async function createStanding(options: {
  readonly world: Pick<World, "clock" | "log" | "state">;
  readonly post: HubPost;
  readonly grant: PairingGrant | undefined;
  readonly isConnected: () => boolean;
  /** It has just been put out; must not throw. */
  readonly onPutOut: () => void;
}): Promise<Standing> {
  const { world, post, grant, isConnected, onPutOut } = options;
  const { clock, log, state } = world;
  let by = await putOutBy(state);
  let heard: Mono = clock.mono();
  let asked: Mono | undefined;
  let stopLooking: (() => void) | undefined;

  const take: Standing["take"] = (notice) => {
    if (grant === undefined || by !== undefined) return;
    if (!isPutOut(Buffer.from(grant.pairingKey, "base64url"), grant, notice)) {
      return log.note("box.notice_not_ours", {}, "warn");
    }
    by = notice.hub;
    log.note("box.put_out", { hub: by }, "warn");
    endGrant(state, notice.hub).catch((error: unknown) =>
      log.note("box.put_out_unkept", { why: messageOf(error) }, "warn"),
    );
    onPutOut();
  };

  const look = async (): Promise<void> => {
    if (grant === undefined || by !== undefined) return;
    const now = clock.mono();
    if (isConnected()) heard = now;
    if (now - heard < CUT_OFF_MS || (asked !== undefined && now - asked < ASK_MS)) return;
    asked = now;
    const notice = await askPutOut(post, grant);
    if (notice !== undefined) take(notice);
  };

  return {
    putOut: () => by,
    take,
    start() {
      heard = clock.mono();
      stopLooking ??= clock.every(LOOK_MS, () => {
        look().catch((error: unknown) => log.note("box.unasked", { why: messageOf(error) }, "debug"));
      });
    },
    stop() {
      stopLooking?.();
      stopLooking = undefined;
    },
  };
}

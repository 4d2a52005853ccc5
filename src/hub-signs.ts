import { createHash } from "node:crypto";
import { messageOf } from "./domain/fault.ts";
import type { HomeId } from "./domain/ids.ts";
import type { Log } from "./port/log.ts";
import type { State } from "./port/state.ts";

/** Which ends of a pairing sign what they say: once one has, nothing unsigned counts in its name any more. */
export interface HubSigns {
  signs(home: HomeId): boolean;
  onSigned(home: HomeId): void;
}

const PREFIX = "signs ";

/**
 * Remembered over restarts, for the pairing at hand: a box that was paired anew may be an older one. Rejects with
 * STATE_FAILED.
 */
export async function openHubSigns(options: {
  readonly state: Pick<State, "values" | "setValue">;
  readonly pairingKeyOf: (home: HomeId) => Uint8Array | undefined;
  readonly log: Log;
}): Promise<HubSigns> {
  const { state, pairingKeyOf, log } = options;
  const known = new Map<HomeId, string>();
  for (const [name, value] of Object.entries(await state.values())) {
    if (name.startsWith(PREFIX)) known.set(name.slice(PREFIX.length), value);
  }
  const markOf = (home: HomeId): string | undefined => {
    const key = pairingKeyOf(home);
    return key === undefined
      ? undefined
      : JSON.stringify(createHash("sha256").update(key).digest("base64url"));
  };
  const signs = (home: HomeId): boolean => known.has(home) && known.get(home) === markOf(home);
  return {
    signs,
    onSigned(home) {
      const mark = markOf(home);
      if (mark === undefined || known.get(home) === mark) return;
      known.set(home, mark);
      state
        .setValue(`${PREFIX}${home}`, mark)
        .catch((error: unknown) => log.note("signs.unkept", { home, why: messageOf(error) }, "warn"));
    },
  };
}

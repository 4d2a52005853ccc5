import { Fault, messageOf } from "../../domain/fault.ts";
import { MINUTE_MS, SECOND_MS } from "../../domain/time.ts";
import type { Clock } from "../../port/clock.ts";
import { refused } from "./release.ts";
import type { Releases } from "./releases.ts";

/** What a change of the running version needs from around it. */
export interface UpdateSurroundings {
  readonly releases: Pick<Releases, "switchTo" | "back" | "settle">;
  /** Why there is no restart now; undefined where there may be one. */
  refusal(): Promise<string | undefined>;
  /** Ends the running program and starts it again; absent where none runs. Rejects with why it could not. */
  readonly restart?: () => Promise<void>;
  /** Whether the program answers, is this version, and keeps what it is given. Never rejects. */
  isReady(version: string): Promise<boolean>;
  readonly clock: Clock;
  /** One line for whoever looks on. */
  say(words: string): void;
}

/** As long as a new release has to become ready, and as long as the old one has to be back. */
export const READY_MS = 2 * MINUTE_MS;

/**
 * Switches to a version that lies there unpacked (undefined: the package's own, which calls itself `to.version`),
 * restarts, and stays with it only when it becomes ready within 2 min; else what was there before is started again. From
 * the switch on nothing stops it half-way. Rejects with UPDATE_REFUSED (nothing was changed) or UPDATE_FAILED (it was
 * taken back).
 */
export async function applyUpdate(
  to: { readonly release: string | undefined; readonly version: string },
  from: string,
  { releases, refusal, restart, isReady, clock, say }: UpdateSurroundings,
): Promise<void> {
  const why = await refusal();
  if (why !== undefined) throw refused(`Not now: ${why}.`, "Nothing was changed. Try it again then.");
  await releases.switchTo(to.release);
  if (restart === undefined) {
    await releases.settle();
    say(`Version ${to.version} is in place; it begins with the next start.`);
    return;
  }
  say(`Restarting with version ${to.version}...`);
  const trouble = await tryVersion(to.version, { restart, isReady, clock });
  if (trouble === undefined) {
    await releases.settle();
    say(`Version ${to.version} runs.`);
    return;
  }
  say(`Version ${to.version} did not become ready (${trouble}); going back to ${from}...`);
  await releases.back();
  const still = await tryVersion(from, { restart, isReady, clock });
  throw new Fault("UPDATE_FAILED", `Version ${to.version} did not become ready: ${trouble}.`, {
    fix:
      still === undefined
        ? `Version ${from} runs again. Tell whoever made the release.`
        : `VERSION ${from} DOES NOT RUN EITHER (${still}): nobody is being watched. Look at "systemctl status breathwatch".`,
    permanent: true,
  });
}

/** @returns why it is not ready; undefined where it is */
async function tryVersion(
  version: string,
  {
    restart,
    isReady,
    clock,
  }: Pick<UpdateSurroundings, "isReady" | "clock"> & { readonly restart: () => Promise<void> },
): Promise<string | undefined> {
  const until = clock.mono() + READY_MS;
  try {
    await restart();
  } catch (error) {
    return messageOf(error);
  }
  while (!(await isReady(version))) {
    if (clock.mono() >= until) return `it did not answer within ${READY_MS / SECOND_MS} s`;
    await clock.sleep(SECOND_MS);
  }
  return undefined;
}

import type { AlarmRunner } from "./alarm/runner.ts";
import { type BedId, base32Id } from "./domain/ids.ts";
import type { Random } from "./port/random.ts";
import type { TargetBook } from "./watch/target-book.ts";

/** Ends what was paused before somebody said that nobody may pause it: in the name of whoever said so. */
export function endForbiddenPauses(
  beds: readonly {
    readonly plan: { readonly profile: { readonly bed: BedId } };
    readonly runner: Pick<AlarmRunner, "fold" | "command">;
  }[],
  targets: Pick<TargetBook, "pauseForbidder">,
  random: Random,
): void {
  for (const { plan, runner } of beds) {
    for (const { condition } of runner.fold().pauses) {
      const by = targets.pauseForbidder(plan.profile.bed, condition);
      if (by === undefined) continue;
      runner.command({ kind: "resume", id: `backstop-${base32Id(random.bytes(10))}`, condition, by });
    }
  }
}

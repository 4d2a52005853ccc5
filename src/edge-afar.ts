import type { CheckBody, CommandAnswer } from "./bus/commands.ts";
import type { EdgeEvening } from "./bus/evening-schemas.ts";
import type { Actor } from "./domain/alarm.ts";
import type { AuditAction } from "./domain/audit-action.ts";
import { type CheckKind, isSleepTime, lastChecks } from "./domain/evening.ts";
import { Fault, messageOf } from "./domain/fault.ts";
import type { Evening } from "./edge-evening.ts";
import type { World } from "./port/world.ts";

/** What a hub is told of the evening check: the phones with their proofs go with the readiness. */
export function toldEvening({ settings, latest, last, asks }: Evening): EdgeEvening {
  // What is told as the newest is not told twice.
  const older = (kind: CheckKind) => (last[kind]?.startedAt === latest?.startedAt ? undefined : last[kind]);
  return {
    settings: { on: settings.on, atMinute: settings.atMinute },
    ...(latest === undefined ? {} : { latest }),
    ...lastChecks(older),
    ...(asks.length === 0 ? {} : { asks: [...asks] }),
  };
}

/**
 * The box's end of checks that somebody at the hub asks for: the same desk as its own page, and one rule more. Whoever is
 * far away does not know who sleeps: at night only one phone at a time is tried, quietly. Rejects as the desk does.
 */
export function createChecksFromAfar(options: {
  readonly world: Pick<World, "clock" | "log" | "state">;
  readonly zone: string;
  readonly evening: () => Evening;
}): (body: CheckBody, by: Actor) => Promise<CommandAnswer> {
  const { world, zone, evening } = options;
  const { clock, log, state } = world;

  /** In the box's own record, whatever the hub writes. */
  const audit = (by: Actor, action: AuditAction, detail: string): void => {
    state
      .audit({
        at: clock.wall(),
        person: by.id,
        action,
        detail: `${detail} for ${by.name} at the hub`.trim(),
      })
      .catch((error: unknown) => log.note("audit.failed", { action, error: messageOf(error) }, "error"));
  };

  const begin = async (body: Extract<CheckBody, { readonly kind: "check" }>, by: Actor): Promise<void> => {
    const { check: kind, phones, sounder } = body;
    const isGentle = kind === "quiet" && phones?.length === 1;
    // A clock that may be wrong does not know that it is night.
    if (!isGentle && clock.trusted() && isSleepTime(evening().settings, clock.wall(), zone)) {
      throw new Fault("CHECK_AT_NIGHT", "It is night in the house.", {
        fix: "Wait until morning, or start it on the box's own page.",
      });
    }
    await evening().begin({
      ...{ kind, by: by.name },
      ...(phones === undefined ? {} : { phones }),
      ...(sounder === undefined ? {} : { sounder }),
    });
    audit(by, "check", kind === "pillow" ? kind : `${kind} ${phones?.join(" ") ?? "all phones"}`);
  };

  return async (body, by) => {
    try {
      switch (body.kind) {
        case "check":
          await begin(body, by);
          break;
        case "check_stop":
          evening().stop();
          audit(by, "check.stopped", "");
          break;
        case "check_heard":
          await evening().heard(body.heard, by.name);
          audit(by, "check.heard", body.heard ? "yes" : "no");
          break;
        case "check_settings":
          await evening().set({ on: body.on, atMinute: body.atMinute });
          audit(by, "check.settings", body.on ? `at minute ${body.atMinute}` : "off");
          break;
      }
      return { accepted: true };
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      const { message, code, fix } = error;
      // The code travels beside.
      const reason = [message.replace(/ \([A-Z_]+\)$/, ""), fix]
        .filter((part) => part !== undefined)
        .join(" ");
      return { accepted: false, code, reason: reason.slice(0, 500) };
    }
  };
}

import type { DeadManModule } from "../port/dead-man.ts";
import { healthchecks } from "./healthchecks/healthchecks.ts";
import { ntfyDeadMan } from "./ntfy/dead-man.ts";

/** Who outside the house can notice that a box has fallen silent, as forms show them. */
export const DEAD_MEN: readonly DeadManModule[] = [ntfyDeadMan, healthchecks];

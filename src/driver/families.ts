import { Fault } from "../domain/fault.ts";
import type { DeviceModule } from "./contract.ts";

/** The device families that this process knows: those of devices/index.ts, and what a configuration adds. */
export interface Families {
  readonly all: readonly DeviceModule[];
  /** Undefined where there is none of this id. */
  find(id: string): DeviceModule | undefined;
  /** Whether it came from outside the project: nobody but its author answers for it. */
  isOutside(id: string): boolean;
}

/**
 * Puts families from outside behind those of the project. Whatever they say of themselves, they are unproven here.
 * Throws DEVICE_MODULE for an id that is taken.
 */
export function createFamilies(
  builtIn: readonly DeviceModule[],
  outside: readonly DeviceModule[] = [],
): Families {
  const byId = new Map(builtIn.map((module) => [module.id, module]));
  const added = new Set<string>();
  for (const module of outside) {
    if (byId.has(module.id)) {
      const fix = `Call it otherwise, for example "${module.id}-own".`;
      throw moduleFault(`There is already a device family "${module.id}".`, fix);
    }
    byId.set(module.id, { ...module, evidence: "unproven" });
    added.add(module.id);
  }
  return { all: [...byId.values()], find: (id) => byId.get(id), isOutside: (id) => added.has(id) };
}

/** A family from outside cannot be used: what is wrong with it, and what to do. */
export const moduleFault = (detail: string, fix: string, cause?: unknown): Fault =>
  new Fault("DEVICE_MODULE", detail, { fix, permanent: true, cause });

import path from "node:path";
import { pathToFileURL } from "node:url";
import { DEVICES } from "../../devices/index.ts";
import { nearest } from "../config/nearest.ts";
import { messageOf } from "../domain/fault.ts";
import type { DeviceModule } from "../driver/contract.ts";
import { createFamilies, type Families, moduleFault } from "../driver/families.ts";
import { isDeviceModule, shapeProblem } from "../driver/module-shape.ts";
import { UsageError } from "./command.ts";

/** The families that come along. */
export const BUILT_IN: Families = createFamilies(DEVICES);

/** The families that come along, and those of these module files. Rejects with DEVICE_MODULE. */
export async function familiesWith(files: readonly string[], folder: string): Promise<Families> {
  if (files.length === 0) return BUILT_IN;
  const outside: DeviceModule[] = [];
  for (const file of files) outside.push(await loadModule(file, folder));
  return createFamilies(DEVICES, outside);
}

/** The family with this id; a UsageError with the nearest one where there is none. */
export function familyIn(families: Families, id: string): DeviceModule {
  const device = families.find(id);
  if (device !== undefined) return device;
  const guess = nearest(
    id,
    families.all.map((known) => known.id),
  );
  const fix = guess === undefined ? 'List them with "breathwatch devices".' : `Did you mean "${guess}"?`;
  throw new UsageError(`There is no device family "${id}". ${fix}`);
}

/** Whether --device names a module file instead of a family. */
export const isModuleFile = (name: string): boolean => /[/\\]|\.[cm]?[jt]s$/.test(name);

/** What a file exports. Rejects as import() does. */
export async function importFile(file: string): Promise<{ readonly [name: string]: unknown }> {
  const loaded: unknown = await import(pathToFileURL(file).href);
  return typeof loaded === "object" && loaded !== null ? Object.fromEntries(Object.entries(loaded)) : {};
}

/** One family from a file of its own. TypeScript is taken as it is, outside node_modules. */
async function loadModule(file: string, folder: string): Promise<DeviceModule> {
  const full = path.resolve(folder, file);
  let exported: { readonly [name: string]: unknown };
  try {
    exported = await importFile(full);
  } catch (error) {
    throw moduleFault(
      `${file} cannot be loaded: ${messageOf(error)}.`,
      "Is the name right, and do its own imports lead somewhere?",
      error,
    );
  }
  // The default one, else the only one: a file may export more than its family.
  const candidates = "default" in exported ? [exported["default"]] : Object.values(exported);
  const [module, ...others] = candidates.filter(isDeviceModule);
  if (module !== undefined && others.length === 0) return module;
  if (module !== undefined) {
    throw moduleFault(
      `${file} exports more than one device module.`,
      "Export one of them as the default, or each from a file of its own.",
    );
  }
  const [only] = candidates.filter((value) => typeof value === "object" && value !== null);
  throw moduleFault(
    only === undefined
      ? `${file} exports no device module.`
      : `${file} exports no device module: ${shapeProblem(only) ?? "it has not the shape of one"}.`,
    "src/driver/contract.ts says what one must have; `breathwatch devices new` lays one out.",
  );
}

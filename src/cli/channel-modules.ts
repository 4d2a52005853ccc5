import path from "node:path";
import type { Finding } from "../config/read.ts";
import { messageOf } from "../domain/fault.ts";
import { channelProblem, isChannelModule } from "../notify/module-shape.ts";
import { CHANNEL_MODULES } from "../notify/modules.ts";
import type { ChannelModule } from "../port/channel.ts";
import { importFile } from "./families.ts";

/** Ids of the ways that are no modules. */
const TAKEN = ["web-push", "webhook", "sounder", "relay", "outputs"];

/**
 * The ways to reach people in these module files, relative to a folder. One that cannot be used is left out and told: a
 * bed is watched all the same, and people are called by the others (law 4). Never rejects.
 */
export async function loadChannels(
  files: readonly string[],
  folder: string,
): Promise<{ readonly channels: readonly ChannelModule[]; readonly troubles: readonly Finding[] }> {
  const channels: ChannelModule[] = [];
  const troubles: Finding[] = [];
  for (const file of files) {
    const taken = [...TAKEN, ...[...CHANNEL_MODULES, ...channels].map(({ id }) => id)];
    const found = await loadOne(path.resolve(folder, file), taken);
    if (typeof found === "string") {
      troubles.push({
        ...{ level: "warning", code: "CHANNEL_MODULE", where: "channelModules" },
        what: `${file} ${found}; nobody is called by it.`,
        fix: "src/port/channel.ts says what a channel must have; mend the file, or take the line out.",
      });
    } else channels.push(found);
  }
  return { channels, troubles };
}

/** The one channel of a file, or why it cannot be used. */
async function loadOne(file: string, taken: readonly string[]): Promise<ChannelModule | string> {
  try {
    const exported = await importFile(file);
    const candidates = "default" in exported ? [exported["default"]] : Object.values(exported);
    const modules = candidates.filter(isChannelModule);
    const [module, ...others] = modules;
    if (module === undefined) {
      const [only] = candidates.filter((value) => typeof value === "object" && value !== null);
      return only === undefined
        ? "exports no channel"
        : `exports no channel: ${channelProblem(only) ?? "it has not the shape of one"}`;
    }
    if (others.length > 0) return "exports more than one channel";
    return taken.includes(module.id) ? `takes the id "${module.id}", which is there already` : module;
  } catch (error) {
    return `cannot be loaded: ${messageOf(error)}`;
  }
}

import { CHANNEL_MODULES } from "../../src/notify/modules.ts";
import type { ChannelModule } from "../../src/port/channel.ts";

/** A way to reach people from outside the tree; `rung`: whom it called, and what the message was. */
export function outsideBell(id: string): {
  readonly module: ChannelModule;
  readonly rung: readonly string[];
} {
  const rung: string[] = [];
  const [like] = CHANNEL_MODULES;
  if (like === undefined) throw new Error("there is no channel");
  const module: ChannelModule = {
    ...{ ...like, id, access: [], target: [] },
    create: () => ({
      ...{ id, capabilities: like.capabilities },
      async send(target, { kind }) {
        rung.push(`${target.id} ${kind}`);
        return { outcome: "accepted", reference: "" };
      },
    }),
  };
  return { module, rung };
}

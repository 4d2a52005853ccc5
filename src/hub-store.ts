import { createIngest, type IngestStatus } from "./bus/ingest.ts";
import type { HomeConfig } from "./config/config.ts";
import { base32Id, type HomeId } from "./domain/ids.ts";
import { keepRetaining } from "./hub-retention.ts";
import type { World } from "./port/world.ts";

/** The way into the store of one home: takes what edges send into the store and tells them when it is safe. */
export interface HubStore {
  start(): void;
  status(): IngestStatus;
  stop(): Promise<void>;
}

/** Composes the store's side of one home. Nothing runs before start(). */
export function composeHubStore(
  world: World,
  keep: () => HomeConfig["keep"],
  home: HomeId,
  broker: { readonly url: string; readonly username?: string; readonly password?: string },
): HubStore {
  const { clock, random, log, timeseries } = world;
  const bus = world.bus.connect({ ...broker, clientId: `hub-${home}-${base32Id(random.bytes(10))}` });
  const ingest = createIngest({ bus, timeseries, clock, random, log, home });
  let stopRetention: (() => void) | undefined;

  return {
    start() {
      ingest.start();
      stopRetention = keepRetaining(world, keep);
    },
    status: () => ingest.status(),
    async stop() {
      stopRetention?.();
      await ingest.stop();
      await bus.close();
    },
  };
}

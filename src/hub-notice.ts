import type { Edges } from "./bus/edges.ts";
import { write } from "./bus/messages.ts";
import { bedTopic } from "./bus/topics.ts";
import type { PutOut } from "./crypt/put-out.ts";
import type { Bus } from "./port/bus.ts";

/**
 * Tells a box that it was put out, over every bed that it was heard of. Never retained: the next box of the home listens
 * there too, and a box that is away is refused by the broker from now on, whatever lies there; it asks the hub then.
 */
export async function tellPutOut(bus: Bus, edges: Pick<Edges, "ofHome">, putOut: PutOut): Promise<void> {
  await Promise.all(
    edges
      .ofHome(putOut.home)
      .map(({ home, bed }) =>
        bus.publish(bedTopic(home, bed, "settings"), write({ putOut }), { retain: false }),
      ),
  );
}

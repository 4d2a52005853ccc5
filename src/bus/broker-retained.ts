/** Bounds what a broker keeps for those who subscribe later. */
export interface RetainedShelf {
  /** Whether a retained message still fits; it then counts. An empty one takes its topic's away. */
  admits(topic: string, bytes: number): boolean;
}

const TOPICS_MAX = 256;
const BYTES_MAX = 4 * 1_024 * 1_024;

/** Per home (`breathwatch/1/<shard>/<home>`), and once for all other topics together: 256 topics, 4 MiB. */
export function createRetainedShelf(): RetainedShelf {
  const shelves = new Map<string, { readonly sizes: Map<string, number>; bytes: number }>();

  return {
    admits(topic, bytes) {
      const name = shelfOf(topic);
      const shelf = shelves.get(name) ?? { sizes: new Map<string, number>(), bytes: 0 };
      const before = shelf.sizes.get(topic);
      if (bytes === 0) {
        shelf.sizes.delete(topic);
        shelf.bytes -= before ?? 0;
        if (shelf.sizes.size === 0) shelves.delete(name);
        return true;
      }
      const after = shelf.bytes - (before ?? 0) + bytes;
      if (after > BYTES_MAX || (before === undefined && shelf.sizes.size >= TOPICS_MAX)) return false;
      shelf.sizes.set(topic, bytes);
      shelf.bytes = after;
      shelves.set(name, shelf);
      return true;
    },
  };
}

function shelfOf(topic: string): string {
  const [name, version, shard, home] = topic.split("/", 4);
  return name === "breathwatch" && home !== undefined ? `${version}/${shard}/${home}` : "";
}

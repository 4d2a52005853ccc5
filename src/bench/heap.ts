import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bytes that this process still holds after a full collection: objects and buffers. */
export function createHeapMeter(): () => number {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (!isCollector(collect)) throw new TypeError("this Node lets nobody ask for a collection");
  return () => {
    collect();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
}

const isCollector = (value: unknown): value is () => void => typeof value === "function";

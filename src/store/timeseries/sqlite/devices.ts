import type { DatabaseSync } from "node:sqlite";
import { MINUTE_MS } from "../../../domain/time.ts";
import { CHUNK_MS } from "./chunk.ts";
import { HotWindow } from "./hot-window.ts";

/** A device of a bed as the file knows it, with what of it lies in memory. */
export interface Device {
  readonly id: number;
  readonly bed: string;
  readonly device: string;
  /** When its ten minutes begin, ms after a full ten minutes. */
  readonly phase: number;
  /** Starts of its first and last chunk; Infinity and -Infinity without any. */
  oldestChunk: number;
  newestChunk: number;
  /** By start: ten minutes with rows that are in no chunk yet. */
  readonly windows: Map<number, HotWindow>;
}

/** Start of the ten minutes of a device that an instant lies in. */
export const windowStart = (device: Device, at: number): number =>
  Math.floor((at - device.phase) / CHUNK_MS) * CHUNK_MS + device.phase;

/** The window, made when it is not there. */
export function windowOf(device: Device, start: number): HotWindow {
  let window = device.windows.get(start);
  if (window === undefined) {
    window = new HotWindow(start);
    device.windows.set(start, window);
  }
  return window;
}

/** All devices of the file: rank among those of a bed is the order of first appearance. */
export class Devices {
  readonly #db: DatabaseSync;
  readonly #byName = new Map<string, Device>();
  readonly #byId = new Map<number, Device>();
  readonly #byBed = new Map<string, Device[]>();

  constructor(db: DatabaseSync) {
    this.#db = db;
    const ends = db.prepare("SELECT min(start) AS low, max(start) AS high FROM chunk WHERE device = ?");
    for (const row of db.prepare("SELECT id, bed, device, phase FROM device ORDER BY id").all()) {
      const device = this.#add(
        Number(row["id"]),
        String(row["bed"]),
        String(row["device"]),
        Number(row["phase"]),
      );
      const found = ends.get(device.id);
      if (typeof found?.["low"] === "number") device.oldestChunk = found["low"];
      if (typeof found?.["high"] === "number") device.newestChunk = found["high"];
    }
  }

  /** Called within the caller's transaction: a new device is inserted there; see `forget`. */
  named(bed: string, name: string, added: Device[]): Device {
    const known = this.#byName.get(nameOf(bed, name));
    if (known !== undefined) return known;
    const highest = this.#db.prepare("SELECT coalesce(max(id), 0) AS id FROM device").get()?.["id"];
    const id = Number(highest) + 1;
    const phase = (id % (CHUNK_MS / MINUTE_MS)) * MINUTE_MS;
    this.#db
      .prepare("INSERT INTO device (id, bed, device, phase) VALUES (?, ?, ?, ?)")
      .run(id, bed, name, phase);
    const device = this.#add(id, bed, name, phase);
    added.push(device);
    return device;
  }

  byId(id: number): Device | undefined {
    return this.#byId.get(id);
  }

  /** In order of first appearance. */
  ofBed(bed: string): readonly Device[] {
    return this.#byBed.get(bed) ?? [];
  }

  /** Names of beds, sorted. */
  beds(): readonly string[] {
    return [...this.#byBed.keys()].toSorted();
  }

  all(): Iterable<Device> {
    return this.#byId.values();
  }

  /** Of devices whose insertion was rolled back, or that were removed. */
  forget(devices: readonly Device[]): void {
    for (const device of devices) {
      this.#byName.delete(nameOf(device.bed, device.device));
      this.#byId.delete(device.id);
      const others = this.ofBed(device.bed).filter(({ id }) => id !== device.id);
      if (others.length === 0) this.#byBed.delete(device.bed);
      else this.#byBed.set(device.bed, others);
    }
  }

  #add(id: number, bed: string, name: string, phase: number): Device {
    const device: Device = {
      id,
      bed,
      device: name,
      phase,
      oldestChunk: Infinity,
      newestChunk: -Infinity,
      windows: new Map(),
    };
    this.#byName.set(nameOf(bed, name), device);
    this.#byId.set(id, device);
    const ofBed = this.#byBed.get(bed);
    if (ofBed === undefined) this.#byBed.set(bed, [device]);
    else ofBed.push(device);
    return device;
  }
}

const nameOf = (bed: string, device: string): string => `${bed}\n${device}`;

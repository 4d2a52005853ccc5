// A loudspeaker that writes what would be heard into a file.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { descendantsOf } from "./home.ts";

export interface Loudspeaker {
  /** For the process that plays. */
  readonly environment: { readonly ALSA_CONFIG_PATH: string };
  readonly bytes: number;
  /** The loudest sample of the sound under way, of 32768. */
  loudest(): number;
  /** Players at work below a process. */
  players(pid: number): number;
}

/** Needs `requires("alsa-utils")`. */
export function createLoudspeaker(folder: string): Loudspeaker {
  const heard = path.join(folder, "heard.raw");
  const config = path.join(folder, "asound.conf");
  writeFileSync(
    config,
    `</usr/share/alsa/alsa.conf>
pcm.!default { type file slave.pcm "null" file "${heard}" format "raw" }
`,
  );
  return {
    environment: { ALSA_CONFIG_PATH: config },
    get bytes() {
      return existsSync(heard) ? statSync(heard).size : 0;
    },
    loudest() {
      if (!existsSync(heard)) return 0;
      const bytes = readFileSync(heard);
      let most = 0;
      for (let at = 0; at + 1 < bytes.length; at += 2) most = Math.max(most, Math.abs(bytes.readInt16LE(at)));
      return most;
    },
    players: (pid) => descendantsOf(pid).filter(({ name }) => name === "aplay").length,
  };
}

export interface RoomSpeakers {
  readonly environment: { readonly ALSA_CONFIG_PATH: string };
  /** What each sound of an output would have been, in their order. */
  heard(device: string): readonly Int16Array[];
  /** Players at work below a process. */
  players(pid: number): number;
}

/** Several outputs of one machine, by name; needs `requires("alsa-utils")`. */
export function createRoomSpeakers(folder: string, devices: readonly string[]): RoomSpeakers {
  const config = path.join(folder, "asound.conf");
  const pcm = (name: string): string =>
    `pcm.${name} { type file slave.pcm "null" file "${path.join(folder, name)}.raw" format "raw" truncate 0 }`;
  writeFileSync(config, `</usr/share/alsa/alsa.conf>\n${devices.map(pcm).join("\n")}\n`);
  return {
    environment: { ALSA_CONFIG_PATH: config },
    heard: (device) =>
      readdirSync(folder)
        .filter((name) => name.startsWith(`${device}.raw`))
        .toSorted()
        .map((name) => {
          const bytes = readFileSync(path.join(folder, name));
          return new Int16Array(new Uint8Array(bytes.subarray(0, bytes.length & ~1)).buffer);
        }),
    players: (pid) => descendantsOf(pid).filter(({ name }) => name === "aplay").length,
  };
}

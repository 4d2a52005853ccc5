import { createPrivateKey, X509Certificate } from "node:crypto";
import { access, constants, readFile, stat, statfs } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { userInfo } from "node:os";
import path from "node:path";
import { messageOf } from "../domain/fault.ts";
import { type Wall, wall } from "../domain/time.ts";
import type { Clock } from "../port/clock.ts";
import { dataDirHolder } from "./lock.ts";

/** The machine's own time zone, as an IANA name. */
export const machineZone = (): string => new Intl.DateTimeFormat().resolvedOptions().timeZone;

/** What is true of a data folder, without changing anything in it. */
export interface FolderFacts {
  readonly exists: boolean;
  /** Why nothing could be written to it (or, where it is missing, made in the nearest folder above). */
  readonly problem?: string;
  /** Others on this machine may look into it. */
  readonly open: boolean;
  readonly freeBytes?: number;
  /** The process that uses it now. */
  readonly heldBy?: number;
}

/** Looks at a data folder. Never rejects. */
export async function folderFacts(folder: string): Promise<FolderFacts> {
  const existing = await nearestExisting(folder);
  const exists = existing === folder;
  const problem = await writeProblem(existing);
  const heldBy = await dataDirHolder(folder);
  const space = await statfs(existing).catch(() => undefined);
  const mode = exists ? await stat(folder).catch(() => undefined) : undefined;
  return {
    exists,
    open: mode !== undefined && (mode.mode & 0o077) !== 0,
    ...(problem === undefined ? {} : { problem }),
    ...(space === undefined ? {} : { freeBytes: space.bavail * space.bsize }),
    ...(heldBy === undefined ? {} : { heldBy }),
  };
}

async function nearestExisting(folder: string): Promise<string> {
  const there = await stat(folder).then(
    () => true,
    () => false,
  );
  const above = path.dirname(folder);
  return there || above === folder ? folder : nearestExisting(above);
}

async function writeProblem(folder: string): Promise<string | undefined> {
  try {
    if (!(await stat(folder)).isDirectory()) return `${folder} is not a folder`;
    await access(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Whether a server could listen there now: `free`, or the reason why not. */
export type PortState = "free" | "taken" | "not_allowed" | "no_such_address";

/** Tries to listen on an address of this machine for a moment. Port 0 is always free. Never rejects. */
export function portState(host: string, port: number): Promise<PortState> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(whyNot("code" in error ? error.code : undefined)));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve("free")));
  });
}

function whyNot(code: unknown): PortState {
  if (code === "EADDRINUSE") return "taken";
  return code === "EACCES" ? "not_allowed" : "no_such_address";
}

/** Why nobody answers at an address; undefined when somebody takes the connection in time. Never rejects. */
export function reachProblem(
  host: string,
  port: number,
  deadline: { readonly clock: Clock; readonly ms: number },
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const settle = (problem?: string): void => {
      cancel();
      socket.destroy();
      resolve(problem);
    };
    const cancel = deadline.clock.after(deadline.ms, () => settle("it does not answer"));
    socket.once("connect", () => settle());
    socket.once("error", (error) => settle(error.message));
  });
}

/** What is true of a certificate and its key. */
export interface TlsFacts {
  /** Why the pair cannot be used at all. */
  readonly problem?: string;
  readonly validFrom?: Wall;
  readonly validTo?: Wall;
  /** Whether the certificate is for this host name. */
  readonly fitsName?: boolean;
  /** Others on this machine may read the private key. */
  readonly keyOpen: boolean;
}

/** Reads certificate chain and key from PEM files and looks whether they belong together. Never rejects. */
export async function tlsFacts(
  files: { readonly certFile: string; readonly keyFile: string },
  hostName: string,
): Promise<TlsFacts> {
  try {
    const certificate = new X509Certificate(await readFile(files.certFile));
    const key = createPrivateKey(await readFile(files.keyFile));
    return {
      ...(certificate.checkPrivateKey(key) ? {} : { problem: "the key does not belong to the certificate" }),
      validFrom: wall(Date.parse(certificate.validFrom)),
      validTo: wall(Date.parse(certificate.validTo)),
      fitsName: certificate.checkHost(hostName) !== undefined,
      keyOpen: ((await stat(files.keyFile)).mode & 0o044) !== 0,
    };
  } catch (error) {
    return { problem: messageOf(error), keyOpen: false };
  }
}

/** The group that a device file belongs to, and whether this user is in it, for advice about ports. */
export interface GroupFacts {
  readonly group: string;
  /** In the list of the group, though perhaps not yet in this sign-in. */
  readonly listed: boolean;
  /** This process has the group's rights. */
  readonly member: boolean;
}

/** Looks at a device file's group; undefined where the machine does not tell. `groupFile` is /etc/group. */
export async function groupFacts(file: string, groupFile = "/etc/group"): Promise<GroupFacts | undefined> {
  try {
    const { gid } = await stat(file);
    const entries = (await readFile(groupFile, "utf8")).split("\n").map((line) => line.split(":"));
    const [group, , , members = ""] = entries.find((fields) => Number(fields[2]) === gid) ?? [];
    if (group === undefined || group === "") return undefined;
    return {
      group,
      listed: members.split(",").includes(userInfo().username),
      member: process.getgroups?.().includes(gid) ?? false,
    };
  } catch {
    // Gone, or a machine without groups: the advice is then without them.
    return undefined;
  }
}

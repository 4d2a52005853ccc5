import { chmod, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { HomeConfig } from "../config/config.ts";
import { type Fault, messageOf } from "../domain/fault.ts";
import type { Accounts } from "../port/accounts.ts";
import { createSessions } from "../server/sessions.ts";
import { faultSentence } from "./fault-sentence.ts";
import type { RealWorld } from "./real-world.ts";
import { startServing, stopInTime } from "./service.ts";
import { Stopped, type Terminal } from "./terminal.ts";

/** A root that runs: home, edge or hub. */
export interface Serveable {
  readonly url?: string;
  readonly ownerCode?: string;
  readonly troubles: readonly Fault[];
  /** Its pages show another certificate from now on. */
  renew(pair: { readonly cert: string; readonly key: string }): void;
  /** For tools on this machine; absent: there is no broker here. */
  readonly broker?: { readonly url: string; readonly username?: string; readonly password?: string };
  stop(): Promise<void>;
}

export interface ServeOptions {
  readonly config: HomeConfig;
  /** One line for `systemctl status`. */
  readonly status: string;
  /** What else a person must know, a line each. */
  readonly remarks: readonly string[];
  /** Why something does not work that a restart may mend. */
  stuck(): string | undefined;
  /** Somebody at the keyboard ends it (Ctrl-C), and nothing is to follow: what to tell them. Must not reject. */
  endedByHand?(): Promise<readonly string[]>;
  /** Aborted when it is to be composed anew; absent: it runs until it is stopped. */
  readonly until?: AbortSignal;
  /** Gives the account of this machine's command line its role. */
  letIn(accounts: Accounts, account: string): Promise<void>;
  /** Reads the configuration again, when the service manager asks. */
  read: Parameters<typeof startServing>[0]["read"];
  apply: Parameters<typeof startServing>[0]["apply"];
}

/** SIGINT, as a shell counts it. */
const BY_HAND = 130;

/** The account of this machine's user on the command line. */
const LOCAL = "local";

/** Says where it is, lets the command line in, and stays until it is stopped. */
export async function serve(
  root: Serveable,
  real: RealWorld,
  terminal: Terminal,
  options: ServeOptions,
): Promise<number> {
  const { clock, log } = real.world;
  const control = path.join(real.dataDir, "control.json");
  let token: string | undefined;
  const stopRenewing = real.certificates?.onChange((pair) => root.renew(pair));
  let serving: Awaited<ReturnType<typeof startServing>> | undefined;
  try {
    const url = root.url ?? "";
    await endLocalToken(real, await tokenLeftIn(control));
    token = await localToken(real, options);
    const certificate = real.certificates?.current().cert;
    const { broker } = root;
    await writeControl(control, {
      ...{ url, token },
      ...(broker && { broker }),
      ...(certificate && { certificate }),
    });
    await terminal.print(`${url}/${root.ownerCode === undefined ? "" : `#code=${root.ownerCode}`}\n`);
    for (const trouble of root.troubles) {
      terminal.say(`NOT YET: ${faultSentence(trouble)} The watch goes on; this is tried again every 5 s.`);
    }
    if (root.ownerCode !== undefined) terminal.say(`Owner code: ${root.ownerCode} (sign in with it once)`);
    for (const remark of options.remarks) terminal.say(remark);
    const authority = real.certificates?.authority;
    if (authority !== undefined) {
      terminal.say(
        `Phones trust this box after ${url}/ca was opened on them; compare: ${authority.fingerprint}`,
      );
    }
    serving = await startServing({ terminal, clock, log, ...options });
    await stopped(
      AbortSignal.any([terminal.signal, ...(options.until === undefined ? [] : [options.until])]),
    );
    return 0;
  } finally {
    try {
      stopRenewing?.();
      await (terminal.signal.aborted ? serving?.stopping() : serving?.pausing());
      if (isByHand(terminal.signal))
        for (const word of (await options.endedByHand?.()) ?? []) terminal.say(word);
      await rm(control, { force: true });
      await endLocalToken(real, token);
    } finally {
      await stopOrSay(root, real);
    }
  }
}

/**
 * Ctrl-C is a person who sits there. A service manager's signal is not: it stops before it starts again, on a restart, an
 * update and a reboot alike.
 */
const isByHand = ({ aborted, reason }: AbortSignal): boolean =>
  aborted && reason instanceof Stopped && reason.exitCode === BY_HAND;

/** What is on disk is whole at any moment: a part that hangs may be left behind, and is named. */
async function stopOrSay(root: Serveable, { world: { clock, log } }: RealWorld): Promise<void> {
  if (!(await stopInTime(() => root.stop(), { clock, log }))) log.note("stop.hangs", {}, "error");
}

const stopped = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

/** Signs the command line of this machine's user in: it may start drills. The secret lies in a 0600 file. */
async function localToken({ world }: RealWorld, { letIn }: ServeOptions): Promise<string> {
  const { accounts } = world;
  await accounts.putAccount({ id: LOCAL, name: "Command line", language: "en" });
  await letIn(accounts, LOCAL);
  return createSessions(world).start(LOCAL, "program", "command line");
}

/** What a run that was killed left; undefined when the last one ended by itself. */
async function tokenLeftIn(control: string): Promise<string | undefined> {
  try {
    const left: unknown = JSON.parse(await readFile(control, "utf8"));
    const isToken = typeof left === "object" && left !== null && "token" in left;
    return isToken && typeof left.token === "string" ? left.token : undefined;
  } catch {
    // No file, or one cut short: there is nothing to end, and the sign-in runs out by itself.
    return undefined;
  }
}

/** The command line's sign-in ends with the run that it belongs to: a copy of the file is worth nothing afterwards. */
async function endLocalToken({ world }: RealWorld, token: string | undefined): Promise<void> {
  try {
    const sessions = createSessions(world);
    const signedIn = await sessions.find(token);
    if (signedIn !== undefined) await sessions.end(signedIn.tokenHash);
  } catch (error) {
    world.log.note("control.session_left", { why: messageOf(error) }, "warn");
  }
}

async function writeControl(file: string, content: object): Promise<void> {
  await writeFile(file, JSON.stringify(content), { mode: 0o600 });
  await chmod(file, 0o600);
}

import { existsSync } from "node:fs";
import path from "node:path";
import type { Finding } from "../../config/read.ts";
import { accessesIn, type ChannelAccess } from "../../domain/channel-access.ts";
import { Fault } from "../../domain/fault.ts";
import { DEAD_MEN } from "../../notify/dead-men.ts";
import { creditSettings, stickSettings } from "../../notify/modem/modem.ts";
import { checkModem, readinessSentence } from "../../notify/modem/readiness.ts";
import { readKeyFile } from "../../ops/key-file.ts";
import type { Links } from "../../port/link.ts";
import { peekValues } from "../../store/state/peek.ts";
import type { Terminal } from "../terminal.ts";
import { error, faulty, ok, warning } from "./finding.ts";

/** Opening a stick that starts anew, and its network. */
const STICK_MS = 60_000;

/**
 * What the family has entered on the page and stands at this machine: whether a 4G stick could call now, and whether
 * anybody outside is told if the box dies. Reads the data folder and changes nothing; nothing before the first start.
 */
export async function channelFindings(
  { path: dataDir, keyFile }: { readonly path: string; readonly keyFile: string },
  on: { readonly links: Links; readonly terminal: Terminal; readonly heldBy: number | undefined },
): Promise<readonly Finding[]> {
  const file = path.join(dataDir, "state.sqlite");
  if (!existsSync(file)) return [];
  try {
    const key = await readKeyFile(keyFile, dataDir);
    if (key === undefined) return [];
    const values = peekValues(file, key);
    const accesses = accessesIn(values);
    const isLed = (values["pairing"] ?? "null") !== "null";
    return [...(await stickFindings(accesses.get("modem"), on)), deadManFinding(accesses, isLed)];
  } catch (thrown) {
    // The key has a line of its own; what cannot be read at all does not keep the rest from being looked at.
    if (thrown instanceof Fault) return thrown.code === "UNSEALABLE" ? [] : [faulty("phones", thrown)];
    throw thrown;
  }
}

async function stickFindings(
  access: ChannelAccess | undefined,
  {
    links,
    terminal,
    heldBy,
  }: { readonly links: Links; readonly terminal: Terminal; readonly heldBy: number | undefined },
): Promise<readonly Finding[]> {
  const settings = stickSettings(access);
  if (settings === undefined) return [];
  const where = "4G stick";
  if (heldBy !== undefined) {
    return [ok(where, `in use while process ${heldBy} runs; the caregiver's page says how it is`)];
  }
  const { clock } = terminal;
  const late = new AbortController();
  const cancel = clock.after(STICK_MS, () => late.abort());
  const signal = AbortSignal.any([terminal.signal, late.signal]);
  const log = { note: () => undefined };
  const credit = creditSettings(access);
  const health = await checkModem({ links, clock, log }, settings, signal, credit).finally(cancel);
  const words = readinessSentence(health, "en").replace(/\.$/, "");
  const isLow = health.ready && health.credit?.kind === "said" && health.credit.isLow;
  if (isLow) return [warning(where, words, "Top the SIM card up: without credit it calls nobody.")];
  if (health.ready) return [ok(where, words)];
  const said = health.trouble.said === undefined ? "" : ` It said: ${health.trouble.said}.`;
  return [error(where, words, `Until then it calls nobody.${said}`)];
}

function deadManFinding(accesses: ReadonlyMap<string, ChannelAccess>, isLed: boolean): Finding {
  const where = "if this box dies";
  if (isLed) return ok(where, "the hub that it is paired with calls");
  const set = DEAD_MEN.filter(({ id }) => accesses.has(id)).map(({ name }) => name.en);
  if (set.length > 0)
    return ok(where, `set up: ${set.join(", ")}; the caregiver's page says whether it stands`);
  return warning(
    where,
    "no one is told",
    'Caregiver\'s page, Phones, "If this box dies"; docs/operating.md says what there is.',
  );
}

import { SECOND_MS } from "../../domain/time.ts";
import type { Clock } from "../../port/clock.ts";
import { type AtCommand, type AtReply, errorOf } from "./at-reply.ts";
import { simOf, triesOf } from "./at-values.ts";
import type { StickSettings, TriedPins } from "./open-port.ts";
import { type Trouble, troubleOf } from "./trouble.ts";

export type Ask = (command: AtCommand, timeoutMs?: number, stop?: AbortSignal) => Promise<AtReply>;

/** What a stick is and can do. */
export interface StickFacts {
  readonly model: string;
  /** It can place calls, as far as it says. */
  readonly voice: boolean;
  /** It hears the keys that the other side presses. */
  readonly keys: boolean;
  readonly simulated: boolean;
}

/** Escape: the stick may wait for a text that an earlier run did not finish. */
const WAKE_TRIES = ["ATE0", "\u001bATE0", "ATE0", "ATE0"];
const WAKE_MS = SECOND_MS;
/** A SIM needs a moment after it was unlocked or put in. */
const SIM_TRIES = 8;
const SIM_PAUSE_MS = SECOND_MS;
const SIM_BUSY = 14;

/** Wakes the stick, unlocks the SIM and learns what it can do. */
export async function introduce(
  ask: Ask,
  settings: StickSettings,
  tried: TriedPins,
  clock: Clock,
): Promise<Omit<StickFacts, "simulated"> | { readonly trouble: Trouble }> {
  if (!(await wake(ask))) return { trouble: { code: "silent" } };
  // A call that an earlier run of this program left behind.
  await ask({ text: "AT+CHUP" });
  for (const text of ["AT+CMEE=1", "AT+CMGF=0", "AT+COPS=3,0"]) await ask({ text });
  const locked = await unlock(ask, settings, tried, clock);
  if (locked !== undefined) return { trouble: locked };
  const maker = await nameOf(ask, "AT+CGMI");
  const model = await nameOf(ask, "AT+CGMM");
  return {
    model: `${maker} ${model}`.trim().slice(0, 60) || "modem",
    voice: await hasVoice(ask, maker),
    keys: await hearsKeys(ask, maker),
  };
}

/** Garbage, and the rest of a command that an earlier run did not finish, end with the first lines. */
async function wake(ask: Ask): Promise<boolean> {
  for (const text of WAKE_TRIES) {
    const reply = await ask({ text }, WAKE_MS);
    if (reply.result === "ok") return true;
    if (reply.result === "lost") return false;
  }
  return false;
}

/** What the SIM lacks; undefined when it is ready. Enters nothing. */
export async function simTrouble(ask: Ask): Promise<Trouble | undefined> {
  const reply = await ask({ text: "AT+CPIN?" });
  if (reply.result === "error") return troubleOf(reply.said);
  if (reply.result === "lost") return { code: "no_stick" };
  const sim = reply.result === "ok" ? simOf(reply.lines) : undefined;
  switch (sim) {
    case "ready":
      return undefined;
    case "pin":
      return { code: "pin_wanted" };
    case "puk":
      return { code: "puk" };
    case "other":
      return { code: "no_sim" };
    case undefined:
      return { code: "silent" };
  }
}

async function unlock(
  ask: Ask,
  settings: StickSettings,
  tried: TriedPins,
  clock: Clock,
): Promise<Trouble | undefined> {
  let trouble: Trouble | undefined;
  for (let tries = 0; tries < SIM_TRIES; tries++) {
    trouble = await simTrouble(ask);
    if (trouble === undefined || trouble.code === "puk" || trouble.code === "no_stick") return trouble;
    if (trouble.code === "pin_wanted") {
      const refused = await enterPin(ask, settings.pin, tried);
      if (refused !== undefined) return refused;
    } else if (!isPassing(trouble)) {
      return trouble;
    }
    await clock.sleep(SIM_PAUSE_MS);
  }
  return trouble;
}

/** A SIM that is only starting; everything else stays as it is. */
const isPassing = ({ code, said = "" }: Trouble): boolean =>
  code === "silent" || code === "no_sim" || errorOf(said)?.code === SIM_BUSY;

/** Enters the PIN, once: not where it was refused before, or where the SIM says that a try was wasted already. */
async function enterPin(ask: Ask, pin: string | undefined, tried: TriedPins): Promise<Trouble | undefined> {
  if (pin === undefined || pin === "") return { code: "pin_wanted" };
  if (tried.has(pin) || (await triesLeft(ask)) < 3) return { code: "pin_wrong" };
  const reply = await ask({ text: `AT+CPIN="${pin}"` });
  if (reply.result === "ok") return undefined;
  tried.add(pin);
  return reply.result === "lost" ? { code: "no_stick" } : { code: "pin_wrong" };
}

/** Three where the stick does not say. */
async function triesLeft(ask: Ask): Promise<number> {
  for (const text of ["AT+SPIC", "AT+QPINC?", "AT^CPIN?"]) {
    const reply = await ask({ text });
    const tries = reply.result === "ok" ? triesOf(reply.lines) : undefined;
    if (tries !== undefined) return tries;
  }
  return 3;
}

/** The answer to a question for a name: the first line that is one. */
async function nameOf(ask: Ask, text: string): Promise<string> {
  const reply = await ask({ text });
  const lines = reply.result === "ok" ? reply.lines : [];
  const name = lines.find((line) => /^[\w][\w .,/()-]{0,58}$/.test(line.replace(/^\+CGM[IM]:\s*/, "")));
  return name?.replace(/^\+CGM[IM]:\s*/, "").replaceAll('"', "") ?? "";
}

/** Huawei's data sticks refuse this command; others do not know it and say nothing about voice. */
async function hasVoice(ask: Ask, maker: string): Promise<boolean> {
  if (!/huawei/i.test(maker)) return true;
  return (await ask({ text: "AT^CVOICE?" })).result === "ok";
}

/** Switches the hearing of keys on: SIMCom AT+DDET, Quectel AT+QTONEDET. Huawei documents none. */
async function hearsKeys(ask: Ask, maker: string): Promise<boolean> {
  if (/huawei/i.test(maker)) return false;
  const commands = ["AT+DDET=1", "AT+QTONEDET=1"];
  for (const text of /quectel/i.test(maker) ? commands.toReversed() : commands) {
    if ((await ask({ text })).result === "ok") return true;
  }
  return false;
}

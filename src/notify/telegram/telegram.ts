import type { Language } from "../../domain/person.ts";
import { MINUTE_MS, SECOND_MS } from "../../domain/time.ts";
import type {
  Channel,
  ChannelCapabilities,
  ChannelDeps,
  ChannelMessage,
  ChannelModule,
  ChannelTarget,
  HeardAnswer,
  SendResult,
} from "../../port/channel.ts";
import type { Clock } from "../../port/clock.ts";
import { createOnce, isMarkAbout, newMark, readMark } from "../answer-mark.ts";
import { createCallLimits } from "../call-limits.ts";
import { type Exchanged, exchange, membersOf, NO_ACCESS } from "../exchange.ts";
import { keepListening, unlessAborted } from "../listening.ts";
import { answerText } from "../response.ts";
import { answerWithout, cleanName } from "../text.ts";
import { PRESSED_TEXTS, TELEGRAM_FORM } from "./form.ts";
import { failureIn, isGone, LENGTH_MAX, messageIdIn, messageWith, textOf } from "./messages.ts";
import { createShown } from "./shown.ts";
import { type Press, readUpdates, type Updates } from "./updates.ts";

const API = "https://api.telegram.org";
const TIMEOUT_MS = 8 * SECOND_MS;
const SIDE_TIMEOUT_MS = 3 * SECOND_MS;
/** How long it keeps a question for updates open. */
const POLL_SECONDS = 50;
const IDLE_MS = 5 * SECOND_MS;
/**
 * Telegram lets one ask at a time: who asks later ends the question of the other (409). A box is back at once, a hub leaves
 * it the line for half a minute; whoever has the line hears for both.
 */
const CONFLICT_MS = { box: SECOND_MS, hub: 30 * SECOND_MS };
/** A press counts as read when its answer has come to the box; nobody else's waits longer for that. */
const HAND_ON_MS = 10 * SECOND_MS;
/** A group takes so many messages of a bot. */
const PER_CHAT = { most: 20, withinMs: MINUTE_MS };

const CAPABILITIES: ChannelCapabilities = {
  breaksDndIos: "no",
  breaksDndAndroid: "no",
  mainlandChina: "no",
  acknowledges: true,
  endToEndEncrypted: false,
  maxBytes: LENGTH_MAX.body,
  ratePerMinute: PER_CHAT.most,
  sounds: "notification",
  perTarget: [PER_CHAT],
};

/**
 * A bot of Telegram (core.telegram.org/bots/api): a message with a button, edited when somebody goes and when it is
 * over. Target settings: `chat`.
 */
export const telegram: ChannelModule = {
  id: "telegram",
  place: "anywhere",
  ...TELEGRAM_FORM,
  capabilities: CAPABILITIES,
  create: createTelegram,
};

function createTelegram(deps: ChannelDeps): Channel {
  const { http, clock, random, access } = deps;
  const limits = createCallLimits(clock, [PER_CHAT]);
  const shown = createShown();

  const ask = (token: string, method: string, body: object, timeoutMs: number) =>
    exchange(http, {
      ...{ method: "POST", url: `${API}/bot${token}/${method}`, timeoutMs },
      headers: { "content-type": "application/json" },
      body: Buffer.from(JSON.stringify(body)),
    });

  /** A message of its own, with a sound when it asks. */
  const post = async (token: string, target: ChannelTarget, message: ChannelMessage): Promise<SendResult> => {
    const { chat = "" } = target.settings;
    const waitMs = limits.waitMs(chat);
    if (waitMs > 0)
      return { outcome: "failed", detail: "this chat takes no more for now", retryAfterMs: waitMs };
    limits.note(chat);
    const { about = message.key.split("/")[1] } = message;
    const { reference, mark } = newMark(token, target.id, random, clock.wall(), about);
    const said = await ask(token, "sendMessage", messageWith(chat, message, mark), TIMEOUT_MS);
    if ("failed" in said) return said.failed;
    const response = answerWithout(said.response, [token]);
    const id = messageIdIn(response);
    if (id === undefined) return failureIn(response, clock);
    const before = shown.put(target, message, id);
    // One message an incident: the one that rings now.
    if (before !== undefined) {
      await ask(token, "deleteMessage", { chat_id: Number(chat), message_id: before }, SIDE_TIMEOUT_MS);
    }
    return { outcome: "accepted", reference: `${id}.${reference}` };
  };

  return {
    id: telegram.id,
    capabilities: CAPABILITIES,
    async send(target, message) {
      const settings = access();
      if (settings === undefined) return NO_ACCESS;
      const { token = "" } = settings;
      const { chat = "" } = target.settings;
      const problem = problemOf(token, chat);
      if (problem !== undefined) return { outcome: "refused", detail: problem, gone: false };
      const id = message.kind === "alarm" ? undefined : shown.of(target, message);
      if (id === undefined) return post(token, target, message);
      const body = { chat_id: Number(chat), message_id: id, ...textOf(message) };
      const said = await ask(token, "editMessageText", body, TIMEOUT_MS);
      if ("failed" in said) return said.failed;
      const response = answerWithout(said.response, [token]);
      const isEdited = messageIdIn(response) === id || /message is not modified/.test(response.body);
      if (isEdited) return { outcome: "accepted", reference: "" };
      // Deleted by somebody, or too old to be edited.
      if (response.status === 400 && !isGone(response)) return post(token, target, message);
      return failureIn(response, clock);
    },
    service: () => `${API}/`,
    listen(targets, onAnswer, signal) {
      const once = createOnce();
      let read = { token: "", offset: 0 };
      const answer = async (token: string, press: Press): Promise<void> => {
        const found = answeredBy(token, press, targets(), clock);
        const isNew = found !== undefined && once.isNew(`${found.target} ${found.reference}`);
        const taken = isNew ? onAnswer(found) : undefined;
        const isHeard = taken !== undefined || (found !== undefined && !isNew);
        const text = PRESSED_TEXTS[isHeard ? "heard" : "late"][languageOf(press)];
        await ask(token, "answerCallbackQuery", { callback_query_id: press.id, text }, SIDE_TIMEOUT_MS);
        if (taken !== undefined) await within(clock, HAND_ON_MS, taken);
      };
      const round = async (): Promise<number> => {
        const { token = "" } = access() ?? {};
        if (!isToken(token) || targets().length === 0) return IDLE_MS;
        // Another bot counts its updates anew.
        if (read.token !== token) read = { token, offset: 0 };
        const began = clock.mono();
        const wish = {
          offset: read.offset,
          timeout: POLL_SECONDS,
          limit: 20,
          allowed_updates: ["callback_query"],
        };
        const asked = ask(token, "getUpdates", wish, (POLL_SECONDS + 10) * SECOND_MS);
        const said = await unlessAborted(asked, signal);
        if (said === undefined) return 0;
        if (isConflict(said)) return CONFLICT_MS[deps.standsBy === true ? "hub" : "box"];
        const { presses, next } = updatesIn(said, token, read.offset);
        read = { token, offset: next };
        for (const press of presses) await answer(token, press);
        // Something in between that does not keep the question open must not be asked without a pause.
        return presses.length === 0 && clock.mono() - began < SECOND_MS ? SECOND_MS : 0;
      };
      return keepListening(deps, telegram.id, round, signal);
    },
  };
}

function problemOf(token: string, chat: string): string | undefined {
  if (!isToken(token)) return "the token is none of Telegram's";
  const isChat = /^-?\d{1,20}$/.test(chat) && Number.isSafeInteger(Number(chat));
  return isChat ? undefined : "the chat's id is no number";
}

const isConflict = (said: Exchanged): boolean => "response" in said && said.response.status === 409;

/** Waits for a promise that never rejects, but not for ever. */
async function within(clock: Clock, ms: number, promise: Promise<void>): Promise<void> {
  const given = new AbortController();
  const late = clock.sleep(ms, given.signal).catch(() => undefined);
  await Promise.race([promise, late]);
  given.abort();
}

const isToken = (token: string): boolean => /^\d{5,15}:[A-Za-z0-9_-]{30,60}$/.test(token);

function updatesIn(said: Exchanged, token: string, offset: number): Updates {
  if ("failed" in said) throw new Error(said.failed.detail);
  const response = answerWithout(said.response, [token]);
  const { ok, result } = membersOf(response.body);
  if (response.status !== 200 || ok !== true) throw new Error(`Telegram ${answerText(response)}`);
  return readUpdates(result, offset);
}

/** The answer that a press is: of a button which this home made for the chat in which it was pressed. */
function answeredBy(
  token: string,
  press: Press,
  targets: readonly ChannelTarget[],
  clock: Clock,
): HeardAnswer | undefined {
  for (const { id, settings } of targets) {
    if (settings["chat"] !== press.chat) continue;
    const made = readMark(token, id, press.data, clock.wall());
    if (made === undefined) continue;
    const by = cleanName(press.firstName);
    return {
      ...{ target: id, reference: `${press.messageId}.${made}` },
      isAbout: (about) => isMarkAbout(token, made, about),
      ...(by === undefined ? {} : { by }),
    };
  }
  return undefined;
}

function languageOf({ languageCode: code }: Press): Language {
  if (typeof code !== "string" || !/^zh\b/i.test(code)) return "en";
  return /hant|tw|hk|mo/i.test(code) ? "zh-Hant" : "zh-Hans";
}

import { SECOND_MS } from "../../domain/time.ts";
import type { ChannelMessage, SendResult } from "../../port/channel.ts";
import type { Clock } from "../../port/clock.ts";
import type { HttpResponse } from "../../port/http.ts";
import { wordsIn } from "../../words/index.ts";
import { failureOf, membersOf } from "../exchange.ts";
import { answerText } from "../response.ts";
import { cutCharacters } from "../text.ts";

/** A message has 4096 UTF-16 units; a character has two at most. */
export const LENGTH_MAX = { title: 200, body: 1_500, url: 500 };

/** What cannot be seen alone is refused as empty. */
const VISIBLE = /[^\p{Cc}\p{Cf}\p{Z}\p{Cn}\p{M}\p{Co}\uFFFD]/u;

/** Plain text: no markup that a name could break, and the page as an address, since buttons take public ones only. */
export function textOf(message: ChannelMessage): {
  readonly text: string;
  readonly link_preview_options: object;
} {
  const title = cutCharacters(message.title, LENGTH_MAX.title);
  const body = cutCharacters(message.body, LENGTH_MAX.body);
  const url = message.url.length <= LENGTH_MAX.url ? message.url : "";
  const text = [title, body, url].filter((part) => VISIBLE.test(part)).join("\n");
  return { text: text === "" ? "-" : text, link_preview_options: { is_disabled: true } };
}

/** `mark`: what the button hands back, 64 bytes at most. */
export function messageWith(chat: string, message: ChannelMessage, mark: string): object {
  const label = wordsIn(message.language).push.acknowledge;
  const isAlarm = message.kind === "alarm";
  return {
    chat_id: Number(chat),
    ...textOf(message),
    disable_notification: !isAlarm,
    ...(isAlarm ? { reply_markup: { inline_keyboard: [[{ text: label, callback_data: mark }]] } } : {}),
  };
}

/** The number of the message that was sent or edited; undefined where the answer is no success. */
export function messageIdIn(response: HttpResponse): number | undefined {
  const { ok, result } = membersOf(response.body);
  if (response.status !== 200 || ok !== true || typeof result !== "object" || result === null)
    return undefined;
  return "message_id" in result && typeof result.message_id === "number" ? result.message_id : undefined;
}

/** Whether the chat is closed to the bot until a person opens it again: blocked, thrown out, deleted, moved. */
export function isGone({ status, body }: HttpResponse): boolean {
  const isUnknown = /chat not found|user not found|PEER_ID_INVALID|group chat was (?:deleted|upgraded)/i.test(
    body,
  );
  return status === 403 || (status === 400 && isUnknown);
}

/** `{"ok": false, "error_code": 429, "description": "...", "parameters": {"retry_after": 5}}` */
export function failureIn(response: HttpResponse, clock: Clock): SendResult {
  const detail = `Telegram ${answerText(response)}`;
  if (response.status < 300) return { outcome: "failed", detail };
  if (isGone(response)) return { outcome: "refused", detail, gone: true };
  const failure = failureOf("Telegram", response, clock);
  const { parameters } = membersOf(response.body);
  const seconds =
    typeof parameters === "object" && parameters !== null && "retry_after" in parameters
      ? parameters.retry_after
      : undefined;
  if (failure.outcome !== "failed" || typeof seconds !== "number" || !(seconds > 0)) return failure;
  return { ...failure, retryAfterMs: seconds * SECOND_MS };
}

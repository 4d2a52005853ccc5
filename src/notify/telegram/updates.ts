/** A button that somebody pressed, as `getUpdates` tells it. */
export interface Press {
  readonly id: string;
  readonly data: string;
  readonly chat: string;
  readonly messageId: number;
  readonly firstName: unknown;
  /** IETF tag of the presser's Telegram, where it tells. */
  readonly languageCode: unknown;
}

export interface Updates {
  readonly presses: readonly Press[];
  /** What to ask for next: everything before it counts as read. */
  readonly next: number;
}

/**
 * What a successful answer to `getUpdates` holds; unknown kinds of updates are only counted. Throws an Error for an
 * answer that is none, or that cannot be told from the one before.
 */
export function readUpdates(result: unknown, offset: number): Updates {
  if (!Array.isArray(result)) throw new Error("the answer is no list of updates");
  const updates: readonly unknown[] = result;
  let next = offset;
  const presses: Press[] = [];
  for (const update of updates) {
    const { update_id: id, callback_query: query } = members(update);
    if (typeof id !== "number" || !Number.isSafeInteger(id)) continue;
    next = Math.max(next, id + 1);
    const press = pressOf(query);
    if (press !== undefined) presses.push(press);
  }
  if (updates.length > 0 && next === offset) throw new Error("the updates have no numbers");
  return { presses, next };
}

function pressOf(query: unknown): Press | undefined {
  const { id, data, from, message } = members(query);
  const { message_id: messageId, chat } = members(message);
  const { id: chatId } = members(chat);
  if (typeof id !== "string" || typeof data !== "string") return undefined;
  if (typeof messageId !== "number" || typeof chatId !== "number") return undefined;
  const { first_name: firstName, language_code: languageCode } = members(from);
  return { id, data, chat: String(chatId), messageId, firstName, languageCode };
}

const members = (value: unknown): { readonly [name: string]: unknown } =>
  typeof value === "object" && value !== null ? { ...value } : {};

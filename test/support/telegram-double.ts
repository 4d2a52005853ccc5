// api.telegram.org with one bot: the chat, and one line for questions that box and hub share.
import type { Clock } from "../../src/port/clock.ts";
import type { HttpRequest, HttpResponse } from "../../src/port/http.ts";
import { json } from "./channel-bench.ts";

export const TELEGRAM_TOKEN = "123456789:AAE1x2y3z4AAE1x2y3z4AAE1x2y3z4abcde";
export const TELEGRAM_CHAT = "987654321";

type From = "box" | "hub";

/** A message that stands, or stood, in the chat. */
export interface ChatMessage {
  readonly id: number;
  readonly from: From;
  readonly text: string;
  readonly button?: string;
}

export interface TelegramDouble {
  readonly service: (from: From, request: HttpRequest) => Promise<HttpResponse> | undefined;
  readonly chat: readonly ChatMessage[];
  /** What whoever pressed a button was shown. */
  readonly shown: readonly string[];
  /** Who was given presses. */
  readonly given: readonly From[];
  /** How often a question was ended by the other's. */
  readonly conflicts: { box: number; hub: number };
  press(message: ChatMessage | undefined): void;
}

interface Question {
  readonly from: From;
  readonly offset: number;
  end(status: number, body: object): void;
}

export function createTelegramDouble(clock: Clock): TelegramDouble {
  const chat: ChatMessage[] = [];
  const shown: string[] = [];
  const given: From[] = [];
  const conflicts = { box: 0, hub: 0 };
  let updates: { readonly update_id: number; readonly callback_query: object }[] = [];
  let open: Question | undefined;
  let nextUpdate = 500;

  const tell = (): void => {
    if (open === undefined || updates.length === 0) return;
    const { from, end } = open;
    open = undefined;
    given.push(from);
    end(200, { ok: true, result: updates.slice(0, 20) });
  };

  const getUpdates = (from: From, offset: number, timeout: number): Promise<HttpResponse> => {
    // Asking for what comes after them confirms those before: nobody is given them again.
    updates = updates.filter(({ update_id }) => update_id >= offset);
    if (open !== undefined) {
      conflicts[open.from] += 1;
      const description = "Conflict: terminated by other getUpdates request";
      open.end(409, { ok: false, error_code: 409, description });
    }
    const { promise, resolve } = Promise.withResolvers<HttpResponse>();
    const mine: Question = {
      ...{ from, offset },
      end(status, body) {
        stop();
        resolve(json(body, status));
      },
    };
    const stop = clock.after(timeout * 1_000, () => {
      if (open === mine) open = undefined;
      mine.end(200, { ok: true, result: [] });
    });
    open = mine;
    tell();
    return promise;
  };

  return {
    ...{ chat, shown, given, conflicts },
    service(from, request) {
      const [, token, method] = /^https:\/\/api\.telegram\.org\/bot([^/]+)\/(\w+)$/.exec(request.url) ?? [];
      if (method === undefined) return undefined;
      if (token !== TELEGRAM_TOKEN) return Promise.resolve(json({ ok: false }, 401));
      const text = new TextDecoder().decode(request.body);
      const body = JSON.parse(text) as { offset: number; timeout: number; text: string; message_id: number };
      switch (method) {
        case "getUpdates":
          return getUpdates(from, body.offset, body.timeout);
        case "sendMessage": {
          const button = /"callback_data":"([^"]*)"/.exec(text)?.[1];
          const message = {
            id: chat.length + 1,
            from,
            text: body.text,
            ...(button === undefined ? {} : { button }),
          };
          chat.push(message);
          return Promise.resolve(json({ ok: true, result: { message_id: message.id } }));
        }
        case "editMessageText":
          return Promise.resolve(json({ ok: true, result: { message_id: body.message_id } }));
        case "answerCallbackQuery":
          shown.push(body.text);
          return Promise.resolve(json({ ok: true, result: true }));
        default:
          return Promise.resolve(json({ ok: true, result: true }));
      }
    },
    press(message) {
      if (message?.button === undefined) throw new Error("there is no such button");
      const update_id = nextUpdate++;
      const from = { id: 1, first_name: "Mei" };
      const where = { message_id: message.id, chat: { id: Number(TELEGRAM_CHAT) } };
      const callback_query = { id: `q${update_id}`, from, data: message.button, message: where };
      updates.push({ update_id, callback_query });
      tell();
    },
  };
}

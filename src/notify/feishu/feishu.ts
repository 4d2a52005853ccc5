import { createHash } from "node:crypto";
import type { ChannelAccess } from "../../domain/channel-access.ts";
import { MINUTE_MS } from "../../domain/time.ts";
import type {
  Channel,
  ChannelCapabilities,
  ChannelDeps,
  ChannelMessage,
  ChannelModule,
  SendResult,
} from "../../port/channel.ts";
import { NO_ACCESS } from "../exchange.ts";
import { createRinging } from "../ringing.ts";
import { URGENT, type Urgency, urgencyOf } from "../urgent.ts";
import { badSetting, LEFT_OUT } from "../verdict.ts";
import { createFeishu, FEISHU, type Feishu } from "./api.ts";
import { cardOf } from "./card.ts";
import { createSentCards } from "./sent-cards.ts";
import { ACCESS, NAME, STEPS, SUMMARY, TARGET } from "./texts.ts";

const ID = "feishu";
/** A call of Feishu rings for about this long. */
const CALL_MS = MINUTE_MS;

const CAPABILITIES: ChannelCapabilities = { ...URGENT, maxBytes: 6_000 };

/** Feishu: a card from an app of one's own, made urgent in the app, by text message or by a call. */
export const feishu: ChannelModule = {
  id: ID,
  name: NAME,
  summary: SUMMARY,
  access: ACCESS,
  target: TARGET,
  steps: STEPS,
  capabilities: CAPABILITIES,
  place: "anywhere",
  create: createFeishuChannel,
};

function createFeishuChannel({ http, clock, access }: ChannelDeps): Channel {
  const api = createFeishu({ http, clock });
  const cards = createSentCards();
  const calls = createRinging(clock, CALL_MS);
  return {
    id: ID,
    capabilities: CAPABILITIES,
    async send(target, message) {
      const { openId = "" } = target.settings;
      if (!/^ou_[0-9A-Za-z]{8,64}$/.test(openId)) return badSetting("the person's open_id has another form");
      const app = access();
      if (app === undefined) return NO_ACCESS;
      const incident = `${target.id}\n${message.collapseKey}`;
      if (message.kind !== "alarm") {
        calls.ended(incident);
        return change(api, app, cards.of(incident), message);
      }
      const sentKey = `${target.id}\n${message.key}`;
      const card = cards.sent(sentKey) ?? (await post(api, app, openId, message));
      if (typeof card !== "string") return card;
      cards.note(incident, sentKey, card);
      // Low: an ordinary message.
      if (message.priority === "low") return { outcome: "accepted", reference: card };
      const urgency = urgencyOf(message, target.settings, calls, incident);
      const result = await urge(api, app, openId, card, urgency);
      if (result.outcome === "accepted" && urgency === "phone") calls.started(incident, card);
      return result;
    },
    async poll({ settings }, reference) {
      const app = access();
      if (app === undefined || reference === "") return { state: "waiting" };
      const path = `${pathOf(reference)}/read_users?user_id_type=open_id&page_size=20`;
      const answer = await api.ask(app, "GET", path);
      if ("result" in answer) return { state: "waiting" };
      return hasRead(answer.members["data"], settings["openId"] ?? "")
        ? { state: "reached" }
        : { state: "waiting" };
    },
    service: () => "https://open.feishu.cn/",
  };
}

const pathOf = (card: string): string => `im/v1/messages/${encodeURIComponent(card)}`;

/** Posts the card to the person. The same key twice is the same card, for an hour. */
async function post(
  api: Feishu,
  app: ChannelAccess,
  openId: string,
  message: ChannelMessage,
): Promise<string | SendResult> {
  const answer = await api.ask(app, "POST", "im/v1/messages?receive_id_type=open_id", {
    receive_id: openId,
    msg_type: "interactive",
    content: JSON.stringify(cardOf(message)),
    uuid: createHash("sha256").update(`${openId}\n${message.key}`).digest("hex").slice(0, 40),
  });
  if ("result" in answer) return answer.result;
  const { data } = answer.members;
  const id = typeof data === "object" && data !== null && "message_id" in data ? data.message_id : undefined;
  if (typeof id === "string" && /^[\w-]{1,128}$/.test(id)) return id;
  return { outcome: "failed", detail: `${FEISHU} gave the card no id` };
}

/** Makes a card urgent. Where a call or text is refused, the app at least makes itself heard; the refusal is told. */
async function urge(
  api: Feishu,
  app: ChannelAccess,
  openId: string,
  card: string,
  urgency: Urgency,
): Promise<SendResult> {
  const ask = (how: Urgency) =>
    api.ask(app, "PATCH", `${pathOf(card)}/urgent_${how}?user_id_type=open_id`, { user_id_list: [openId] });
  const answer = await ask(urgency);
  if ("result" in answer) {
    if (answer.result.outcome === "refused" && urgency !== "app") await ask("app");
    return answer.result;
  }
  const { data } = answer.members;
  const invalid: unknown =
    typeof data === "object" && data !== null && "invalid_user_id_list" in data
      ? data.invalid_user_id_list
      : [];
  return Array.isArray(invalid) && invalid.includes(openId)
    ? {
        outcome: "refused",
        detail: `${FEISHU} cannot urge this person: not in the conversation`,
        gone: false,
      }
    : { outcome: "accepted", reference: card };
}

/** Changes what the cards of an incident say: nobody hears it. After a restart none is known, and none is changed. */
async function change(
  api: Feishu,
  app: ChannelAccess,
  known: readonly string[],
  message: ChannelMessage,
): Promise<SendResult> {
  const content = JSON.stringify(cardOf(message));
  const answers = await Promise.all(known.map((card) => api.ask(app, "PATCH", pathOf(card), { content })));
  for (const answer of answers) if ("result" in answer) return answer.result;
  return LEFT_OUT;
}

/** `data: {items: [{user_id, timestamp, ...}]}`: those who have read it. */
function hasRead(data: unknown, openId: string): boolean {
  const items: unknown = typeof data === "object" && data !== null && "items" in data ? data.items : [];
  const readers: readonly unknown[] = Array.isArray(items) ? items : [];
  return readers.some(
    (item) => typeof item === "object" && item !== null && "user_id" in item && item.user_id === openId,
  );
}

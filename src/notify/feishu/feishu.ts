import { createHash } from "node:crypto";
import type { ChannelAccess } from "../../domain/channel-access.ts";
import { MINUTE_MS } from "../../domain/time.ts";
import type {
  Channel,
  ChannelCapabilities,
  ChannelDeps,
  ChannelMessage,
  ChannelModule,
  ChannelTarget,
  SendResult,
} from "../../port/channel.ts";
import { NO_ACCESS } from "../exchange.ts";
import { createRinging } from "../ringing.ts";
import { badSetting, LEFT_OUT } from "../verdict.ts";
import { createFeishu, FEISHU, type Feishu } from "./api.ts";
import { cardOf } from "./card.ts";
import { createSentCards } from "./sent-cards.ts";
import { ACCESS, NAME, STEPS, SUMMARY, TARGET } from "./texts.ts";

const ID = "feishu";
/** A call of Feishu rings for about this long. */
const CALL_MS = MINUTE_MS;

/** What holds where the home chose calls; by app or text alone nothing rings through. */
const CAPABILITIES: ChannelCapabilities = {
  breaksDndIos: "setting",
  breaksDndAndroid: "setting",
  mainlandChina: "yes",
  acknowledges: false,
  endToEndEncrypted: false,
  maxBytes: 6_000,
  ratePerMinute: 60,
  sounds: "call",
  phones: ["iphone", "android", "harmonyos"],
  mainlandOnly: true,
  needsCompany: true,
  onlyAlarms: true,
};

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

type Urgency = "urgent_app" | "urgent_sms" | "urgent_phone";

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
      const urgency = urgencyOf(message, target.settings);
      if (urgency === undefined) return { outcome: "accepted", reference: card };
      const isRinging = calls.of(incident) !== undefined;
      // While the phone rings for this incident a second call would find it busy.
      const now = urgency === "urgent_phone" && isRinging ? "urgent_app" : urgency;
      const result = await urge(api, app, openId, card, now);
      if (result.outcome === "accepted" && now === "urgent_phone") calls.started(incident, card);
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
    api.ask(app, "PATCH", `${pathOf(card)}/${how}?user_id_type=open_id`, { user_id_list: [openId] });
  const answer = await ask(urgency);
  if ("result" in answer) {
    if (answer.result.outcome === "refused" && urgency !== "urgent_app") await ask("urgent_app");
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

/** High: as strongly as the home pays for. Medium: the app makes itself heard. Low: an ordinary message. */
function urgencyOf(
  { priority }: ChannelMessage,
  { urgency = "phone" }: ChannelTarget["settings"],
): Urgency | undefined {
  if (priority === "low") return undefined;
  if (priority === "medium" || urgency === "app") return "urgent_app";
  return urgency === "sms" ? "urgent_sms" : "urgent_phone";
}

/** `data: {items: [{user_id, timestamp, ...}]}`: those who have read it. */
function hasRead(data: unknown, openId: string): boolean {
  const items: unknown = typeof data === "object" && data !== null && "items" in data ? data.items : [];
  const readers: readonly unknown[] = Array.isArray(items) ? items : [];
  return readers.some(
    (item) => typeof item === "object" && item !== null && "user_id" in item && item.user_id === openId,
  );
}

import { createHash } from "node:crypto";
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from "../../domain/time.ts";
import type {
  CallLimit,
  Channel,
  ChannelCapabilities,
  ChannelDeps,
  ChannelMessage,
  ChannelModule,
  ChannelTarget,
} from "../../port/channel.ts";
import type { Clock } from "../../port/clock.ts";
import { createCallLimits } from "../call-limits.ts";
import { postJson } from "../exchange.ts";
import { createHolds } from "../holds.ts";
import { createRinging } from "../ringing.ts";
import { cutCharacters } from "../text.ts";
import {
  badSetting,
  LEFT_OUT,
  MEND,
  readAnswer,
  TRY_AGAIN,
  tooOften,
  type Verdicts,
  waitFor,
} from "../verdict.ts";
import { ACCESS, NAME, OPEN, STEPS, SUMMARY, TARGET } from "./texts.ts";

const ID = "pushplus";
const ADDRESS = "https://www.pushplus.plus/send";
const TITLE_LENGTH_MAX = 100;
const CONTENT_LENGTH_MAX = 20_000;
/** A call rings and speaks for about this long. */
const CALL_MS = MINUTE_MS;
/** Code 900: the account is stopped, and every further request makes it longer. */
const STOPPED = "900";
const STOPPED_MS = HOUR_MS;

/** pushplus.plus/doc/help/limit.html: requests of one account. */
const ACCOUNT_LIMITS: readonly CallLimit[] = [
  { most: 5, withinMs: MINUTE_MS },
  { most: 200, withinMs: DAY_MS },
];
/** The same words within an hour, same source. */
const SAME_WORDS_LIMIT: CallLimit = { most: 3, withinMs: HOUR_MS };

/** pushplus.plus/doc/guide/code.html */
const VERDICTS: Verdicts = {
  who: "PushPlus",
  code: "code",
  success: 200,
  words: ["msg"],
  codes: {
    "302": MEND,
    "401": MEND,
    "403": MEND,
    "500": TRY_AGAIN,
    "600": MEND,
    "805": MEND,
    "888": MEND,
    [STOPPED]: waitFor(STOPPED_MS),
    "903": MEND,
    "905": MEND,
    "999": MEND,
  },
};

/** Of its three ways only the call wakes; this says what holds for all of them. */
const CAPABILITIES: ChannelCapabilities = {
  breaksDndIos: "no",
  breaksDndAndroid: "no",
  mainlandChina: "yes",
  acknowledges: false,
  endToEndEncrypted: false,
  maxBytes: CONTENT_LENGTH_MAX,
  ratePerMinute: 5,
  sounds: "notification",
  onlyAlarms: true,
  perTarget: [SAME_WORDS_LIMIT],
};

/** PushPlus: a notice in WeChat, a phone call or a text message, as the target chooses. */
export const pushplus: ChannelModule = {
  id: ID,
  name: NAME,
  summary: SUMMARY,
  access: ACCESS,
  target: TARGET,
  steps: STEPS,
  capabilities: CAPABILITIES,
  place: "anywhere",
  create: createPushplus,
};

function createPushplus({ http, clock }: ChannelDeps): Channel {
  const account = createCallLimits(clock, ACCOUNT_LIMITS);
  const sameWords = createCallLimits(clock, [SAME_WORDS_LIMIT]);
  const stopped = createHolds(clock);
  const calls = createRinging(clock, CALL_MS);
  return {
    id: ID,
    capabilities: CAPABILITIES,
    async send(target, message) {
      const { token = "", way = "wechat" } = target.settings;
      if (!/^[0-9A-Za-z]{16,64}$/.test(token)) return badSetting("the PushPlus token has another form");
      // News would sound like an alarm here, or cost a call; a gentle question is no reason to ring somebody up.
      if (message.kind !== "alarm") return LEFT_OUT;
      if (way !== "wechat" && message.priority === "low") return LEFT_OUT;
      const ringing = way === "voice" ? calls.of(`${target.id}\n${message.collapseKey}`) : undefined;
      if (ringing !== undefined) return { outcome: "accepted", reference: ringing };

      const words = wordsOf(message);
      const sameKey = createHash("sha256")
        .update(`${token}\n${words.title}\n${words.content}`)
        .digest("base64");
      const waitMs = Math.max(stopped.waitMs(token), account.waitMs(token), sameWords.waitMs(sameKey));
      if (waitMs > 0) return tooOften(VERDICTS.who, waitMs);
      account.note(token);
      sameWords.note(sameKey);

      const body = {
        token,
        ...words,
        channel: way,
        ...friendOf(target.settings),
        ...expiryOf(message, clock),
      };
      const answer = readAnswer(await postJson(http, ADDRESS, body), VERDICTS, clock, [
        token,
        target.settings["friend"] ?? "",
      ]);
      if ("result" in answer) {
        if (answer.code === STOPPED) stopped.hold(token, STOPPED_MS);
        return answer.result;
      }
      const { data } = answer.members;
      const reference = typeof data === "string" ? data.slice(0, 64) : "";
      if (way === "voice") calls.started(`${target.id}\n${message.collapseKey}`, reference);
      return { outcome: "accepted", reference };
    },
    service: () => "https://www.pushplus.plus/",
  };
}

interface Words {
  readonly title: string;
  readonly content: string;
  readonly template: "html";
}

/** Only the title is spoken or texted. The link differs with each incident, so one uses up no other's repeats. */
function wordsOf({ title, body, url, language }: ChannelMessage): Words {
  // Escaping makes a character at most five longer.
  const text = escaped(cutCharacters(body, 3_000));
  return {
    title: cutCharacters(title, TITLE_LENGTH_MAX),
    content: `<p>${text}</p><p><a href="${escaped(url)}">${OPEN[language]}</a></p>`,
    template: "html",
  };
}

const escaped = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");

const friendOf = ({ friend = "" }: ChannelTarget["settings"]): { to?: string } =>
  friend === "" ? {} : { to: friend };

/** After this PushPlus throws the message away. A clock that is wrong would have it thrown away at once. */
const expiryOf = ({ ttlSeconds }: ChannelMessage, clock: Clock): { timestamp?: number } =>
  clock.trusted() ? { timestamp: clock.wall() + ttlSeconds * SECOND_MS } : {};

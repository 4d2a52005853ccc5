import type { ChannelModule } from "../port/channel.ts";
import type { World } from "../port/world.ts";
import { aliyunVoice } from "./aliyun-voice/aliyun-voice.ts";
import { bark } from "./bark/bark.ts";
import { dingtalk } from "./dingtalk/dingtalk.ts";
import { dingtalkDing } from "./dingtalk-ding/dingtalk-ding.ts";
import { email } from "./email/email.ts";
import { feishu } from "./feishu/feishu.ts";
import { feishuBot } from "./feishu-bot/feishu-bot.ts";
import { homeAssistant } from "./home-assistant/home-assistant.ts";
import { meow } from "./meow/meow.ts";
import { modem } from "./modem/modem.ts";
import { ntfy } from "./ntfy/ntfy.ts";
import { pushover } from "./pushover/pushover.ts";
import { pushplus } from "./pushplus/pushplus.ts";
import { serverchan } from "./serverchan/serverchan.ts";
import { telegram } from "./telegram/telegram.ts";
import { twilio } from "./twilio/twilio.ts";
import { wecomBot } from "./wecom-bot/wecom-bot.ts";
import { wecomCall } from "./wecom-call/wecom-call.ts";
import { wxpusher } from "./wxpusher/wxpusher.ts";

/** Every channel that a home can add by itself, as forms show them: what wakes somebody first. */
export const CHANNEL_MODULES: readonly ChannelModule[] = [
  bark,
  ntfy,
  pushover,
  homeAssistant,
  modem,
  twilio,
  aliyunVoice,
  wecomCall,
  feishu,
  dingtalkDing,
  pushplus,
  telegram,
  wecomBot,
  feishuBot,
  dingtalk,
  wxpusher,
  serverchan,
  meow,
  email,
];

/** Those that come along, and the configuration's own. */
export const channelModulesOf = ({
  channelModules = [],
}: Pick<World, "channelModules">): readonly ChannelModule[] => [...CHANNEL_MODULES, ...channelModules];

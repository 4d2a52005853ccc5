import type { ChannelField, Texts } from "../../port/channel.ts";

export const NAME: Texts = { en: "PushPlus", "zh-Hans": "PushPlus 推送加", "zh-Hant": "PushPlus 推送加" };

export const SUMMARY: Texts = {
  en: "A notice in WeChat, a phone call or a text message in mainland China; only the call can wake somebody.",
  "zh-Hans": "中国大陆：微信通知、电话或短信；只有电话能叫醒人。",
  "zh-Hant": "中國大陸：微信通知、電話或簡訊；只有電話能叫醒人。",
};

/** Every phone has an account, or a friend, of its own: the home needs none. */
export const ACCESS: readonly ChannelField[] = [];

export const TARGET: readonly ChannelField[] = [
  {
    name: "token",
    kind: "secret",
    label: { en: "Token", "zh-Hans": "用户 token", "zh-Hant": "使用者 token" },
    help: {
      en: "From pushplus.plus, after signing in with WeChat and proving who you are there.",
      "zh-Hans": "微信登录 pushplus.plus 并完成实名认证后，在“一对一消息”里复制。",
      "zh-Hant": "用微信登入 pushplus.plus 並完成實名認證後，在「一對一消息」裡複製。",
    },
    required: true,
    pattern: "[0-9A-Za-z]{16,64}",
    maxLength: 64,
  },
  {
    name: "way",
    kind: "choice",
    label: { en: "How", "zh-Hans": "方式", "zh-Hant": "方式" },
    help: {
      en: "A notice costs nothing. Each call and each text costs points of that account.",
      "zh-Hans": "微信通知免费；电话和短信每次都扣这个账号的积分。",
      "zh-Hant": "微信通知免費；電話和簡訊每次都扣這個帳號的積分。",
    },
    required: true,
    fallback: "wechat",
    choices: [
      {
        value: "wechat",
        label: {
          en: "Notice in WeChat (free)",
          "zh-Hans": "微信通知（免费）",
          "zh-Hant": "微信通知（免費）",
        },
      },
      {
        value: "voice",
        label: {
          en: "Phone call (0.30 yuan each)",
          "zh-Hans": "电话（每次 0.3 元）",
          "zh-Hant": "電話（每次 0.3 元）",
        },
      },
      {
        value: "sms",
        label: {
          en: "Text message (0.10 yuan each)",
          "zh-Hans": "短信（每条 0.1 元）",
          "zh-Hant": "簡訊（每則 0.1 元）",
        },
      },
    ],
    maxLength: 10,
  },
  {
    name: "friend",
    kind: "secret",
    label: { en: "Friend's token", "zh-Hans": "好友令牌", "zh-Hant": "好友令牌" },
    help: {
      en: "Only if it goes to a PushPlus friend of that account; empty: to the account itself.",
      "zh-Hans": "只有发给该账号的好友时才填；不填就发给账号本人。",
      "zh-Hant": "只有發給該帳號的好友時才填；不填就發給帳號本人。",
    },
    required: false,
    pattern: "[0-9A-Za-z]{16,64}",
    maxLength: 64,
  },
];

export const STEPS: readonly Texts[] = [
  {
    en: "Follow the WeChat account “pushplus 推送加” and prove who you are there; without that nothing is sent.",
    "zh-Hans": "关注微信公众号“pushplus 推送加”并完成实名认证；没有实名就发不出去。",
    "zh-Hant": "關注微信公眾號「pushplus 推送加」並完成實名認證；沒有實名就發不出去。",
  },
  {
    en: "For calls and texts: enter the phone's number there, and keep enough points.",
    "zh-Hans": "要打电话或发短信：在那里绑定手机号，并保持积分充足。",
    "zh-Hant": "要打電話或發簡訊：在那裡綁定手機號，並保持積分充足。",
  },
  {
    en: "Allow the calling number: answer the first test call, save the number as a contact and a favourite.",
    "zh-Hans": "放行来电：接听第一次测试电话，把号码存入通讯录并设为收藏，关掉骚扰拦截。",
    "zh-Hant": "放行來電：接聽第一次測試電話，把號碼存入通訊錄並設為收藏，關掉騷擾攔截。",
  },
  {
    en: "Prove a call at night: between 22:00 and 08:00 PushPlus does not call one number several times.",
    "zh-Hans": "在夜里实测一次：22 点到次日 8 点，PushPlus 不会连续呼叫同一号码。",
    "zh-Hant": "在夜裡實測一次：22 點到次日 8 點，PushPlus 不會連續呼叫同一號碼。",
  },
];

export const OPEN: Texts = { en: "Open", "zh-Hans": "打开", "zh-Hant": "開啟" };

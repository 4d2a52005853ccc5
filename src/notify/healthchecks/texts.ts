import type { ChannelField, Texts } from "../../port/channel.ts";

export const NAME: Texts = {
  en: "A ping service",
  "zh-Hans": "心跳监测服务",
  "zh-Hant": "心跳監測服務",
};

export const SUMMARY: Texts = {
  en: "Healthchecks, at healthchecks.io or a server of your own: it hears of the box every minute and tells you by its own ways (e-mail, chat, telephone) when it does not.",
  "zh-Hans":
    "Healthchecks（healthchecks.io 或自建服务器）：每分钟收到主机的信号；收不到时用它自己的方式（邮件、聊天、电话）通知您。",
  "zh-Hant":
    "Healthchecks（healthchecks.io 或自架伺服器）：每分鐘收到主機的訊號；收不到時用它自己的方式（電子郵件、聊天、電話）通知您。",
};

export const FIELDS: readonly ChannelField[] = [
  {
    name: "address",
    kind: "secret",
    label: {
      en: "Ping address of the check",
      "zh-Hans": "检查项的 ping 地址",
      "zh-Hant": "檢查項目的 ping 位址",
    },
    help: {
      en: "Such as https://hc-ping.com/ and a long code. Whoever knows it can pretend that the box lives.",
      "zh-Hans": "例如 https://hc-ping.com/ 加一长串代码。知道它的人可以假装主机还在。",
      "zh-Hant": "例如 https://hc-ping.com/ 加一長串代碼。知道它的人可以假裝主機還在。",
    },
    required: true,
    pattern: "https?://\\S{4,400}",
    maxLength: 400,
  },
];

export const STEPS: readonly Texts[] = [
  {
    en: "At the service, make a check with a period of 1 minute and a grace time of 5 minutes.",
    "zh-Hans": "在该服务里新建一个检查项：周期 1 分钟，宽限 5 分钟。",
    "zh-Hant": "在該服務裡新增一個檢查項目：週期 1 分鐘，寬限 5 分鐘。",
  },
  {
    en: "There, choose how it tells you: something that wakes you, not an e-mail alone.",
    "zh-Hans": "在那里选择通知方式：要能叫醒人，不能只用邮件。",
    "zh-Hant": "在那裡選擇通知方式：要能叫醒人，不能只用電子郵件。",
  },
  {
    en: "It rings by day as well. Pause the check there before you switch the box off for longer.",
    "zh-Hans": "它白天也会响。要长时间关掉主机时，请先在那里暂停检查。",
    "zh-Hant": "它白天也會響。要長時間關掉主機時，請先在那裡暫停檢查。",
  },
];

import type { ChannelField } from "../../port/channel.ts";
import type { DeadManModule } from "../../port/dead-man.ts";
import { NTFY_FORM } from "./form.ts";

const FIELDS: readonly ChannelField[] = [
  ...NTFY_FORM.access,
  ...NTFY_FORM.target,
  {
    name: "when",
    kind: "choice",
    label: { en: "When it stands", "zh-Hans": "什么时候守候", "zh-Hant": "什麼時候守候" },
    help: {
      en: "“Always” also tells you by day that the box has no power or no internet.",
      "zh-Hans": "选“一直”时，白天主机没电或没网也会通知您。",
      "zh-Hant": "選「一直」時，白天主機沒電或沒網路也會通知您。",
    },
    required: true,
    fallback: "watch",
    choices: [
      {
        value: "watch",
        label: { en: "While somebody is watched", "zh-Hans": "守护期间", "zh-Hant": "守護期間" },
      },
      { value: "always", label: { en: "Always", "zh-Hans": "一直", "zh-Hant": "一直" } },
    ],
    maxLength: 10,
  },
];

const [INSTALL, INSTANT, OVERRIDE, SAVING] = NTFY_FORM.steps;

/** What a person reads and fills in. */
export const DEAD_MAN_FORM = {
  name: {
    en: "A message that lies ready at ntfy",
    "zh-Hans": "ntfy 上待发的消息",
    "zh-Hant": "ntfy 上待發的訊息",
  },
  summary: {
    en: "Rings an Android phone through “do not disturb” minutes after the box has fallen silent. Best on a server of your own that is not in the house.",
    "zh-Hans": "主机没有声息几分钟后，让安卓手机在勿扰模式下也响。最好用不在家里的自建服务器。",
    "zh-Hant": "主機沒有聲息幾分鐘後，讓 Android 手機在勿擾模式下也響。最好用不在家裡的自架伺服器。",
  },
  fields: FIELDS,
  steps: [INSTALL, INSTANT, OVERRIDE, SAVING].filter((step) => step !== undefined),
} as const satisfies Partial<DeadManModule>;

import type { ChannelField } from "../port/channel.ts";

/** A mobile number of mainland China as its own services write it: `+8613800000000` is `13800000000`; else undefined. */
export const mainlandNumber = (phone: string): string | undefined => /^\+86(1[3-9]\d{9})$/.exec(phone)?.[1];

/** The number by which a group's robot names one person in it. */
export const MENTIONED: ChannelField = {
  name: "phone",
  kind: "phone",
  label: { en: "Whom to call by name", "zh-Hans": "要 @ 的人的手机号", "zh-Hant": "要 @ 的人的手機號" },
  help: {
    en: "The mobile number with which this person is in the group; empty: everybody is named.",
    "zh-Hans": "此人在群里登记的手机号；不填就 @ 所有人。",
    "zh-Hant": "此人在群裡登記的手機號；不填就 @ 所有人。",
  },
  required: false,
  pattern: "\\+861[3-9]\\d{9}",
  maxLength: 14,
};

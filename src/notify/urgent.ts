import type { ChannelCapabilities, ChannelField, ChannelMessage, ChannelTarget } from "../port/channel.ts";
import type { Ringing } from "./ringing.ts";

/** How a company's messenger makes a message urgent: calls and text messages are paid for. */
export type Urgency = "app" | "sms" | "phone";

/** What holds where the home chose calls; by app or text alone nothing rings through. */
export const URGENT: Omit<ChannelCapabilities, "maxBytes"> = {
  breaksDndIos: "setting",
  breaksDndAndroid: "setting",
  mainlandChina: "yes",
  acknowledges: false,
  endToEndEncrypted: false,
  ratePerMinute: 60,
  sounds: "call",
  phones: ["iphone", "android", "harmonyos"],
  mainlandOnly: true,
  needsCompany: true,
  onlyAlarms: true,
};

/** `help`: what calls and texts cost there. */
export const urgencyField = (help: NonNullable<ChannelField["help"]>): ChannelField => ({
  name: "urgency",
  kind: "choice",
  label: { en: "Urgent alarms by", "zh-Hans": "紧急报警用", "zh-Hant": "緊急警報用" },
  help,
  required: true,
  fallback: "phone",
  choices: [
    { value: "phone", label: { en: "Phone call", "zh-Hans": "电话", "zh-Hant": "電話" } },
    { value: "sms", label: { en: "Text message", "zh-Hans": "短信", "zh-Hant": "簡訊" } },
    { value: "app", label: { en: "In the app", "zh-Hans": "应用内", "zh-Hant": "應用內" } },
  ],
  maxLength: 5,
});

/**
 * High: as strongly as the home pays for. Medium: the app makes itself heard. While the phone rings for this incident a
 * second call would find it busy.
 */
export function urgencyOf(
  { priority }: Pick<ChannelMessage, "priority">,
  { urgency = "phone" }: ChannelTarget["settings"],
  calls: Pick<Ringing, "of">,
  incident: string,
): Urgency {
  if (priority !== "high" || urgency === "app") return "app";
  if (urgency === "sms") return "sms";
  return calls.of(incident) === undefined ? "phone" : "app";
}

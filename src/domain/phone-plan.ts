import type { ChannelCapabilities, PhoneSystem } from "../port/channel.ts";

/*
 * Which way wakes somebody on which phone, where. What a way can do is data of its module; what is written here is how that
 * reads for a country and a phone. Makers' settings are general knowledge, worded by what to look for: not verified on
 * phones (src/words/.../plan.ts).
 */

export const COUNTRIES = ["mainland-china", "hong-kong-macau-taiwan", "elsewhere"] as const;
export type Country = (typeof COUNTRIES)[number];

export const isCountry = (text: string): text is Country => COUNTRIES.some((one) => one === text);

export const PHONE_KINDS = [
  "iphone",
  "android-huawei",
  "android-honor",
  "android-xiaomi",
  "android-oppo",
  "android-vivo",
  "android-samsung",
  "android-other",
  "harmonyos-next",
  "feature-phone",
  "landline",
] as const;
export type PhoneKind = (typeof PHONE_KINDS)[number];

export const isPhoneKind = (text: string): text is PhoneKind => PHONE_KINDS.some((one) => one === text);

/** A way as the plan looks at it. */
export interface PlannedWay {
  readonly id: string;
  readonly place: "anywhere" | "house";
  readonly capabilities: ChannelCapabilities;
  /** The home has entered what the way needs. */
  readonly isReady: boolean;
}

export interface PlanWish {
  readonly country: Country;
  readonly phone: PhoneKind;
  /** A 4G stick is set up in the house. */
  readonly haveModem: boolean;
  /** The house has no internet. */
  readonly offline: boolean;
}

/** What has to be set on the phone beyond the steps of the way itself. */
export type PlanSetting = "app_android" | "call_iphone" | "call_android" | "call_harmonyos" | "call_plain";

/** A way that wakes on this phone in this country. */
export interface PhoneOffer {
  readonly way: string;
  /** A sleeping phone in silent mode: as it is, or once it is set as told. */
  readonly wakes: "yes" | "setting";
  /** `sideload`: an alarm's sound by an app that its store has not, over a server of one's own. */
  readonly why: "call" | "alarm" | "sideload";
  readonly settings: readonly PlanSetting[];
  /** A 4G stick that is not there yet. */
  readonly needsStick: boolean;
}

/** The truth about one phone. */
export interface PhonePlan {
  /** The best first. */
  readonly offers: readonly PhoneOffer[];
  /** Every other way, in the order of the ways. */
  readonly others: readonly string[];
  /** `nothing`: no way wakes this phone. `stick_first`: only one whose 4G stick is not there. Absent: there is one. */
  readonly warning?: "nothing" | "stick_first";
}

/** What may be offered for a phone somewhere, the best first, and a warning where nothing wakes it. */
export function planPhone(ways: readonly PlannedWay[], wish: PlanWish): PhonePlan {
  const found = ways.flatMap((way) => offerOf(way, wish) ?? []);
  const offers = found.toSorted((a, b) => rankOf(a, wish) - rankOf(b, wish));
  const others = ways.map(({ id }) => id).filter((id) => !offers.some(({ way }) => way === id));
  if (offers.length === 0) return { offers, others, warning: "nothing" };
  return offers.every(({ needsStick }) => needsStick)
    ? { offers, others, warning: "stick_first" }
    : { offers, others };
}

function offerOf(
  { id, place, capabilities, isReady }: PlannedWay,
  { country, phone, haveModem, offline }: PlanWish,
): PhoneOffer | undefined {
  const system = systemOf(phone);
  const { phones = USUAL, sounds, needsCompany } = capabilities;
  if (!phones.includes(system) || !worksIn(country, system, capabilities)) return undefined;
  // Over the internet of the house nothing leaves where there is none.
  if (offline && place !== "house") return undefined;
  // Set up by whoever has a company; a family is not sent to found one.
  if (needsCompany === true && !isReady) return undefined;
  const wakes = wakesOn(phone, capabilities);
  if (wakes === "no") return undefined;
  const isSideloaded = country === "mainland-china" && capabilities.mainlandChina === "partly";
  return {
    ...{ way: id, wakes, settings: settingsFor(system, sounds) },
    why: sounds === "call" ? "call" : isSideloaded ? "sideload" : "alarm",
    needsStick: place === "house" && sounds === "call" && !haveModem,
  };
}

/** Where nothing else is said: apps. */
const USUAL: readonly PhoneSystem[] = ["iphone", "android"];

export function systemOf(phone: PhoneKind): PhoneSystem {
  if (phone === "iphone") return "iphone";
  if (phone === "harmonyos-next") return "harmonyos";
  return phone === "feature-phone" || phone === "landline" ? "telephone" : "android";
}

/** "Partly" is no for a phone that the way does not name. */
function worksIn(
  country: Country,
  system: PhoneSystem,
  { mainlandChina, mainlandOn = [], mainlandOnly }: ChannelCapabilities,
): boolean {
  if (country !== "mainland-china") return mainlandOnly !== true;
  return mainlandChina === "yes" || (mainlandChina === "partly" && mainlandOn.includes(system));
}

function wakesOn(
  phone: PhoneKind,
  { sounds, breaksDndIos, breaksDndAndroid }: ChannelCapabilities,
): "yes" | "setting" | "no" {
  if (sounds !== "call" && sounds !== "alarm") return "no";
  const known = {
    iphone: breaksDndIos,
    android: breaksDndAndroid,
    harmonyos: undefined,
    telephone: undefined,
  }[systemOf(phone)];
  if (known !== undefined) return known === "not_applicable" ? "no" : known;
  // No app of ours is known to ring there; a call does, where the ringer is on.
  if (sounds !== "call") return "no";
  return phone === "landline" ? "yes" : "setting";
}

function settingsFor(system: PhoneSystem, sounds: ChannelCapabilities["sounds"]): readonly PlanSetting[] {
  if (sounds !== "call") return system === "android" ? ["app_android"] : [];
  return [
    (
      {
        iphone: "call_iphone",
        android: "call_android",
        harmonyos: "call_harmonyos",
        telephone: "call_plain",
      } as const
    )[system],
  ];
}

/**
 * What is there comes before what has to be bought. On Androids of mainland China a call comes before an app, which their
 * makers put to sleep; elsewhere apps, which are louder and can be answered, come before calls. Else as the ways stand.
 */
function rankOf({ why, needsStick }: PhoneOffer, { country, phone }: PlanWish): number {
  const callsFirst = country === "mainland-china" && systemOf(phone) === "android";
  const isCall = why === "call";
  if (callsFirst) return isCall ? 0 : 1;
  return (needsStick ? 2 : 0) + (isCall ? 1 : 0);
}

import { describe, expect, test } from "vitest";
import { LANGUAGES } from "../../../src/domain/person.ts";
import {
  COUNTRIES,
  type Country,
  PHONE_KINDS,
  type PhoneKind,
  type PhonePlan,
  type PlanWish,
  planPhone,
  systemOf,
} from "../../../src/domain/phone-plan.ts";
import { CHANNEL_MODULES } from "../../../src/notify/modules.ts";
import { wordsIn } from "../../../src/words/index.ts";

/** Nothing entered anywhere, but what the home has by itself. */
const WAYS = CHANNEL_MODULES.map((module) => ({ ...module, isReady: false }));
const plan = (country: Country, phone: PhoneKind, more: Partial<PlanWish> = {}): PhonePlan =>
  planPhone(WAYS, { country, phone, haveModem: true, offline: false, ...more });
const ways = ({ offers }: PhonePlan): string[] => offers.map(({ way }) => way);
const androids = PHONE_KINDS.filter((kind) => kind.startsWith("android-"));

const all = COUNTRIES.flatMap((country) =>
  PHONE_KINDS.flatMap((phone) =>
    [true, false].flatMap((haveModem) =>
      [true, false].map((offline) => ({ country, phone, haveModem, offline })),
    ),
  ),
);

describe.each(all)("$country, $phone, stick $haveModem, offline $offline", (wish) => {
  const { country, phone, haveModem, offline } = wish;
  const made = planPhone(WAYS, wish);
  const moduleOf = (id: string) => CHANNEL_MODULES.find((module) => module.id === id);

  test("has an offer that wakes, or a plain warning", () => {
    const now = made.offers.filter(({ needsStick }) => !needsStick);
    expect(made.warning === undefined).toBe(now.length > 0);
    if (made.offers.length === 0) expect(made.warning).toBe("nothing");
    for (const { wakes } of made.offers) expect(["yes", "setting"]).toContain(wakes);
  });

  test("offers nothing that does not work there, on this phone, or that wakes nobody", () => {
    for (const { way, why } of made.offers) {
      const { place = "anywhere", capabilities } = moduleOf(way) ?? {};
      if (capabilities === undefined) throw new Error(way);
      expect(capabilities.sounds, way).not.toBe("notification");
      if (country === "mainland-china") {
        const isPart = capabilities.mainlandOn?.includes(systemOf(phone)) === true;
        expect(capabilities.mainlandChina === "yes" || isPart, way).toBe(true);
      } else expect(capabilities.mainlandOnly, way).toBeUndefined();
      if (offline) expect(place, way).toBe("house");
      if (phone === "landline" || phone === "feature-phone" || phone === "harmonyos-next")
        expect(why).toBe("call");
      if (systemOf(phone) === "iphone") expect(capabilities.breaksDndIos, way).not.toBe("no");
      if (systemOf(phone) === "android") expect(capabilities.breaksDndAndroid, way).not.toBe("no");
      // A stick that is not there is never passed off as one that is.
      expect(made.offers.find((offer) => offer.way === way)?.needsStick).toBe(way === "modem" && !haveModem);
    }
  });

  test("leaves no way out, and none twice", () => {
    expect([...ways(made), ...made.others].toSorted()).toEqual(
      CHANNEL_MODULES.map(({ id }) => id).toSorted(),
    );
  });

  test("has words for every setting that it asks for, in every language", () => {
    for (const language of LANGUAGES) {
      const { plan: words } = wordsIn(language);
      for (const { settings } of made.offers) {
        for (const setting of settings) {
          if (setting !== "app_android") expect(words.calls[setting]).not.toBe("");
          else {
            expect(Object.keys(words.android.battery)).toContain(phone);
            expect(Object.keys(words.android.autostart)).toContain(phone);
          }
        }
      }
    }
  });
});

describe("in mainland China", () => {
  test("an iPhone has Bark, then a call", () => {
    expect(ways(plan("mainland-china", "iphone"))).toEqual(["bark", "modem"]);
  });

  test.each(androids)("%s has a call, then ntfy from outside of the store", (phone) => {
    const made = plan("mainland-china", phone);
    expect(ways(made)).toEqual(["modem", "ntfy"]);
    expect(made.offers[1]).toMatchObject({ why: "sideload", settings: ["app_android"] });
    const without = plan("mainland-china", phone, { haveModem: false });
    expect(without.offers.map(({ way, needsStick }) => [way, needsStick])).toEqual([
      ["modem", true],
      ["ntfy", false],
    ]);
  });

  test("HarmonyOS has a call alone, and is told so where there is no stick", () => {
    expect(plan("mainland-china", "harmonyos-next")).toMatchObject({
      offers: [{ way: "modem", wakes: "setting", settings: ["call_harmonyos"] }],
    });
    expect(plan("mainland-china", "harmonyos-next", { haveModem: false }).warning).toBe("stick_first");
  });

  test("a company's calls are offered only where somebody has set them up", () => {
    const ready = WAYS.map((way) => ({ ...way, isReady: way.id === "aliyun-voice" }));
    const made = planPhone(ready, {
      ...{ country: "mainland-china", phone: "iphone", haveModem: false, offline: false },
    });
    expect(made.offers.map(({ way }) => way)).toEqual(["bark", "aliyun-voice", "modem"]);
  });
});

describe("elsewhere", () => {
  test("what is louder and can be answered comes first, what has to be bought last", () => {
    const made = plan("hong-kong-macau-taiwan", "android-samsung", { haveModem: false });
    expect(ways(made)).toEqual(["ntfy", "pushover", "home-assistant", "twilio", "modem"]);
    expect(ways(plan("elsewhere", "iphone"))).toEqual([
      "bark",
      "pushover",
      "home-assistant",
      "modem",
      "twilio",
    ]);
  });

  test("a telephone with a wire rings as it is, a mobile with keys where its ringer is on", () => {
    expect(plan("elsewhere", "landline").offers[0]).toMatchObject({ way: "modem", wakes: "yes" });
    expect(plan("elsewhere", "feature-phone").offers[0]).toMatchObject({ way: "modem", wakes: "setting" });
  });

  test("without internet only what is plugged into the house is left, and without that nothing is promised", () => {
    expect(ways(plan("elsewhere", "iphone", { offline: true }))).toEqual(["modem"]);
    expect(plan("elsewhere", "iphone", { offline: true, haveModem: false }).warning).toBe("stick_first");
  });
});

test("where no way is known, nothing is offered and it says so", () => {
  const made = planPhone([], { country: "elsewhere", phone: "iphone", haveModem: true, offline: false });
  expect(made).toEqual({ offers: [], others: [], warning: "nothing" });
});

/**
 * What wakes a phone where, and what to set on it. What makers call their settings is general knowledge and changes with
 * every version: worded by what to look for, not verified on phones.
 */
export const plan = {
  first: "Two questions first",
  country: "Where is the home?",
  countries: {
    "mainland-china": "Mainland China",
    "hong-kong-macau-taiwan": "Hong Kong, Macau, Taiwan",
    elsewhere: "Elsewhere",
  },
  phone: "What kind of phone is it?",
  kinds: {
    iphone: "iPhone",
    "android-huawei": "Huawei with Android or HarmonyOS up to 4",
    "android-honor": "Honor",
    "android-xiaomi": "Xiaomi, Redmi",
    "android-oppo": "OPPO, OnePlus, realme",
    "android-vivo": "vivo, iQOO",
    "android-samsung": "Samsung",
    "android-other": "Another Android",
    "harmonyos-next": "Huawei with HarmonyOS 5 or later",
    "feature-phone": "Mobile with keys, no apps",
    landline: "Telephone with a wire",
  },
  offline: "The home has no internet",
  show: "Show what works",
  offers: "What wakes this phone",
  others: "Other ways ({count})",
  othersHint:
    "For information, or as a second way. Do not count on them to wake anybody on this phone there.",
  wakes: {
    yes: "Wakes a sleeping phone as it is",
    setting: "Wakes a sleeping phone in silent mode, once it is set as told",
  },
  why: {
    call: "Rings like a call: it needs no app and no internet on the phone.",
    alarm: "An app with an alarm's sound of its own.",
    sideload:
      "An app with an alarm's sound that is not in the stores there: load it from F-Droid, and use a server of your own.",
  },
  needsStick: "Needs a 4G stick with a SIM card at the box, which is not set up yet.",
  warning: {
    nothing:
      "This phone cannot be woken. Put a sounder beside the bed of whoever has it, or add another phone for them.",
    stick_first:
      "This phone cannot be woken by what is set up. Put a sounder beside the bed of whoever has it, or set up a 4G stick first.",
  },
  change: "Other country or phone",
  settings: "Then in the settings of this phone (names differ; look for these words):",
  calls: {
    call_iphone: "Save the calling number as a contact. In the contact, Ringtone: Emergency Bypass on.",
    call_android:
      "Save the calling number as a contact and a favourite. In Do Not Disturb, let favourites and repeated callers through.",
    call_harmonyos:
      "Save the calling number as a contact. In Do Not Disturb, let it and repeated callers through.",
    call_plain: "Leave the ringer on, as loud as it goes, beside the bed.",
  },
  android: {
    channel:
      "Notifications of the app, the urgent category: allow it to override Do Not Disturb, with sound.",
    battery: {
      "android-huawei":
        "App launch, Manage manually: auto-launch, secondary launch and run in background, all three on.",
      "android-honor":
        "App launch, Manage manually: auto-launch, secondary launch and run in background, all three on.",
      "android-xiaomi": "The app's Battery saver: No restrictions.",
      "android-oppo": "The app's Battery usage: allow background activity.",
      "android-vivo": "Background power consumption: allow high consumption for the app.",
      "android-samsung": "The app's Battery: Unrestricted; and add it to the apps that never sleep.",
      "android-other": "The app's Battery: Unrestricted, or no optimisation.",
    },
    autostart: {
      "android-huawei": "Recent apps: pull the app down, so that the lock shows.",
      "android-honor": "Recent apps: pull the app down, so that the lock shows.",
      "android-xiaomi": "Autostart: on for the app; and lock it in the recent apps.",
      "android-oppo": "Auto launch: on for the app; and lock it in the recent apps.",
      "android-vivo": "Autostart: on for the app; and lock it in the recent apps.",
      "android-samsung": "Do not close the app by swiping it away.",
      "android-other": "Do not close the app by swiping it away.",
    },
  },
  loss: {
    told: "After this no phone of {list} is called any more: fewer people are woken than now.",
    woken:
      "After this {list} is told only by what does not ring through silence: fewer people are woken than now.",
    sure: "Do it all the same",
  },
} as const;

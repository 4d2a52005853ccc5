/** Fault codes (src/domain/fault.ts) in words for people: the cause, and what to do about it. */
export const faults = {
  CONFIG_SYNTAX: {
    cause: "The configuration file is not valid YAML.",
    fix: "Correct it; `breathwatch check` names the line.",
  },
  CONFIG_INVALID: {
    cause: "The configuration has a value that is not allowed.",
    fix: "Correct it; `breathwatch check` names the place.",
  },
  CONFIG_UNKNOWN_KEY: {
    cause: "The configuration names something that does not exist.",
    fix: "Correct the name; `breathwatch check` proposes one.",
  },
  CONFIG_UNKNOWN_DEVICE: {
    cause: "The configuration names a device family that is not built in.",
    fix: "`breathwatch devices` lists those that are.",
  },
  CONFIG_UNREADABLE: {
    cause: "The configuration file cannot be read.",
    fix: "Check that it is there and may be read.",
  },
  DATA_DIR_LOCKED: { cause: "Another Breathwatch uses this data folder.", fix: "Stop the other one first." },
  DATA_DIR_UNWRITABLE: {
    cause: "The data folder cannot be written.",
    fix: "Free some space or allow writing.",
  },
  DATA_DIR_NEWER: {
    cause: "The data folder was written by a newer version.",
    fix: "Install the newer version again.",
  },
  DISK_FAILED: {
    cause: "The disk refused a write or a read.",
    fix: "Check for free space and a worn card; alarms still ring.",
  },
  DISK_DEADLINE: {
    cause: "The disk did not answer in time.",
    fix: "The card may be worn out; alarms still ring.",
  },
  RECORD_CORRUPT: { cause: "A stored record is damaged.", fix: "Nothing to do now; tell your technician." },
  LINK_NOT_FOUND: {
    cause: "The device's port is not there.",
    fix: "Is the cable in, is the adapter plugged into the box?",
  },
  LINK_REFUSED: {
    cause: "The device's port may not be opened.",
    fix: "Does another program use it? Is it allowed for this account?",
  },
  LINK_LOST: {
    cause: "The device's port went away.",
    fix: "Plug the cable in again; it reconnects by itself.",
  },
  LINK_QUIET: {
    cause: "The port is open but nothing arrives.",
    fix: "Is the device switched on, the cable in at its end, the right output chosen?",
  },
  DEVICE_REFUSED: {
    cause: "The device refused a request.",
    fix: "Check the device's own settings for its data output.",
  },
  CHANNEL_MODULE: {
    cause: "A way to reach people from outside the project cannot be used.",
    fix: "People are called by the others. The configuration names its file; its author can mend it.",
  },
  DEVICE_MODULE: {
    cause: "A device family from outside the project cannot be used.",
    fix: "The configuration names its file; its author can mend it.",
  },
  DEVICE_NO_REPLY: {
    cause: "The device did not answer a request.",
    fix: "Is it switched on, is the cable in at both ends?",
  },
  BUS_PORT_TAKEN: {
    cause: "The broker's port is used by another program.",
    fix: "Choose another port in the configuration.",
  },
  BUS_UNREACHABLE: {
    cause: "The broker cannot be reached.",
    fix: "Check the network and the address; alarms in the house still ring.",
  },
  HTTP_PORT_TAKEN: {
    cause: "The pages' port is used by another program.",
    fix: "Choose another port in the configuration.",
  },
  HTTP_INSECURE: {
    cause: "Pages may leave this machine only with TLS.",
    fix: "Configure a certificate, or use them on this machine.",
  },
  STORE_FAILED: { cause: "The store of the nights failed.", fix: "Alarms still ring; tell your technician." },
  STORE_STALLED: {
    cause: "The store of the nights does not answer.",
    fix: "Try again in a minute; alarms still ring.",
  },
  STATE_FAILED: {
    cause: "The list of people and settings failed.",
    fix: "Try again; if it stays, tell your technician.",
  },
  HUB_UNREACHABLE: {
    cause: "The hub cannot be reached.",
    fix: "Check its address, the network and that it runs.",
  },
  HUB_FOREIGN: {
    cause: "This is not the hub that the code was made on.",
    fix: "Check the network, then have a new code made.",
  },
  CERTIFICATE_ENDING: {
    cause: "The certificate of these pages ends soon, or has ended.",
    fix: "Put a new one in its place; phones do not open the pages without it.",
  },
  EDGE_SILENT: {
    cause: "The bedside box does not answer.",
    fix: "Go to the bed. Then look at the box's power and network.",
  },
  UNSEALABLE: {
    cause: "Encrypted data cannot be opened.",
    fix: "Put back the key file that belongs to this box.",
  },
  CHANNEL_REFUSED: {
    cause: "A way to reach a phone refused for good.",
    fix: "Start the night again on that phone.",
  },
  CHANNEL_FAILED: {
    cause: "A way to reach a phone failed for now.",
    fix: "It is tried again; other ways are used meanwhile.",
  },
  CHANNEL_CONFIG: {
    cause: "A way to reach a phone is set up wrongly.",
    fix: "Correct it in the configuration.",
  },
  AUDIO_UNAVAILABLE: {
    cause: "The box has no working loudspeaker.",
    fix: "Plug in a loudspeaker and test the alarm.",
  },
  RULE_ERROR: { cause: "An alarm rule failed inside.", fix: "Look at the person; tell your technician." },
  INPUT_INVALID: { cause: "A value is not valid.", fix: "Correct it and try again." },
  NOT_ALLOWED: { cause: "You may not do this.", fix: "Ask the owner for a code with the right role." },
  NOT_SIGNED_IN: {
    cause: "This needs somebody who is signed in, or the code is wrong or has run out.",
    fix: "Sign in with a fresh code.",
  },
  NOT_FOUND: { cause: "There is no such thing here.", fix: "Reload the page." },
  CONFLICT: {
    cause: "This does not fit the present state.",
    fix: "Look again: somebody may have been faster.",
  },
  DUTY_UNPROVEN: {
    cause: "No phone of this person that rings through silence has proved itself within a week.",
    fix: "Try the phone first, or agree to it.",
  },
  CHECK_AT_NIGHT: {
    cause: "It is night in the house: from afar nobody is rung for practice now.",
    fix: "Wait until morning, or start it on the box's own page in the house. A single phone can be tried quietly.",
  },
  HOST_UNKNOWN: {
    cause: "This box is not known by the name in the address.",
    fix: "Open the page at the box's own name or address.",
  },
  PASSKEY_NO_HOST: {
    cause: "Passkeys do not work at this address.",
    fix: "Open the page at its host name with https, or sign in with a code or a password.",
  },
  PASSKEY_REFUSED: {
    cause: "The passkey was not accepted.",
    fix: "Try once more, or sign in with a code or a password.",
  },
  OIDC_REFUSED: {
    cause: "The answer of the clinic's sign-in was not accepted.",
    fix: "Try once more, from the button on this page.",
  },
  OIDC_NOT_ADMITTED: {
    cause: "The clinic's sign-in knows you, and does not let you in here.",
    fix: "Ask the clinic to add you to the group that may use Breathwatch.",
  },
  OIDC_UNREACHABLE: {
    cause: "The clinic's sign-in does not work now.",
    fix: "Try again later, or sign in with a code.",
  },
  OIDC_TAKEN: {
    cause: "This identity of the clinic belongs to another person here, or you have another one there.",
    fix: "Sign in with it, or remove the one that you have first.",
  },
  OIDC_ONLY: {
    cause: "You sign in through your clinic alone.",
    fix: "Use the button with the clinic's name when you sign in.",
  },
  VOICE_REFUSED: {
    cause: "This recording cannot be used for an alarm.",
    fix: "Record it again: 0.3 to 10 seconds, near the microphone.",
  },
  RATE_LIMITED: { cause: "Too many requests from here.", fix: "Wait a minute, then try again." },
  DRIVER_FAILED: {
    cause: "The part that reads this device failed inside.",
    fix: "It starts again by itself; if it stays, tell your technician.",
  },
  PROGRAM_MISSING: {
    cause: "A program that is needed is not installed.",
    fix: "Install it; `breathwatch check` names it.",
  },
  SERVER_FAILED: {
    cause: "Something failed inside the box.",
    fix: "Try again; if it stays, tell your technician.",
  },
  PAUSE_NOT_ALLOWED: {
    cause: "This alarm is never silenced.",
    fix: "Look at the person; it ends when it is over.",
  },
  PAUSE_TOO_LONG: { cause: "This alarm is not silenced for so long.", fix: "Choose a shorter time." },
  ALARM_WORSE: {
    cause: "It has become worse since then: your answer was to something milder.",
    fix: "Look at it again, then answer.",
  },
  ANSWER_OLD: {
    cause: "This answer has counted already, or came too late to count.",
    fix: "Open the newest message or the page, and answer there.",
  },
  WATCHING_NOT_ALLOWED: {
    cause: "This alarm is about the person, not about a device.",
    fix: 'Go and look, then tap "I\'m going".',
  },
  WATCH_OVER: {
    cause: "The watch of this bed has ended: nobody is called.",
    fix: "Use the bell, or ask somebody to start the watch again.",
  },
  UNDO_TOO_LATE: { cause: "More than 24 hours have passed.", fix: "Start the watch instead." },
  COMMAND_INVALID: { cause: "A date or a number is outside what is possible.", fix: "Choose another one." },
  LIMITS_REFUSED: { cause: "These alarm limits are not possible.", fix: "Correct the number that is named." },
  LIMITS_UNCONFIRMED: {
    cause: "These alarm limits lie outside what is recommended.",
    fix: "Confirm them and say why, or stay inside.",
  },
  PRESET_CODE_BAD: {
    cause: "This clinic code cannot be read, or it was changed. Nothing was changed here.",
    fix: "Scan it again, or ask the clinic for a new one.",
  },
  PRESET_CODE_UNKNOWN: {
    cause: "This clinic code is from a clinic that is not known here.",
    fix: "Compare its number with the one that the clinic gave you.",
  },
  PRESET_CODE_OLD: {
    cause: "This clinic code is older than the one in use.",
    fix: "Ask the clinic for the newest one.",
  },
  UPDATE_REFUSED: {
    cause: "This update is not taken; nothing was changed.",
    fix: "`breathwatch update` says why, and when it can be tried again.",
  },
  UPDATE_FAILED: {
    cause: "An update did not become ready and was taken back.",
    fix: "The version before runs again; tell your technician.",
  },
} as const;

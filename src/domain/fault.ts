/**
 * Every way in which Breathwatch says no: a stable code, one sentence that names the cause, one that names the
 * fix. docs/faults.md has a paragraph for each (checked by test/tidy.test.ts). Expected outcomes are return
 * values, not faults.
 */
export const FAULTS = {
  CONFIG_SYNTAX: "The configuration file is not valid YAML.",
  CONFIG_INVALID: "The configuration has a value that is not allowed.",
  CONFIG_UNKNOWN_KEY: "The configuration names something that does not exist.",
  CONFIG_UNKNOWN_DEVICE: "The configuration names a device family that is not built in.",
  CHANNEL_MODULE: "A way to reach people from outside the project cannot be used.",
  DEVICE_MODULE: "A device family from outside the project cannot be used.",
  CONFIG_UNREADABLE: "The configuration file cannot be read.",
  DATA_DIR_LOCKED: "Another Breathwatch process uses this data folder.",
  DATA_DIR_UNWRITABLE: "The data folder cannot be written.",
  DATA_DIR_NEWER: "The data folder was written by a newer Breathwatch.",
  DISK_FAILED: "The disk refused a write or a read.",
  DISK_DEADLINE: "The disk did not answer in time.",
  RECORD_CORRUPT: "A stored record is damaged.",
  LINK_NOT_FOUND: "The port is not there.",
  LINK_REFUSED: "The port is there but may not be opened.",
  LINK_LOST: "The port went away.",
  LINK_QUIET: "The port is open but nothing arrives.",
  DRIVER_FAILED: "The part of Breathwatch that reads a device failed inside.",
  DEVICE_REFUSED: "The device refused a request.",
  DEVICE_NO_REPLY: "The device did not answer a request.",
  BUS_PORT_TAKEN: "The broker's port is used by another program.",
  BUS_UNREACHABLE: "The broker cannot be reached.",
  HUB_UNREACHABLE: "The hub cannot be reached.",
  HUB_FOREIGN: "This is not the hub that the code was made on.",
  CERTIFICATE_ENDING: "The certificate of the pages ends soon, or has ended.",
  EDGE_SILENT: "The bedside box does not answer.",
  HTTP_PORT_TAKEN: "The page server's port is used by another program.",
  HTTP_INSECURE: "Pages may leave this machine only with TLS configured.",
  STORE_FAILED: "The time-series store failed.",
  STORE_STALLED: "The time-series store does not answer.",
  STATE_FAILED: "The state store failed.",
  UNSEALABLE: "Encrypted data cannot be opened.",
  CHANNEL_REFUSED: "A notification channel refused a message for good.",
  CHANNEL_FAILED: "A notification channel failed for now.",
  CHANNEL_CONFIG: "A notification channel is set up wrongly.",
  AUDIO_UNAVAILABLE: "This machine has no working audio output.",
  RULE_ERROR: "An alarm condition failed inside.",
  PROGRAM_MISSING: "A program that this needs is not installed on this machine.",
  INPUT_INVALID: "A file or value given to a command is not valid.",
  NOT_ALLOWED: "This person may not do this.",
  NOT_SIGNED_IN: "This needs somebody who is signed in.",
  NOT_FOUND: "There is no such thing here.",
  CONFLICT: "This does not fit the present state.",
  DUTY_UNPROVEN: "Nobody knows whether this person can be woken.",
  CHECK_AT_NIGHT: "At night nobody is rung for practice from afar.",
  PAUSE_NOT_ALLOWED: "This alarm is never silenced.",
  PAUSE_TOO_LONG: "This alarm is not silenced for so long.",
  ALARM_WORSE: "The alarm has become worse since this answer was given.",
  ANSWER_OLD: "This answer has counted already, or came too late to count.",
  WATCHING_NOT_ALLOWED: "Nobody can watch in place of this alarm.",
  WATCH_OVER: "The watch of this bed has ended.",
  UNDO_TOO_LATE: "This can no longer be taken back.",
  COMMAND_INVALID: "A number or date asked for is outside what is possible.",
  HOST_UNKNOWN: "This server is not known by that name.",
  PASSKEY_NO_HOST: "Passkeys do not work at this address.",
  PASSKEY_REFUSED: "The passkey was not accepted.",
  OIDC_REFUSED: "The answer of the clinic's sign-in was not accepted.",
  OIDC_NOT_ADMITTED: "The clinic's sign-in does not let this person in here.",
  OIDC_UNREACHABLE: "The clinic's sign-in does not work now.",
  OIDC_TAKEN: "This identity of the clinic belongs to another person here.",
  OIDC_ONLY: "This person signs in through the clinic alone.",
  VOICE_REFUSED: "This recording cannot stand for the voice of an alarm.",
  RATE_LIMITED: "Too many requests from here.",
  SERVER_FAILED: "The page server failed inside.",
  LIMITS_REFUSED: "These alarm limits are not possible.",
  LIMITS_UNCONFIRMED: "These alarm limits lie outside what is recommended.",
  PRESET_CODE_BAD: "This clinic code cannot be read, or it was changed.",
  PRESET_CODE_UNKNOWN: "This clinic code is from a clinic that is not known here.",
  PRESET_CODE_OLD: "This clinic code is older than the one in use.",
  UPDATE_REFUSED: "This update is not taken; nothing was changed.",
  UPDATE_FAILED: "An update did not become ready and was taken back.",
} as const;

export type FaultCode = keyof typeof FAULTS;

/**
 * An error with a code. `message` says what happened to which thing, `fix` what a person can do about it,
 * `permanent` whether trying again without a change can ever help (decided by the thrower).
 */
export class Fault extends Error {
  readonly code: FaultCode;
  readonly fix: string | undefined;
  readonly permanent: boolean;
  /** Whom it is about, as people call them; mostly absent. */
  readonly names: readonly string[] | undefined;

  constructor(
    code: FaultCode,
    detail: string,
    options: {
      readonly fix?: string;
      readonly permanent?: boolean;
      readonly cause?: unknown;
      readonly names?: readonly string[];
    } = {},
  ) {
    super(`${detail} (${code})`, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "Fault";
    this.code = code;
    this.fix = options.fix;
    this.permanent = options.permanent ?? false;
    this.names = options.names;
  }
}

/** The message of anything that was thrown. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : String(thrown);

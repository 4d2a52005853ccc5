export type LogLevel = "debug" | "info" | "warn" | "error";

export type LogFields = { readonly [name: string]: string | number | boolean | undefined };

/**
 * Operational log: events with fields, not prose; nothing personal, no secret (tests look for both). Event names
 * are `noun.verb`, for example `link.lost`.
 */
export interface Log {
  note(event: string, fields?: LogFields, level?: LogLevel): void;
}

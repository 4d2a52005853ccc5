import type { PersonId } from "./ids.ts";

export const ROLES = ["owner", "caregiver", "patient", "therapist", "technician"] as const;

export type Role = (typeof ROLES)[number];

export const LANGUAGES = ["zh-Hans", "zh-Hant", "en"] as const;

export type Language = (typeof LANGUAGES)[number];

export const isLanguage = (text: string): text is Language => (LANGUAGES as readonly string[]).includes(text);

export interface Person {
  readonly id: PersonId;
  readonly name: string;
  readonly role: Role;
  readonly language: Language;
}

/** Owners and caregivers: who may answer an alarm. */
export const mayBeOnCall = ({ role }: Pick<Person, "role">): boolean =>
  role === "owner" || role === "caregiver";

import type { PersonId } from "./ids.ts";

/** Who answered where a button was pressed that belongs to nobody: no id of a person is like it. */
export const BUTTON_ID: PersonId = "button";

export const isButton = (id: PersonId): boolean => id === BUTTON_ID;

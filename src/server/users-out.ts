import type { State } from "../port/state.ts";

const NAME = "broker users out";

/**
 * Users that the broker has still to put out, kept across restarts: of a deleted home nothing else would know them.
 * Rejects with STATE_FAILED.
 */
export async function readUsersOut(state: Pick<State, "value">): Promise<readonly string[]> {
  const text = await state.value(NAME);
  return text === undefined || text === "" ? [] : text.split(" ");
}

/** Names of users have no space in them. Rejects with STATE_FAILED. */
export const writeUsersOut = (state: Pick<State, "setValue">, users: Iterable<string>): Promise<void> =>
  state.setValue(NAME, [...users].join(" "));

import { base32Id } from "../domain/ids.ts";
import type { Random } from "../port/random.ts";
import type { State } from "../port/state.ts";

/** A value of the state store, made at first use and the same ever after. Rejects with STATE_FAILED. */
export async function remember(state: State, name: string, make: () => string): Promise<string> {
  const known = await state.value(name);
  if (known !== undefined) {
    const parsed: unknown = JSON.parse(known);
    if (typeof parsed === "string") return parsed;
  }
  const made = make();
  await state.setValue(name, JSON.stringify(made));
  return made;
}

/** A remembered id of ten base32 characters: the home's, a device's. */
export const rememberId = (state: State, random: Random, name: string): Promise<string> =>
  remember(state, name, () => base32Id(random.bytes(10)));

import { createHash } from "node:crypto";
import type { Person } from "../../src/domain/person.ts";
import { DAY_MS, wall } from "../../src/domain/time.ts";
import type { Accounts } from "../../src/port/accounts.ts";
import type { Clock } from "../../src/port/clock.ts";
import type { State } from "../../src/port/state.ts";

/** Puts somebody into a home, as joining does. */
export async function addMember(
  { state, accounts }: { readonly state: State; readonly accounts: Accounts },
  home: string,
  person: Person,
): Promise<void> {
  await accounts.putAccount(person);
  await accounts.putRole(person.id, home, person.role);
  await state.putPerson(person);
}

/** Signs an account in for 90 days; `secret` is 43 characters, as a cookie holds it. */
export async function addSignIn(
  { accounts, clock }: { readonly accounts: Accounts; readonly clock: Clock },
  account: string,
  secret: string,
): Promise<void> {
  const createdAt = clock.wall();
  await accounts.addSession({
    tokenHash: createHash("sha256").update(secret).digest("hex"),
    account,
    createdAt,
    expiresAt: wall(createdAt + 90 * DAY_MS),
    way: "code",
    label: "test",
  });
}

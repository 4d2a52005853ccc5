import { Fault } from "../domain/fault.ts";
import type { PersonId } from "../domain/ids.ts";
import type { Language } from "../domain/person.ts";
import type { Account, ExternalIdentity, GivenRole, OrganisationId } from "../port/accounts.ts";
import type { Context } from "./context.ts";
import type { OidcProvider } from "./oidc-provider.ts";
import { type Claims, nameOf, roleOf } from "./oidc-rules.ts";
import { endOrganisationRole, endSignIns, giveRole, PEOPLE_MAX, rename } from "./sign-ins.ts";

/** What somebody is let into by a provider. */
interface Door {
  readonly provider: OidcProvider;
  readonly organisation: OrganisationId;
}

/**
 * Whom a provider's word makes somebody here: the person of that name at that issuer, or a new one; never one who only
 * has the same address. Its rules are applied anew each time: whoever they no longer let in loses the role that came
 * this way and every sign-in that did. Rejects with OIDC_NOT_ADMITTED, OIDC_REFUSED, CONFLICT.
 */
export async function accountFor(
  context: Context,
  { provider, organisation }: Door,
  claims: Claims,
  language: Language,
): Promise<Account> {
  const { accounts } = context.deps;
  const { config } = provider;
  const role = roleOf(config, claims);
  const known = await accounts.external(config.issuer, claims.sub);
  if (role === undefined) {
    if (known !== undefined) await takeAway(context, known);
    throw notAdmitted();
  }
  const gives = { organisation, role };
  if (known === undefined) await addPerson(context, provider, claims, { language, gives });
  else await applyAnew(context, known, gives, nameOf(claims, config.label));
  const found = await accounts.external(config.issuer, claims.sub);
  const account = found === undefined ? undefined : await accounts.account(found.account);
  if (account === undefined) throw new Fault("OIDC_REFUSED", "This person was removed just now.");
  return account;
}

/** Ties an identity to somebody who is signed in; it gives no role. Rejects with OIDC_NOT_ADMITTED, OIDC_TAKEN. */
export async function linkIdentity(
  { deps: { accounts, clock } }: Context,
  { config }: OidcProvider,
  claims: Claims,
  account: PersonId,
): Promise<void> {
  if (roleOf(config, claims) === undefined) throw notAdmitted();
  const known = await accounts.external(config.issuer, claims.sub);
  if (known?.account === account) return;
  const identity = { issuer: config.issuer, account, linkedAt: clock.wall() };
  if (known === undefined && (await accounts.addExternal(claims.sub, identity))) return;
  throw new Fault(
    "OIDC_TAKEN",
    "This identity belongs to another person here, or you have another one there.",
    {
      fix: "Sign in with it, or remove the one that you have first.",
    },
  );
}

/** Throws OIDC_ONLY for somebody whose role comes from a provider: no other way in may outlive the provider's word. */
export async function refuseOtherWays({ deps: { accounts } }: Context, account: PersonId): Promise<void> {
  const identities = await accounts.externals(account);
  if (!identities.some(({ gives }) => gives !== undefined)) return;
  throw new Fault("OIDC_ONLY", "You sign in through your clinic; there is no other way in beside it.", {
    fix: "Use the button with the clinic's name when you sign in.",
  });
}

async function addPerson(
  context: Context,
  { config }: OidcProvider,
  claims: Claims,
  {
    language,
    gives,
  }: { readonly language: Language; readonly gives: NonNullable<ExternalIdentity["gives"]> },
): Promise<void> {
  const { accounts, clock } = context.deps;
  const { organisation, role } = gives;
  if ((await accounts.organisationMembers(organisation)).length >= PEOPLE_MAX) {
    throw new Fault("CONFLICT", `There are ${PEOPLE_MAX} people already.`, { fix: "Remove somebody first." });
  }
  const person = { id: context.newId(), name: nameOf(claims, config.label), language };
  await accounts.putAccount(person);
  const now = clock.wall();
  const identity = { issuer: config.issuer, account: person.id, gives, linkedAt: now, usedAt: now };
  // Two first sign-ins at once make one person.
  if (await accounts.addExternal(claims.sub, identity))
    await giveRole(context, person, { organisation, role });
  else await accounts.removeAccount(person.id);
}

async function applyAnew(
  context: Context,
  known: ExternalIdentity,
  gives: { readonly organisation: OrganisationId; readonly role: GivenRole },
  name: string,
): Promise<void> {
  const { accounts, clock } = context.deps;
  const { account: id, issuer } = known;
  const account = await accounts.account(id);
  if (account === undefined) return;
  const current = account.organisations.find(({ organisation }) => organisation === gives.organisation)?.role;
  // Whoever was made an owner here since is nobody's whom a provider could make less.
  const isOwn = known.gives === undefined || current === "owner";
  await accounts.useExternal(id, issuer, clock.wall(), isOwn ? undefined : gives);
  if (isOwn) return;
  if (account.name !== name) await rename(context, { ...account, name });
  if (current !== gives.role) await giveRole(context, { ...account, name }, gives);
}

async function takeAway(context: Context, { account: id, issuer, gives }: ExternalIdentity): Promise<void> {
  const { accounts } = context.deps;
  const account = await accounts.account(id);
  const ended = await accounts.endSessionsBy(id, issuer);
  if (account === undefined) return;
  await endSignIns(context, account, ended);
  const current = account.organisations.find(({ organisation }) => organisation === gives?.organisation);
  if (gives !== undefined && current?.role === gives.role) {
    await endOrganisationRole(context, id, gives.organisation);
  }
}

const notAdmitted = (): Fault =>
  new Fault("OIDC_NOT_ADMITTED", "The clinic's sign-in knows you, and does not let you in here.", {
    fix: "Ask the clinic to add you to the group that may use Breathwatch.",
  });

import { createHash } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";
import { Fault } from "../domain/fault.ts";
import { type HomeId, isBase32Id, type PersonId } from "../domain/ids.ts";
import type { Language, Person, Role } from "../domain/person.ts";
import type { Account, JoinCode, OrganisationId, SessionView, SignInWay } from "../port/accounts.ts";
import type { Context } from "./context.ts";
import type { LossResponse } from "./contract/channels.ts";
import type { MemberSignInsResponse } from "./contract/people.ts";
import { lossIn, refuseFewer } from "./phone-loss.ts";
import { cookieName } from "./security.ts";
import { SESSION_MS } from "./sessions.ts";

/** People of one home, or of one organisation. */
export const PEOPLE_MAX = 200;
const LABEL_MAX = 80;
/** Letters of a hash that name a passkey. */
const NAME_LENGTH = 16;

/** Signs somebody in on this browser: the cookie of a new sign-in. */
export async function startSignIn(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  account: PersonId,
  way: SignInWay,
  through: { readonly issuer?: string; readonly lastsMs: number } = { lastsMs: SESSION_MS },
): Promise<void> {
  const secret = await context.sessions.start(account, way, browserOf(request), through);
  setCookie(context, reply, secret, through.lastsMs / 1_000);
  reply.header("cache-control", "no-store");
}

/** Names a passkey without its id. */
export const passkeyName = (id: string): string =>
  createHash("sha256").update(id).digest("hex").slice(0, NAME_LENGTH);

/** Letters of a sign-in's hash that name it: enough to find it, not to use it. */
const ID_LENGTH = 16;

/** Sign-ins as pages see them; `current`: the one that asks. */
export const signInsShown = (
  sessions: readonly SessionView[],
  current: string | undefined,
): MemberSignInsResponse["signIns"] =>
  sessions.map(({ tokenHash, ...rest }) => ({
    ...rest,
    id: tokenHash.slice(0, ID_LENGTH),
    current: tokenHash === current,
  }));

/** Ends sign-ins of an account with their live pages and the phones that were added in them. */
export async function endSignIns(
  context: Context,
  account: Pick<Account, "homes">,
  tokenHashes: readonly string[],
): Promise<void> {
  const { deps, sessions, hub } = context;
  for (const tokenHash of tokenHashes) {
    hub.drop(tokenHash);
    await sessions.end(tokenHash);
  }
  for (const home of new Set(account.homes.map((each) => each.home))) {
    const removed = await deps.homes.of(home).removeTargetsOf(tokenHashes, deps.clock.wall());
    if (removed.length > 0) deps.targetsChanged(home);
  }
}

/** Who would be reached less well, in any home of the account, without the phones that were added in these sign-ins. */
export const lossOfSignIns = (
  { deps }: Context,
  { homes }: Pick<Account, "homes">,
  signIns: readonly string[],
): Promise<LossResponse> => lossIn(statesOf(deps, homes), deps.channels, { signIns });

/** CONFLICT, where ending these sign-ins leaves fewer people woken and nobody has agreed to that. */
export const refuseFewerOf = (
  { deps }: Context,
  { homes }: Pick<Account, "homes">,
  signIns: readonly string[],
  agreed: boolean,
): Promise<void> => refuseFewer(statesOf(deps, homes), deps.channels, { signIns }, agreed);

const statesOf = ({ homes }: Context["deps"], roles: Account["homes"]) =>
  [...new Set(roles.map(({ home }) => home))].map((home) => homes.of(home));

/** Takes the cookie from this browser. */
export const endCookie = (context: Context, reply: FastifyReply): void => setCookie(context, reply, "", 0);

/**
 * Lets somebody in by name: the same name in the same role of a home is the same person on one more phone, unless
 * that person has a password, a passkey or a clinic's identity to sign in by, or belongs to another home too. So is
 * somebody whom the home brought along from the time before this hub, with phones and duty.
 */
export async function letIn(
  context: Context,
  to: JoinCode["to"],
  name: string,
  language: Language,
): Promise<PersonId> {
  const { accounts } = context.deps;
  const people =
    "home" in to ? await accounts.members(to.home) : await accounts.organisationMembers(to.organisation);
  for (const known of people) {
    if (!("home" in to) || known.role !== to.role || known.name !== name) continue;
    if ((await hasProof(context, known.id)) || (await isElsewhereToo(context, known.id, to.home))) continue;
    if (known.language !== language) await rename(context, { ...known, language });
    return known.id;
  }
  const carried = "home" in to ? await carriedPerson(context, to, name) : undefined;
  if (people.length >= PEOPLE_MAX) {
    throw new Fault("CONFLICT", `There are ${PEOPLE_MAX} people already.`, {
      fix: "Sign in with a name that is already there, or remove somebody.",
    });
  }
  const id = carried ?? context.newId();
  await accounts.putAccount({ id, name, language });
  await giveRole(context, { id, name, language }, to);
  return id;
}

/** Somebody of a home's own list by that name and role who has never signed in on this machine. */
async function carriedPerson(
  { deps: { accounts, homes } }: Context,
  to: Extract<JoinCode["to"], { readonly home: HomeId }>,
  name: string,
): Promise<PersonId | undefined> {
  for (const known of await homes.of(to.home).people()) {
    if (known.role !== to.role || known.name !== name || !isBase32Id(known.id)) continue;
    if ((await accounts.account(known.id)) === undefined) return known.id;
  }
  return undefined;
}

/** Gives a role; the home's watch knows its people by its own list. */
export async function giveRole(
  context: Context,
  { id, name, language }: Pick<Account, "id" | "name" | "language">,
  to: JoinCode["to"],
): Promise<void> {
  const { accounts, homes } = context.deps;
  if ("home" in to) {
    await accounts.putRole(id, to.home, to.role);
    const addedAt = context.deps.clock.wall();
    await homes.of(to.home).putPerson({ id, name, language, role: to.role, addedAt });
  } else await accounts.putOrganisationRole(id, to.organisation, to.role);
  rolesChanged(context);
}

/** Takes somebody's role in a home with the phones there; who is left without any place is removed altogether. */
export async function endRole(context: Context, id: PersonId, home: HomeId): Promise<void> {
  const { accounts, homes, clock } = context.deps;
  await accounts.endRole(id, home);
  await homes.of(home).removePerson(id, clock.wall());
  context.deps.targetsChanged(home);
  const left = await accounts.account(id);
  const homeless = left !== undefined && left.homes.length === 0 && left.organisations.length === 0;
  if (homeless) await accounts.removeAccount(id);
  rolesChanged(context);
}

/** Takes somebody's role in an organisation; who is left without any place is removed altogether. */
export async function endOrganisationRole(
  context: Context,
  id: PersonId,
  organisation: OrganisationId,
): Promise<void> {
  const { accounts } = context.deps;
  await accounts.endOrganisationRole(id, organisation);
  const left = await accounts.account(id);
  if (left?.homes.length === 0 && left.organisations.length === 0) await accounts.removeAccount(id);
  rolesChanged(context);
}

/** Changes name or language everywhere. */
export async function rename(
  context: Context,
  { id, name, language }: Pick<Person, "id" | "name" | "language">,
): Promise<void> {
  const { accounts, homes } = context.deps;
  await accounts.putAccount({ id, name, language });
  const account = await accounts.account(id);
  for (const { home, role, through } of account?.homes ?? []) {
    if (through === undefined) await homes.of(home).putPerson({ id, name, language, role });
  }
  rolesChanged(context);
}

/** What everybody may do and see is asked anew, on open pages too. */
export function rolesChanged({ sessions, hub }: Context): void {
  sessions.forget();
  hub.recheck();
}

/** The one home that a request without a home in its address means. Throws NOT_FOUND, INPUT_INVALID. */
export function homeMeant(context: Context, request: FastifyRequest, named: HomeId | undefined): HomeId {
  const homes = context.homes(request);
  if (named !== undefined && homes.includes(named)) return named;
  if (named !== undefined) throw new Fault("NOT_FOUND", "There is no such home for you.");
  const [only, ...others] = homes;
  if (only === undefined) throw new Fault("NOT_FOUND", "There is no home for you here.");
  if (others.length > 0) throw new Fault("INPUT_INVALID", "You have several homes: say which one.");
  return only;
}

/** As pages that know one role show it: what somebody is first of all. */
export function personOf(account: Account): Person | undefined {
  const { id, name, language, homes, organisations } = account;
  const role: Role | undefined = homes[0]?.role ?? organisations[0]?.role;
  return role === undefined ? undefined : { id, name, language, role };
}

async function hasProof({ deps: { accounts } }: Context, id: PersonId): Promise<boolean> {
  if ((await accounts.login(id)) !== undefined) return true;
  if ((await accounts.credentials(id)).length > 0 || (await accounts.externals(id)).length > 0) return true;
  return ((await accounts.account(id))?.organisations.length ?? 0) > 0;
}

/** Whoever invites to one home must not become somebody of another by the name. */
async function isElsewhereToo({ deps }: Context, id: PersonId, home: HomeId): Promise<boolean> {
  const account = await deps.accounts.account(id);
  return account?.homes.some((one) => one.home !== home) === true;
}

/** The browser keeps what it has for another while; when it ends is the store's word. */
export function keepCookie(context: Context, request: FastifyRequest, reply: FastifyReply): void {
  const secret = request.cookies[cookieName(context.deps.tls !== undefined)];
  if (secret !== undefined) setCookie(context, reply, secret, SESSION_MS / 1_000);
}

function setCookie({ deps }: Context, reply: FastifyReply, value: string, maxAgeSeconds: number): void {
  const secure = deps.tls !== undefined;
  const options = { path: "/", httpOnly: true, sameSite: "lax", secure, maxAge: maxAgeSeconds } as const;
  reply.setCookie(cookieName(secure), value, options);
}

/** What the browser says it is, without what marks it out among all others. */
export function browserOf({ headers }: FastifyRequest): string {
  const agent = headers["user-agent"] ?? "";
  const system = /Android|iPhone|iPad|Windows|Mac OS X|CrOS|Linux/.exec(agent)?.[0] ?? "";
  const browser = /MicroMessenger|EdgA?|Firefox|SamsungBrowser|Chrome|Safari/.exec(agent)?.[0] ?? "";
  return [browser, system]
    .filter((word) => word !== "")
    .join(", ")
    .slice(0, LABEL_MAX);
}

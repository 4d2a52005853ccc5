import type { Accounts } from "../../port/accounts.ts";
import type { AccountMethods } from "./account-tables.ts";
import type { Call } from "./state.ts";

/** The Accounts port over the tables in the data folder's own file. */
export function accountsOver(call: Call<AccountMethods>, close: () => Promise<void>): Accounts {
  return {
    account: (id) => call("account", [id]),
    putAccount: (account) => call("putAccount", [account]),
    removeAccount: (id) => call("removeAccount", [id]),
    putRole: (account, home, role) => call("putRole", [account, home, role]),
    endRole: (account, home) => call("endRole", [account, home]),
    members: (home) => call("members", [home]),
    removeHome: (home) => call("removeHome", [home]),
    hasOwner: () => call("hasOwner", []),
    addSession: (session) => call("addSession", [session]),
    session: (tokenHash, now, lastsMs) => call("session", [tokenHash, now, lastsMs]),
    sessions: (account, now) => call("sessions", [account, now]),
    endSession: (tokenHash) => call("endSession", [tokenHash]),
    endSessions: (account, but = "") => call("endSessions", [account, but]),
    addJoinCode: (code) => call("addJoinCode", [code]),
    takeJoinCode: (codeHash, now) => call("takeJoinCode", [codeHash, now]),
    setPassword: (account, login, hash) => call("setPassword", [account, login, hash]),
    endPassword: (account) => call("endPassword", [account]),
    password: (login) => call("password", [login]),
    login: (account) => call("login", [account]),
    credentials: (account) => call("credentials", [account]),
    credential: (id) => call("credential", [id]),
    addCredential: (credential) => call("addCredential", [credential]),
    useCredential: (id, counter, at) => call("useCredential", [id, counter, at]),
    removeCredential: (account, id) => call("removeCredential", [account, id]),
    external: (issuer, subject) => call("external", [issuer, subject]),
    externals: (account) => call("externals", [account]),
    addExternal: (subject, identity) => call("addExternal", [subject, identity]),
    useExternal: (account, issuer, at, gives) => call("useExternal", [account, issuer, at, gives]),
    removeExternal: (account, issuer) => call("removeExternal", [account, issuer]),
    sessionsBy: (account, issuer) => call("sessionsBy", [account, issuer]),
    endSessionsBy: (account, issuer, but = "") => call("endSessionsBy", [account, issuer, but]),
    organisations: () => call("organisations", []),
    putOrganisation: (organisation) => call("putOrganisation", [organisation]),
    putOrganisationRole: (account, organisation, role) =>
      call("putOrganisationRole", [account, organisation, role]),
    endOrganisationRole: (account, organisation) => call("endOrganisationRole", [account, organisation]),
    organisationMembers: (organisation) => call("organisationMembers", [organisation]),
    consents: (home) => call("consents", [home]),
    addConsent: (consent) => call("addConsent", [consent]),
    endConsent: (home, id, end) => call("endConsent", [home, id, end]),
    shares: (home, now) => call("shares", [home, now]),
    addShare: (share, secretHash) => call("addShare", [share, secretHash]),
    share: (secretHash, now, counts) => call("share", [secretHash, now, counts]),
    endShare: (home, id) => call("endShare", [home, id]),
    close,
  };
}

import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Fault, messageOf } from "../../domain/fault.ts";
import { isLanguage, type Language, ROLES } from "../../domain/person.ts";
import { type Wall, wall } from "../../domain/time.ts";
import { type Accounts, SIGN_IN_WAYS } from "../../port/accounts.ts";
import type { Log } from "../../port/log.ts";
import type { State } from "../../port/state.ts";
import { wordsIn } from "../../words/index.ts";
import { integer, oneOf, type Row, text } from "./sql.ts";
import { createMemoryStores, type Stores } from "./state.ts";
import { STATE_FILE } from "./stores.ts";

/** As many as phones and people of a home can be; the newest sign-ins first. */
const SIGN_INS_MAX = 1_000;

/** There is an owner code, and none that is typed can be compared with it: no other is made in its place. */
const UNREADABLE: { readonly [name: string]: string | undefined } = { owner_code: '""' };

/**
 * What stands in for the state store while its key is missing. Of the sealed file it knows what is not sealed: who is
 * signed in on which phone and in which role, so that the family's phones can answer an alarm; names are not to be had,
 * and the role stands for them. The file is only read. What a person would want to be kept is refused with UNSEALABLE;
 * what the program notes for itself is forgotten with the run. `values`: what is remembered in the clear.
 */
export async function openKeylessStores(options: {
  readonly folder: string;
  readonly values: (name: string) => string | undefined;
  readonly now: Wall;
  readonly log: Log;
}): Promise<Stores> {
  const { folder, values, now, log } = options;
  const memory = createMemoryStores();
  const held = heldState(memory.state);
  const accounts = heldAccounts(memory.accounts);
  try {
    const { people, signIns } = readPlain(path.join(folder, STATE_FILE), now);
    for (const { account, home, role, language } of people) {
      await memory.accounts.putAccount({ id: account, name: wordsIn(language).terms.roles[role], language });
      await memory.accounts.putRole(account, home, role);
    }
    for (const one of signIns) await memory.accounts.addSession(one);
  } catch (error) {
    // A file that is gone or damaged as well: the watch goes on, and nobody is signed in.
    log.note("keyless.nobody_known", { why: messageOf(error) }, "warn");
  }
  const state: State = {
    ...held,
    value: async (name) => (await held.value(name)) ?? values(name) ?? UNREADABLE[name],
  };
  return { ...memory, state, accounts };
}

/** What a write is refused with while the key is missing. */
export const keyless = (): Fault =>
  new Fault(
    "UNSEALABLE",
    "The key of this box is missing: nothing can be read or changed until it is back.",
    {
      fix: "Put the key file back, or the stick that it lies on; the rest follows by itself.",
    },
  );

const refuse = (): Promise<never> => Promise.reject(keyless());

function heldState(state: State): State {
  return {
    ...state,
    putPerson: refuse,
    adoptPerson: refuse,
    removePerson: refuse,
    putTarget: refuse,
    adoptTarget: refuse,
    bury: refuse,
    removeTarget: refuse,
    wantMorning: refuse,
    removeTargetsOf: async () => [],
    openCommissioning: refuse,
    putCommissionedStep: refuse,
    closeCommissioning: refuse,
    addLimits: refuse,
    giveResearch: refuse,
    endResearch: refuse,
    addNote: refuse,
    adoptNotes: refuse,
    removeNote: refuse,
    trustClinic: refuse,
  };
}

function heldAccounts(accounts: Accounts): Accounts {
  return {
    ...accounts,
    removeAccount: refuse,
    removeHome: refuse,
    addJoinCode: refuse,
    setPassword: refuse,
    endPassword: refuse,
    addCredential: refuse,
    removeCredential: refuse,
    addExternal: refuse,
    useExternal: refuse,
    removeExternal: refuse,
    putOrganisation: refuse,
    putOrganisationRole: refuse,
    endOrganisationRole: refuse,
    addConsent: refuse,
    endConsent: refuse,
    addShare: refuse,
    endShare: refuse,
  };
}

/** Roles and sign-ins are not sealed: ids, times, and hashes of secrets that only a browser has. */
function readPlain(file: string, now: Wall) {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 2_000 });
  try {
    const people = database
      .prepare(
        `SELECT account, home, role, language FROM home_role JOIN account ON account.id = home_role.account
          ORDER BY account.rowid LIMIT ?`,
      )
      .all(SIGN_INS_MAX)
      .map((row) => ({
        account: text(row, "account"),
        home: text(row, "home"),
        role: oneOf(ROLES, row, "role"),
        language: languageOf(row),
      }));
    const known = new Set(people.map(({ account }) => account));
    const signIns = database
      .prepare("SELECT * FROM sign_in WHERE expires_at > ? ORDER BY created_at DESC LIMIT ?")
      .all(now, SIGN_INS_MAX)
      .filter((row) => known.has(text(row, "account")))
      .map((row) => ({
        tokenHash: text(row, "token_hash"),
        account: text(row, "account"),
        createdAt: wall(integer(row, "created_at")),
        expiresAt: wall(integer(row, "expires_at")),
        way: oneOf(SIGN_IN_WAYS, row, "way"),
        label: "",
      }));
    return { people, signIns };
  } finally {
    database.close();
  }
}

const languageOf = (row: Row): Language => {
  const language = text(row, "language");
  return isLanguage(language) ? language : "en";
};

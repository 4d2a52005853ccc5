import { Fault } from "../domain/fault.ts";
import { type BedId, type HomeId, ownBed } from "../domain/ids.ts";
import { ROLES, type Role } from "../domain/person.ts";
import type { Account, OrganisationId, Share, ShareScope } from "../port/accounts.ts";
import type { Sight } from "./live-views.ts";
import { PHONE_RIGHTS } from "./rights-phones.ts";

/** Who may use a route, and what it does (docs/api.md is checked against this table). */
export interface Right {
  /** `anyone`: without signing in. */
  readonly who: "anyone" | readonly Role[];
  readonly does: string;
  /** The secret in the address is the permission: no cookie counts, so no other site can misuse one. */
  readonly byToken?: true;
  /** Also for whoever opened a shared link to this bed with this scope. */
  readonly share?: ShareScope;
  /** Also for a program that sends the token of the configuration (`metrics.token`). */
  readonly byMetricsToken?: true;
  /** Of this machine with every home on it: a role in one of them is not enough. */
  readonly ofAll?: true;
}

const everyone: readonly Role[] = ROLES;
const family: readonly Role[] = ["owner", "caregiver"];
const household: readonly Role[] = ["owner", "caregiver", "patient"];
/** Who may start drills; the command line of the box is one of them. */
const drilling: readonly Role[] = ["owner", "caregiver", "technician"];
const bench: readonly Role[] = ["owner", "technician"];
const clinic: readonly Role[] = ["owner", "therapist"];
const limitSetters: readonly Role[] = ["owner", "caregiver", "therapist"];
/** Whose say it is who else may look. */
const consenting: readonly Role[] = ["owner", "patient"];
/** Everybody but those who look after machines. */
const noting: readonly Role[] = ["owner", "caregiver", "patient", "therapist"];
/** Everybody of an organisation. */
const staff: readonly Role[] = ["owner", "therapist", "technician"];
/** Who carries cards from machine to box. */
const carriers: readonly Role[] = ["owner", "therapist", "technician"];

/**
 * Every route and who may use it, by method and pattern. There is no other way in: a route without a row here is
 * refused to everybody.
 */
export const RIGHTS: { readonly [route: string]: Right } = {
  "GET /": { who: "anyone", does: "the caregiver's page; it shows nothing before somebody signed in" },
  "GET /patient": { who: "anyone", does: "the patient's page" },
  "GET /therapist": { who: "anyone", does: "the therapist's page" },
  "GET /technician": { who: "anyone", does: "the technician's page" },
  "GET /share": {
    who: "anyone",
    does: "what a shared link shows; it shows nothing without the link's secret",
  },
  "GET /*": { who: "anyone", does: "files of the pages: scripts, styles, icons, manifest, service worker" },

  "GET /api/me": { who: "anyone", does: "who is signed in here, and what this box is" },
  "POST /api/sign-in": { who: "anyone", does: "signs in with the owner code or a join code" },
  "POST /api/sign-out": { who: everyone, does: "ends this sign-in" },
  "POST /api/me/language": { who: everyone, does: "sets one's own language" },
  "POST /api/people/join-codes": { who: ["owner"], does: "makes a code by which one person joins" },
  "POST /api/sign-in/password": { who: "anyone", does: "signs in with a name and a password" },
  "POST /api/sign-in/passkey/begin": { who: "anyone", does: "asks for a passkey, whoever's" },
  "POST /api/sign-in/passkey": { who: "anyone", does: "signs in with a passkey" },
  "POST /api/me/passkeys/begin": { who: everyone, does: "begins to make a passkey of one's own" },
  "POST /api/me/passkeys": { who: everyone, does: "keeps the passkey that the browser made" },
  "DELETE /api/me/passkeys/:passkey": { who: everyone, does: "removes a passkey of one's own" },
  "POST /api/sign-in/oidc/:provider/begin": {
    who: "anyone",
    does: "says where to sign in at a clinic's own provider of identities",
  },
  "GET /api/sign-in/oidc/:provider/return": {
    who: "anyone",
    does: "takes a browser back from there, signs in or links, and sends it on to a page",
  },
  "POST /api/me/oidc/:provider/begin": {
    who: everyone,
    does: "says where to go to link who one is at a clinic to one's account",
  },
  "DELETE /api/me/oidc/:provider": {
    who: everyone,
    does: "removes that link, with the sign-ins by it but this one",
  },
  "GET /api/me/oidc/:provider/loss": {
    who: everyone,
    does: "who would be woken no more without the sign-ins by that link",
  },
  "POST /api/me/join": { who: everyone, does: "joins one more home or organisation by a code" },
  "GET /api/me/sign-ins": { who: everyone, does: "one's own sign-ins" },
  "DELETE /api/me/sign-ins": { who: everyone, does: "ends all of one's sign-ins but this one" },
  "DELETE /api/me/sign-ins/:id": { who: everyone, does: "ends a sign-in of one's own, with its phone" },
  "GET /api/me/sign-ins/:id/loss": {
    who: everyone,
    does: "who would be woken no more without a sign-in of one's own (`others`: all but this one; `here`: this one)",
  },
  "PUT /api/me/password": { who: everyone, does: "sets one's name and password to sign in with" },
  "DELETE /api/me/password": { who: everyone, does: "ends signing in with a password" },
  "GET /api/homes/:home/people": { who: everyone, does: "who belongs to a home" },
  "DELETE /api/homes/:home/people/:person": {
    who: ["owner"],
    does: "removes somebody from a home, with their phones",
  },
  "GET /api/homes/:home/people/:person/loss": {
    who: ["owner"],
    does: "who would be woken no more without somebody",
  },
  "GET /api/homes/:home/people/:person/sign-ins": {
    who: ["owner"],
    does: "where somebody of the home is signed in",
  },
  "DELETE /api/homes/:home/people/:person/sign-ins/:id": {
    who: ["owner"],
    does: "ends a sign-in of somebody of the home, with its phone",
  },
  "GET /api/homes/:home/people/:person/sign-ins/:id/loss": {
    who: ["owner"],
    does: "who would be woken no more without that sign-in",
  },
  "GET /api/homes/:home/audit": { who: ["owner"], does: "what people did in a home, newest first" },
  ...PHONE_RIGHTS,
  "GET /api/homes/:home/consents": {
    who: everyone,
    does: "which organisations a home lets in, and who gave and ended that",
  },
  "POST /api/homes/:home/consents": { who: consenting, does: "lets an organisation's people in" },
  "DELETE /api/homes/:home/consents/:consent": { who: consenting, does: "ends that, at once" },
  "GET /api/homes/:home/shares": { who: consenting, does: "links that show a bed, with their uses" },
  "POST /api/homes/:home/shares": {
    who: consenting,
    does: "makes a link that shows one bed's nights, or the bed live, for a time",
  },
  "DELETE /api/homes/:home/shares/:share": { who: consenting, does: "ends a link, at once" },
  "POST /api/share": { who: "anyone", does: "opens a shared link in this browser" },
  "GET /api/organisations/:organisation/people": {
    who: staff,
    does: "who belongs to an organisation",
  },
  "PUT /api/organisations/:organisation": { who: ["owner"], does: "names an organisation" },
  "POST /api/organisations/:organisation/join-codes": {
    who: ["owner"],
    does: "makes a code by which one person joins an organisation",
  },
  "DELETE /api/organisations/:organisation/people/:person": {
    who: ["owner"],
    does: "removes somebody from an organisation",
  },

  // Also for therapist and technician: their pages name the beds by it, and to leave the alarms out of it for
  // them would read as "no alarm".
  "GET /api/live": { who: everyone, share: "live", does: "live numbers and alarms over a WebSocket" },
  "GET /api/speech/:language/:key": { who: everyone, does: "what an alarm speaks, as sound" },
  "GET /api/voices": { who: household, does: "which sentences of alarms the family has spoken itself" },
  "GET /api/voices/:language/:key": { who: household, does: "one of them, as sound" },
  "PUT /api/voices/:language/:key": {
    who: family,
    does: "keeps a recording in the place of the machine's voice; the next alarm speaks it",
  },
  "DELETE /api/voices/:language/:key": { who: family, does: "lets the machine speak it again" },
  "POST /api/beds/:bed/occurrences/:id/acknowledge": {
    who: family,
    does: "says that one is going, or at the bedside",
  },
  "POST /api/beds/:bed/occurrences/:id/seen": {
    who: family,
    does: "says that one has seen an alarm that is over",
  },
  "POST /api/beds/:bed/pause": { who: family, does: "silences one condition for a time with an end" },
  "POST /api/beds/:bed/resume": { who: family, does: "ends a pause" },
  "POST /api/beds/:bed/care": {
    who: family,
    does: "says what is being done at the bed; what it explains is quiet",
  },
  "POST /api/beds/:bed/care/done": { who: family, does: "says that the care is done" },
  "POST /api/beds/:bed/care/plan": { who: family, does: "sets how often which care is due" },
  "POST /api/beds/:bed/leave": {
    who: family,
    does: "says that the person is away until a date; nothing sounds",
  },
  "POST /api/beds/:bed/finish": { who: family, does: "ends the watch for good" },
  "POST /api/beds/:bed/finish/undo": { who: family, does: "takes the end of the watch back, within 24 h" },
  "POST /api/beds/:bed/call": { who: everyone, does: "calls for help from the bed" },
  "POST /api/beds/:bed/occurrences/:id/all-right": {
    who: ["patient"],
    does: 'answers an alarm with "I am all right": shown to everybody, stops nothing',
  },
  "POST /api/beds/:bed/watch": { who: family, does: "starts or ends the watch of a night" },
  "POST /api/beds/:bed/drill": {
    who: drilling,
    does: "rings for real, on purpose, marked DRILL",
  },

  "GET /api/beds/:bed/limits": { who: everyone, does: "the limits in force, with every version" },
  "POST /api/beds/:bed/limits/check": {
    who: limitSetters,
    does: "says what limits would change, and changes nothing",
  },
  "POST /api/beds/:bed/limits/what-if": {
    who: clinic,
    does: "tries limits on the last 14 nights, line by line, and changes nothing",
  },
  "GET /api/beds/:bed/baselines": { who: clinic, does: "the person's usual values, from how many nights" },
  "PUT /api/beds/:bed/limits": {
    who: limitSetters,
    does: "sets limits; a caregiver only inside what is recommended, and wider only for a time",
  },
  "POST /api/beds/:bed/limits/restore/:version": {
    who: limitSetters,
    does: "sets the limits of an earlier version again, by the same rules",
  },
  "POST /api/beds/:bed/limits/code": {
    who: clinic,
    does: "says whose a clinic's code is and what it would change",
  },
  "POST /api/beds/:bed/limits/code/apply": { who: clinic, does: "takes a clinic's code over" },

  "POST /api/push": { who: family, does: "adds this phone to those that are woken" },
  "DELETE /api/push/:id": { who: family, does: "removes a phone: one's own, or any for the owner" },
  "GET /api/a/:token": { who: "anyone", byToken: true, does: "a page with one button; acknowledges nothing" },
  "POST /api/a/:token": {
    who: "anyone",
    byToken: true,
    does: "acknowledges in the name of whom the message was sent to",
  },
  "POST /api/r/:token": { who: "anyone", byToken: true, does: "a phone reports that it showed a message" },

  "GET /api/beds/:bed/nights": { who: clinic, share: "nights", does: "the recorded nights of a bed" },
  "GET /api/beds/:bed/nights/:night": {
    who: clinic,
    share: "nights",
    does: "strips, alarms and metrics of one night",
  },
  "GET /api/beds/:bed/nights/:night/csv": { who: clinic, does: "one night as CSV, a row a second" },
  "GET /api/beds/:bed/nights/:night/fhir": {
    who: clinic,
    does: "one night as FHIR R4 Observations, a value a minute",
  },
  "GET /api/beds/:bed/nights/:night/lines": {
    who: clinic,
    does: "one night as InfluxDB line protocol, as it was measured",
  },

  "GET /api/beds/:bed/nights/:night/summary": {
    who: limitSetters,
    does: "one night in plain facts: how much was watched, who was woken by what, what could not be seen",
  },
  "GET /api/beds/:bed/limits/offer": {
    who: limitSetters,
    does: "one change of a limit to think about after a night of many wakings; it has changed nothing",
  },
  "POST /api/beds/:bed/limits/offer": {
    who: family,
    does: "passes that change to the therapist's page, or declines it; changes no limit",
  },

  "GET /api/beds/:bed/audit": {
    who: clinic,
    does: "the hash-chained record of alarms, commands and watch, as JSON Lines or CSV",
  },

  "GET /api/beds/:bed/notes/:kind": {
    who: noting,
    does: "mornings, symptoms, ALSFRS-R items, duty or care acts of a bed",
  },
  "POST /api/beds/:bed/notes/symptom": { who: family, does: "notes a symptom that was seen" },
  "POST /api/beds/:bed/notes/care": { who: family, does: "notes care that was done" },
  "POST /api/beds/:bed/notes/duty": {
    who: family,
    does: "notes who is on call, from when to when; a hand-over like any other",
  },
  "POST /api/beds/:bed/notes/morning": {
    who: family,
    does: "notes what is reported of a night, or corrects it",
  },
  "POST /api/beds/:bed/notes/alsfrs_r": { who: clinic, does: "notes the respiratory items of the ALSFRS-R" },
  "DELETE /api/beds/:bed/notes/:note": {
    who: limitSetters,
    does: "removes a note of one's own, any for the owner",
  },
  "GET /api/beds/:bed/duty": { who: noting, does: "who is on call now and next, the rota and hand-overs" },
  "PUT /api/beds/:bed/duty/rota": { who: family, does: "sets who is on call when in a week" },
  "POST /api/beds/:bed/duty/handovers": {
    who: family,
    does: "offers a time of one's own duty to somebody, or takes it",
  },
  "POST /api/beds/:bed/duty/handovers/:handover": {
    who: family,
    does: "accepts or declines a duty that one was offered, or withdraws an offer",
  },
  "GET /api/beds/:bed/calling": {
    who: noting,
    does: "who is called when about an alarm, minute by minute, and what each has chosen",
  },
  "PUT /api/beds/:bed/calling": {
    who: family,
    does: "sets when each wants to be called, and which alarms call everybody at once",
  },
  "GET /api/beds/:bed/research-consent": {
    who: ["owner", "patient", "therapist"],
    does: "what of a bed is given to research, by whom, and the words that are agreed to",
  },
  "POST /api/beds/:bed/research-consent": {
    who: consenting,
    does: "gives groups of signals to research, from now on",
  },
  "DELETE /api/beds/:bed/research-consent": {
    who: consenting,
    does: "takes that back, at once; destroys what exports are joined by",
  },

  "GET /api/beds/:bed/import": { who: carriers, does: "how the reading of a card that was brought is doing" },
  "POST /api/beds/:bed/import": {
    who: carriers,
    does: "brings a card or a device's file, in pieces of at most 1 MiB",
  },

  "GET /api/devices": {
    who: bench,
    does: "devices with link state, counters and what is known of the family",
  },
  "GET /api/health": {
    who: bench,
    ofAll: true,
    does: "how the box itself is: clock, sounder, disk, store, broker, certificate, links",
  },
  "GET /api/openapi.json": { who: everyone, does: "this interface as an OpenAPI document" },
  "GET /metrics": {
    who: bench,
    ofAll: true,
    byMetricsToken: true,
    does: "counters and gauges of this machine for Prometheus, nothing of any person",
  },
  "GET /healthz": { who: "anyone", does: "yes or no for a load balancer, and nothing else" },
  "GET /api/beds/:bed/devices": {
    who: bench,
    does: "the devices of one bed; on a hub as its box last told, and when",
  },
  "GET /api/beds/:bed/devices/:device/frames": {
    who: bench,
    does: "the last frames of one device, bytes and meaning; a hub asks the box for them",
  },
  "POST /api/beds/:bed/devices/:device/serial": {
    who: bench,
    does: "says that the device that is there belongs to the bed",
  },
  "GET /api/beds/:bed/devices/:device/recording": {
    who: bench,
    does: "what went over a device's link in at most 2 h of the last 48, as a transcript",
  },
  "GET /api/simulation/:bed": {
    who: bench,
    does: "the virtual patient of a simulated bed, and its scenario",
  },
  "POST /api/simulation/:bed": {
    who: bench,
    does: "tells the virtual patient, a link or a scenario of a simulated bed what to do",
  },
  "GET /api/beds/:bed/commissionings": { who: bench, does: "the protocols of putting a bed into use" },
  "POST /api/beds/:bed/commissionings/steps": {
    who: bench,
    does: "writes one step into the open protocol, or begins one",
  },
  "POST /api/beds/:bed/commissionings/close": { who: bench, does: "closes the open protocol for good" },
  "GET /api/beds/:bed/reception": { who: bench, does: "how many seconds of a time hold data, by device" },

  "GET /ca": { who: "anyone", does: "how a phone takes this box's own authority over" },
  "GET /ca/breathwatch.crt": { who: "anyone", does: "the certificate of this box's own authority" },
  "POST /api/pair": {
    who: "anyone",
    byToken: true,
    does: "takes a box in that holds a claim code, and answers its credentials",
  },
  "PUT /api/boxes/:box/estate": {
    who: "anyone",
    byToken: true,
    does: "keeps what a box leaves to the one after it; signed by the box",
  },
  "GET /api/homes": { who: bench, does: "the homes that one looks after, their boxes and open claim codes" },
  "POST /api/homes/codes": { who: bench, ofAll: true, does: "makes a claim code for the box of a new home" },
  "POST /api/homes/:home/codes": {
    who: bench,
    does: "makes a claim code for a box that takes this home over",
  },
  "DELETE /api/homes/codes/:code": { who: bench, does: "withdraws a claim code" },
  "PUT /api/homes/:home": { who: bench, does: "gives a home another name" },
  "DELETE /api/homes/:home": {
    who: ["owner"],
    does: "deletes a home with everybody in it for good; its name is typed by hand",
  },
  "POST /api/homes/:home/boxes/:box/revoke": { who: bench, does: "puts a box out at once" },
};

/** The row of a route; HEAD is judged as the GET that it mirrors. */
export function rightOf(method: string, pattern: string): Right | undefined {
  const route = `${method === "HEAD" ? "GET" : method} ${pattern}`;
  return Object.hasOwn(RIGHTS, route) ? RIGHTS[route] : undefined;
}

/**
 * Where a request acts: the home or organisation that its address names; `anywhere` where it names none, and then
 * answers hold only what the account may see; `nowhere` for a home that is not here.
 */
export type Place =
  | { readonly kind: "home"; readonly home: HomeId }
  | { readonly kind: "organisation"; readonly organisation: OrganisationId }
  | { readonly kind: "anywhere" }
  | { readonly kind: "nowhere" };

const named = (params: unknown, name: string): string | undefined => {
  const value: unknown =
    typeof params === "object" && params !== null ? Reflect.get(params, name) : undefined;
  return typeof value === "string" ? value : undefined;
};

/** The bed that the parameters of an address name; undefined: none. */
export const bedOf = (params: unknown): BedId | undefined => named(params, "bed");

/** The place that the parameters of an address name. */
export function placeOf(params: unknown, homeOf: (bed: BedId) => HomeId | undefined): Place {
  const [bed, home, organisation] = ["bed", "home", "organisation"].map((name) => named(params, name));
  if (bed !== undefined) {
    const of = homeOf(bed);
    return of === undefined ? { kind: "nowhere" } : { kind: "home", home: of };
  }
  if (home !== undefined) return { kind: "home", home };
  if (organisation !== undefined) return { kind: "organisation", organisation };
  return { kind: "anywhere" };
}

/** What an account is at a place; those of the family come first. */
export function rolesAt({ homes, organisations }: Account, place: Place): readonly Role[] {
  switch (place.kind) {
    case "home":
      return homes.filter(({ home }) => home === place.home).map(({ role }) => role);
    case "organisation":
      return organisations
        .filter(({ organisation }) => organisation === place.organisation)
        .map(({ role }) => role);
    case "anywhere":
      return [...homes, ...organisations].map(({ role }) => role);
    case "nowhere":
      return [];
  }
}

/** Whether a shared link opens this request: its scope, its home and its bed, nothing else. */
export function sharedBy(
  share: Share,
  right: Right | undefined,
  bed: BedId | undefined,
  homeOf: (bed: BedId) => HomeId | undefined,
): boolean {
  if (right?.share !== share.scope) return false;
  // Live is one address for every bed: what is seen there is decided bed by bed.
  if (bed === undefined) return share.scope === "live";
  return ownBed(bed) === share.bed && homeOf(bed) === share.home;
}

/** Before a share's hash where a page lives on a shared link in place of a sign-in. */
export const SHARED = "share:";

/** What a page on a shared link sees live: its bed. */
export const sightOfShare = (share: Share, homeOf: (bed: BedId) => HomeId | undefined): Sight =>
  Object.assign((bed: BedId) => sharedBy(share, { who: [], does: "", share: "live" }, bed, homeOf), {
    key: `share ${share.scope} ${share.home} ${share.bed}`,
  });

/** Which beds an account sees live: those of the homes where it has any role. */
export function sightOf({ homes }: Account, homeOf: (bed: BedId) => HomeId | undefined): Sight {
  const seen = new Set(homes.map(({ home }) => home));
  const sees = (bed: BedId): boolean => {
    const home = homeOf(bed);
    return home !== undefined && seen.has(home);
  };
  return Object.assign(sees, { key: `homes ${[...seen].toSorted().join(" ")}` });
}

/**
 * Undefined when this account (or nobody) may use the route at this place, else the fault to answer with. Denies by
 * default. Whoever has no role at a place is told that it is not there, so that nobody can find out which homes are.
 */
export function authorise(
  right: Right | undefined,
  account: Account | undefined,
  place: Place,
): Fault | undefined {
  if (right?.who === "anyone") return undefined;
  if (account === undefined) {
    return new Fault("NOT_SIGNED_IN", "Nobody is signed in here.", {
      fix: "Sign in with the owner code that the box prints, or with a join code.",
    });
  }
  const roles = rolesAt(account, place);
  if (roles.some((role) => right?.who.includes(role) === true)) return undefined;
  if (roles.length === 0 && place.kind !== "anywhere") {
    return new Fault("NOT_FOUND", "There is no such thing here for you.");
  }
  return new Fault("NOT_ALLOWED", `This is not for the role ${roles[0] ?? "of nobody"}.`, {
    fix: "Ask the owner for a join code of the right role.",
  });
}

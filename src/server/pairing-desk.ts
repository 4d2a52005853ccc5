import {
  claimCodeHash,
  claimLink,
  type EstateRequest,
  isEstateOf,
  isOwnPairRequest,
  type PairRequest,
} from "../crypt/pairing.ts";
import { type PutOut, signPutOut } from "../crypt/put-out.ts";
import { KEY_BYTES } from "../crypt/seal.ts";
import { Fault, messageOf } from "../domain/fault.ts";
import { base32Id, type HomeId, type PersonId } from "../domain/ids.ts";
import { HOUR_MS, SECOND_MS, type Wall, wall } from "../domain/time.ts";
import type { BrokerUsers } from "../port/bus.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";
import {
  type BoxId,
  type BoxRecord,
  boxUser,
  type ClaimVerdict,
  type HomeEstate,
  homeOfUser,
  type PairingGrant,
  type Registry,
} from "../port/registry.ts";
import type { State } from "../port/state.ts";
import { makeCode, normaliseCode } from "./owner-code.ts";
import { readUsersOut, writeUsersOut } from "./users-out.ts";

/** How long a claim code may be used. */
export const CLAIM_CODE_MS = 24 * HOUR_MS;
const RETRY_MS = 10 * SECOND_MS;
/** So long a box that is put out may take to hear it, before it is thrown out. */
const TELL_MS = 1 * SECOND_MS;
/** Of users that nobody here knows, so many are named in the log. */
const STRANGE_NAMED = 20;

const noticeName = (box: BoxId): string => `put out ${box}`;

/** A claim code as it is handed over once; it is not kept. */
export interface MadeClaimCode {
  /** For reading aloud and typing. */
  readonly code: string;
  /** For a QR code: address of the hub, code, and pin of its certificate. */
  readonly link: string;
  /** Names the code without telling it. */
  readonly id: string;
  readonly expiresAt: Wall;
}

/** What came of a box that asked to be taken in. */
export interface Pairing {
  readonly verdict: Extract<ClaimVerdict, { readonly kind: "paired" }>;
  readonly grant: PairingGrant;
}

/** Takes boxes in and puts them out. Also the hub's memory of who is in use, asked without waiting. */
export interface PairingDesk {
  readonly registry: Registry;
  /** Reads who is in use and brings the broker's users in line with it. Rejects with STATE_FAILED or UNSEALABLE. */
  start(): Promise<void>;
  stop(): void;
  isKnown(home: HomeId): boolean;
  /** What commands to the box of a home are signed with; undefined where the home has none. */
  pairingKeyOf(home: HomeId): Uint8Array | undefined;
  /** A code for the box of a home; without one, for a new home of this name. Rejects with NOT_FOUND. */
  makeCode(asked: {
    readonly home?: HomeId;
    readonly label: string;
    readonly organisation?: string;
    readonly by: PersonId;
  }): Promise<MadeClaimCode>;
  /** Rejects with NOT_ALLOWED for a wrong code or signature, CONFLICT, BUS_UNREACHABLE; nothing is lost by asking again. */
  pair(request: PairRequest): Promise<Pairing>;
  /** Keeps what a box leaves for the one after it. Rejects with NOT_ALLOWED, CONFLICT or INPUT_INVALID. */
  keepEstate(box: BoxId, request: EstateRequest): Promise<void>;
  /** Puts a box out at once. Rejects with NOT_FOUND. */
  revoke(home: HomeId, box: BoxId): Promise<BoxRecord>;
  /** What a box that was put out is told when it asks, as JSON; undefined: it was not, or is not known. */
  noticeOf(box: BoxId): Promise<string | undefined>;
  /** Takes a home away with its box. Rejects with NOT_FOUND. */
  removeHome(home: HomeId): Promise<void>;
}

/** What the desk tells boxes of this hub; asked anew each time, since certificates change. */
export interface HubAddress {
  /** Of the pages, as boxes and phones reach them: `https://hub.example:8420`. */
  readonly url: string;
  /** Of the broker, as boxes reach it: `mqtts://hub.example:8883`. */
  readonly brokerUrl: string;
  /** SHA-256 of the public key of the pages' certificate, base64url; absent without TLS. */
  readonly pin?: string;
  /** PEM of the authority that signs both certificates; absent where a public one does. */
  readonly ca?: string;
}

/** Idle until start(). `key`: of the data folder; codes are kept as hashes under it. */
export function createPairingDesk(options: {
  readonly registry: Registry;
  readonly users: BrokerUsers;
  readonly key: Uint8Array;
  /** Keeps what boxes that were put out are to be told. */
  readonly state: Pick<State, "value" | "setValue">;
  /** Brings a notice to the box where it is there now; may reject or take for ever. */
  readonly tell: (notice: PutOut) => Promise<void>;
  readonly hub: () => HubAddress;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}): PairingDesk {
  const { registry, clock, random, log, key } = options;
  const keys = new Map<HomeId, Uint8Array>();
  const users = createUserKeeper(options);

  /** Before its user goes, so that a box that is there hears it; one that is away is told when it asks. */
  const putOut = async (box: BoxRecord, pairingKey: Uint8Array | undefined): Promise<void> => {
    log.note("box.revoked", { home: box.home, box: box.id, why: box.revokedWhy ?? "" });
    try {
      if (pairingKey !== undefined) {
        const { home, id } = box;
        const notice = signPutOut(pairingKey, { home, box: id, hub: options.hub().url, at: clock.wall() });
        await options.state.setValue(noticeName(id), JSON.stringify(notice));
        await inTime(options.tell(notice));
      }
    } catch (error) {
      log.note("box.not_told", { box: box.id, why: messageOf(error) }, "warn");
    }
    await users.remove(boxUser(box));
  };

  /** A broker that does not answer must not let a stolen box stay in. */
  const inTime = async (told: Promise<void>): Promise<void> => {
    const late = Promise.withResolvers<void>();
    const cancel = clock.after(TELL_MS, late.resolve);
    await Promise.race([told, late.promise]);
    cancel();
  };

  return {
    registry,
    async start() {
      const inUse = await registry.inUse();
      for (const { box, secrets } of inUse) keys.set(box.home, secrets.pairingKey);
      const homes = new Set((await registry.homes()).map(({ id }) => id));
      const isOurs = (user: string): boolean => homes.has(homeOfUser(user));
      const wanted = new Map(inUse.map(({ box, secrets }) => [boxUser(box), secrets.brokerPassword]));
      users.start(wanted, await readUsersOut(options.state), isOurs);
    },
    stop: () => users.stop(),
    isKnown: (home) => keys.has(home),
    pairingKeyOf: (home) => keys.get(home),

    async makeCode({ home, label, organisation, by }) {
      if (home !== undefined && (await registry.home(home)) === undefined) throw noHome();
      const code = makeCode(random);
      const id = claimCodeHash(key, normaliseCode(code));
      const madeAt = clock.wall();
      const expiresAt = wall(madeAt + CLAIM_CODE_MS);
      const optional = { ...(home && { home }), ...(organisation && { organisation }) };
      await registry.addClaimCode({ codeHash: id, label, madeBy: by, madeAt, expiresAt, ...optional });
      const { url, pin } = options.hub();
      return { code, link: claimLink(url, code, pin), id, expiresAt };
    },

    async pair(request) {
      if (!isOwnPairRequest(request)) {
        throw new Fault("NOT_ALLOWED", "The request is not signed with the key that it names.");
      }
      const now = clock.wall();
      const codeHash = claimCodeHash(key, normaliseCode(request.code));
      const { publicKey, home: offeredHome } = request;
      const made = {
        home: base32Id(random.bytes(10)),
        box: base32Id(random.bytes(10)),
        brokerPassword: Buffer.from(random.bytes(24)).toString("base64url"),
        pairingKey: random.bytes(KEY_BYTES),
      };
      const claim = { codeHash, publicKey, made, ...(offeredHome && { offeredHome }) };
      const before = new Map(keys);
      const verdict = await registry.claim(claim, now);
      if (verdict.kind !== "paired") throw refusal(verdict.kind);
      const { home, box, secrets } = verdict;
      for (const each of verdict.revoked) {
        if (each.home !== home.id) keys.delete(each.home);
        await putOut(each, before.get(each.home));
      }
      keys.set(home.id, secrets.pairingKey);
      const username = boxUser(box);
      await users.put(username, secrets.brokerPassword);
      const { url, brokerUrl, ca } = options.hub();
      const left = await registry.estate(home.id);
      const estate = left === undefined || left.box === box.id ? undefined : estateOf(left.body);
      log.note("box.paired", { home: home.id, box: box.id, isRepeat: verdict.isRepeat });
      const grant: PairingGrant = {
        ...{ home: home.id, box: box.id, hub: url },
        broker: { url: brokerUrl, username, password: secrets.brokerPassword },
        ...(ca === undefined ? {} : { ca }),
        pairingKey: Buffer.from(secrets.pairingKey).toString("base64url"),
        hubTime: clock.wall(),
        ...(estate === undefined ? {} : { estate }),
      };
      return { verdict, grant };
    },

    async keepEstate(id, request) {
      const box = await registry.box(id);
      // One answer for all of them: nobody learns which boxes there are.
      if (box === undefined || box.revokedAt !== undefined || !isEstateOf(box, request)) throw notInUse();
      estateOf(request.estate);
      const { revision, estate: body } = request;
      if (await registry.putEstate(box.home, { box: id, revision, at: clock.wall(), body })) return;
      throw new Fault("CONFLICT", "A newer revision is kept here already.");
    },

    async revoke(home, id) {
      const box = await registry.box(id);
      const ended = box?.home === home ? await registry.revokeBox(id, clock.wall(), "withdrawn") : undefined;
      if (ended === undefined) {
        throw new Fault("NOT_FOUND", "This home has no such box in use.", { fix: "Look at the list again." });
      }
      const pairingKey = keys.get(home);
      keys.delete(home);
      await putOut(ended, pairingKey);
      return ended;
    },

    noticeOf: (box) => options.state.value(noticeName(box)),

    async removeHome(home) {
      if ((await registry.home(home)) === undefined) throw noHome();
      const boxes = await registry.removeHome(home);
      const pairingKey = keys.get(home);
      keys.delete(home);
      for (const box of boxes) await putOut(box, pairingKey);
    },
  };
}

/** Users of the broker as they ought to be: what the broker did not take is told to it again until it does. */
interface UserKeeper {
  /**
   * `isOurs`: whoever the broker has of ours, and is not wanted, is put out, like those that it should have put out
   * before; others are named in the log.
   */
  start(wanted: ReadonlyMap<string, string>, out: readonly string[], isOurs: (user: string) => boolean): void;
  stop(): void;
  /** Rejects where the broker does not take it now; it is tried again all the same. */
  put(user: string, password: string): Promise<void>;
  /** Never rejects: the registry has refused the box already, and the broker is told again until it does too. */
  remove(user: string): Promise<void>;
}

function createUserKeeper({
  users,
  state,
  clock,
  log,
}: {
  readonly users: BrokerUsers;
  readonly state: Pick<State, "setValue">;
  readonly clock: Clock;
  readonly log: Log;
}): UserKeeper {
  /** What the broker still has to be told; undefined: the user goes. Bounded by the boxes that there are. */
  const owed = new Map<string, string | undefined>();
  /** Until the broker's own list was compared with it: everybody who ought to be let in. */
  let wanted: Map<string, string> | undefined;
  let isOurs: (user: string) => boolean = () => false;
  let stopTimer: (() => void) | undefined;
  let settling = Promise.resolve();

  const tell = async (user: string, password: string | undefined): Promise<void> => {
    owed.set(user, password);
    await (password === undefined ? users.remove(user) : users.put(user, password));
    if (owed.get(user) === password) owed.delete(user);
    if (password === undefined) await keepOut();
  };

  /** Who goes, for after a restart: a home that was deleted is not known then. What is not kept is owed until then. */
  const keepOut = async (): Promise<void> => {
    const out = [...owed.keys()].filter((user) => owed.get(user) === undefined);
    try {
      await writeUsersOut(state, out);
    } catch (error) {
      log.note("broker.users_not_kept", { count: out.length, why: messageOf(error) }, "warn");
    }
  };

  /** Compares once with what the broker has, then tells it what is owed. */
  const settle = async (): Promise<void> => {
    if (wanted !== undefined) {
      const there = new Set(await users.list());
      // Nothing is waited for from here on: who is taken in or put out meanwhile is in neither list.
      const strange: string[] = [];
      for (const user of there) {
        if (wanted.has(user) || owed.has(user)) continue;
        // Of homes that this registry has never had: an old copy of it, or another hub, must not put everybody out.
        if (isOurs(user)) owed.set(user, undefined);
        else strange.push(user);
      }
      if (strange.length > 0) {
        const named = strange.slice(0, STRANGE_NAMED).join(" ");
        log.note("broker.users_unknown", { count: strange.length, users: named }, "warn");
      }
      for (const [user, password] of wanted) {
        if (!there.has(user) && !owed.has(user)) owed.set(user, password);
      }
      wanted = undefined;
    }
    for (const [user, password] of owed) await tell(user, password);
  };

  const tryAll = (): void => {
    settling = settling.then(settle).catch((error: unknown) => {
      log.note("broker.users_owed", { count: owed.size, why: messageOf(error) }, "warn");
    });
  };

  return {
    start(inUse, before, ours) {
      wanted = new Map(inUse);
      for (const user of before) if (!inUse.has(user)) owed.set(user, undefined);
      isOurs = ours;
      tryAll();
      stopTimer = clock.every(RETRY_MS, () => {
        if (owed.size > 0 || wanted !== undefined) tryAll();
      });
    },
    stop: () => stopTimer?.(),
    put(user, password) {
      wanted?.set(user, password);
      return tell(user, password);
    },
    async remove(user) {
      wanted?.delete(user);
      owed.set(user, undefined);
      await keepOut();
      try {
        await tell(user, undefined);
      } catch (error) {
        log.note("broker.user_stays", { user, why: messageOf(error) }, "error");
      }
    },
  };
}

/** Checked only as far as a hub needs to: the box that takes it over reads it with care. */
function estateOf(body: string): HomeEstate {
  const parsed: unknown = parsedOrUndefined(body);
  if (typeof parsed !== "object" || parsed === null || !("people" in parsed) || !("values" in parsed)) {
    throw new Fault("INPUT_INVALID", "This is not what a home leaves behind.", { permanent: true });
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return parsed as unknown as HomeEstate;
}

function parsedOrUndefined(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // Said by who asked.
    return undefined;
  }
}

function refusal(kind: "unknown" | "used" | "home_known"): Fault {
  if (kind === "home_known") {
    return new Fault("CONFLICT", "This hub already knows the home of this box.", {
      fix: "Make a code for that home on the hub, so that this box becomes its box again.",
    });
  }
  return new Fault("NOT_ALLOWED", "This code is wrong, used up or too old.", {
    fix: "Check it for typing mistakes, or have a new one made on the hub.",
  });
}

const noHome = (): Fault => new Fault("NOT_FOUND", "There is no such home on this hub.");

const notInUse = (): Fault =>
  new Fault("NOT_ALLOWED", "This box is not in use here.", { fix: "Pair it again.", permanent: true });

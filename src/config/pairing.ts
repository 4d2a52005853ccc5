import Type from "typebox";
import { Check } from "typebox/value";
import { type EdgeKey } from "../crypt/edge-key.ts";
import { estateRequest, pairRequest } from "../crypt/pairing.ts";
import type { PutOut } from "../crypt/put-out.ts";
import { Fault } from "../domain/fault.ts";
import type { BedId, HomeId } from "../domain/ids.ts";
import { wall } from "../domain/time.ts";
import type { Random } from "../port/random.ts";
import type { HubAnswer, HubPost, PairingGrant } from "../port/registry.ts";
import type { State } from "../port/state.ts";
import { estateHash, estateOf, takeEstate } from "./estate.ts";

const GRANT = "pairing";
const ESTATE = "estate";
const PUT_OUT = "put_out";
/** Ids of what a hub sent (edge-settings.ts). */
const FROM_HUB = "from_hub";

const Id = Type.String({ pattern: "^[a-z2-7]{10}$" });
const NoticeSchema = Type.Object({
  home: Id,
  box: Id,
  hub: Type.String({ maxLength: 500 }),
  at: Type.Number(),
  mac: Type.String({ maxLength: 64 }),
});
const GrantSchema = Type.Object({
  home: Id,
  box: Id,
  hub: Type.String({ pattern: "^https?://" }),
  broker: Type.Object({
    url: Type.String({ pattern: "^mqtts?://" }),
    username: Type.String({ minLength: 1 }),
    password: Type.String({ minLength: 1 }),
  }),
  ca: Type.Optional(Type.String()),
  pairingKey: Type.String({ pattern: "^[\\w-]{43}$" }),
  hubTime: Type.Number(),
  ownerCode: Type.Optional(Type.String()),
  asks: Type.Optional(Type.String()),
});

/**
 * Asks a hub to take this box in. `hub`: its origin, `https://hub.example:8420`; `home`: the id that this box's home
 * has already. Nothing is kept yet: hand the grant to `takeGrant`. Rejects with what the hub refuses it with
 * (NOT_ALLOWED, CONFLICT, RATE_LIMITED), HUB_UNREACHABLE, HUB_FOREIGN or HTTP_INSECURE; it may be asked again.
 */
export async function pairWith(options: {
  readonly post: HubPost;
  readonly hub: string;
  readonly code: string;
  readonly pin?: string;
  readonly key: EdgeKey;
  readonly random: Random;
  readonly home?: HomeId;
}): Promise<PairingGrant> {
  const { post, hub, code, pin, key, random, home } = options;
  const body = pairRequest(key, code.trim(), random.bytes(16), home);
  const url = `${hub.replace(/\/+$/, "")}/api/pair`;
  const answer = await post({ method: "POST", url, body, ...(pin === undefined ? {} : { pin }) });
  refuse(answer, hub);
  return grantOf(answer.body);
}

/**
 * Makes this box the home's: takes over what another box left, then keeps home id and grant. Rejects with CONFLICT,
 * INPUT_INVALID, STATE_FAILED or UNSEALABLE; a grant that was cut short may be taken again.
 */
export async function takeGrant(state: State, { estate, ...grant }: PairingGrant): Promise<void> {
  if (estate !== undefined) await takeEstate(state, estate);
  // What another hub sent once is this box's own now: a new hub, which knows of nothing yet, must not take it away.
  else if ((await keptGrant(state))?.pairingKey !== grant.pairingKey) await state.setValue(FROM_HUB, "null");
  await state.setValue("home_id", JSON.stringify(grant.home));
  const { ownerCode: _, asks: __, ...kept } = grant;
  await state.setValue(GRANT, JSON.stringify(kept));
  await state.setValue(PUT_OUT, "null");
}

/** The hub that put this box out, until it is paired again; undefined: none did. Rejects with STATE_FAILED. */
export async function putOutBy(state: State): Promise<string | undefined> {
  const stored: unknown = JSON.parse((await state.value(PUT_OUT)) ?? "null");
  return typeof stored === "string" ? stored : undefined;
}

/** This box belongs to no hub any more. Rejects with STATE_FAILED. */
export async function endGrant(state: State, hub: string): Promise<void> {
  await state.setValue(PUT_OUT, JSON.stringify(hub));
  await state.setValue(GRANT, "null");
}

/**
 * Asks a hub whether it put this box out: the notice that it signed then, not judged yet; undefined: it did not. Rejects
 * with HUB_UNREACHABLE, HUB_FOREIGN or HTTP_INSECURE.
 */
export async function askPutOut(post: HubPost, { hub, box, ca }: PairingGrant): Promise<PutOut | undefined> {
  const url = `${hub}/api/boxes/${box}/estate`;
  // Nothing is left with it: what it says to a box in use is that this is no estate.
  const { status, body } = await post({ method: "PUT", url, body: {}, ...(ca === undefined ? {} : { ca }) });
  const notice: unknown =
    status === 410 && typeof body === "object" && body !== null ? Reflect.get(body, "putOut") : undefined;
  return Check(NoticeSchema, notice) ? { ...notice, at: wall(notice.at) } : undefined;
}

/** What a hub granted this box; undefined: it was never paired. Rejects with STATE_FAILED or UNSEALABLE. */
export async function keptGrant(state: State): Promise<PairingGrant | undefined> {
  const stored: unknown = JSON.parse((await state.value(GRANT)) ?? "null");
  return stored === null ? undefined : grantOf(stored);
}

/**
 * Leaves with the hub what the next box of this home would need, where it changed since the last time. True: it was
 * sent. Rejects with HUB_UNREACHABLE, NOT_ALLOWED where this box is revoked, STATE_FAILED; it may be asked again.
 */
export async function leaveEstate(options: {
  readonly post: HubPost;
  readonly state: State;
  readonly key: EdgeKey;
  readonly grant: PairingGrant;
  readonly beds: readonly BedId[];
}): Promise<boolean> {
  const { post, state, key, grant, beds } = options;
  const estate = await estateOf(state, beds);
  const left = leftOf(await state.value(ESTATE));
  const next = { revision: left.revision + 1, box: grant.box, hash: estateHash(estate) };
  if (left.hash === next.hash && left.box === next.box) return false;
  const request = {
    ...({ method: "PUT", url: `${grant.hub}/api/boxes/${grant.box}/estate` } as const),
    body: estateRequest(key, grant.box, next.revision, JSON.stringify(estate)),
    ...(grant.ca === undefined ? {} : { ca: grant.ca }),
  };
  const answer = await post(request);
  // The hub has this revision: it took it, and the answer was lost on its way.
  if (answer.status !== 409) refuse(answer, grant.hub);
  const kept = answer.status === 409 ? { ...next, hash: "" } : next;
  await state.setValue(ESTATE, JSON.stringify(kept));
  return answer.status !== 409;
}

function leftOf(stored: string | undefined): {
  readonly revision: number;
  readonly box?: string;
  readonly hash?: string;
} {
  const found: unknown = JSON.parse(stored ?? "null");
  return Check(LeftSchema, found) ? found : { revision: 0 };
}

const LeftSchema = Type.Object({
  revision: Type.Integer({ minimum: 0 }),
  box: Type.String(),
  hash: Type.String(),
});

function grantOf(given: unknown): PairingGrant {
  if (!Check(GrantSchema, given)) {
    throw new Fault("HUB_UNREACHABLE", "What answered is no hub that this version can be paired with.", {
      fix: "Bring hub and box to the same version.",
    });
  }
  // hubTime is branded; the estate is read with care where it is taken over.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return given as unknown as PairingGrant;
}

const REFUSALS = ["NOT_ALLOWED", "CONFLICT", "RATE_LIMITED", "INPUT_INVALID", "NOT_FOUND"] as const;

function refuse({ status, body }: HubAnswer, hub: string): void {
  if (status >= 200 && status < 300) return;
  const problem = typeof body === "object" && body !== null ? body : {};
  const text = (name: string): string | undefined => {
    const value: unknown = Reflect.get(problem, name);
    return typeof value === "string" ? value.slice(0, 500) : undefined;
  };
  // With the notice that this box was put out (askPutOut), which is no problem of the usual shape.
  const known = status === 410 ? "NOT_ALLOWED" : text("code");
  const code = REFUSALS.find((each) => each === known) ?? "HUB_UNREACHABLE";
  const fix = text("fix");
  throw new Fault(code, text("detail") ?? `${hub} answered ${status}.`, {
    ...(fix === undefined ? {} : { fix }),
    permanent: code !== "HUB_UNREACHABLE" && code !== "RATE_LIMITED",
  });
}

import { isIP } from "node:net";
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import { Fault, messageOf } from "../domain/fault.ts";
import type { PersonId } from "../domain/ids.ts";
import { MINUTE_MS, type Mono } from "../domain/time.ts";
import type { Account, Accounts, Credential } from "../port/accounts.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import type { Random } from "../port/random.ts";

/** How long a challenge waits for its answer. */
const CHALLENGE_MS = 5 * MINUTE_MS;
/** Challenges that wait at once; the oldest is forgotten first. */
const CHALLENGES_MAX = 1_000;
/** Passkeys of one person. */
const PASSKEYS_MAX = 10;

/** Where a page is: the one origin that a passkey may be used on, and the host name that it belongs to. */
export interface PasskeyPlace {
  /** `https://home.example:8420` */
  readonly origin: string;
  readonly host: string;
}

/** Passkeys by WebAuthn level 3: challenges of one use in memory, keys in the state store. */
export interface Passkeys {
  /** What a browser needs to make a passkey for this account. */
  beginMaking(place: PasskeyPlace, account: Account): Promise<object>;
  /** Keeps the passkey that the browser made. Rejects with PASSKEY_REFUSED, CONFLICT. */
  finishMaking(
    place: PasskeyPlace,
    account: Account,
    made: RegistrationResponseJSON,
    label: string,
  ): Promise<void>;
  /** What a browser needs to ask somebody, whoever it is, for a passkey. */
  beginSignIn(place: PasskeyPlace): Promise<object>;
  /** Whose passkey answered. Rejects with PASSKEY_REFUSED. */
  finishSignIn(place: PasskeyPlace, answer: AuthenticationResponseJSON): Promise<Account>;
}

/**
 * The host name that passkeys of these pages belong to; undefined where there can be none: browsers want a name, and
 * TLS unless the page is on the machine itself.
 */
function passkeyHostOf(name: string, encrypted: boolean): string | undefined {
  const host = name.toLowerCase();
  if (host === "localhost") return host;
  return encrypted && isIP(host) === 0 && !host.startsWith("[") ? host : undefined;
}

/** `passkeyHost` of the server's dependencies, where there is one. */
export function passkeysAt(name: string, encrypted: boolean): { readonly passkeyHost?: string } {
  const passkeyHost = passkeyHostOf(name, encrypted);
  return passkeyHost === undefined ? {} : { passkeyHost };
}

/** The place of a page by the Host header that its browser sent. Throws PASSKEY_NO_HOST for any other page. */
export function passkeyPlace(
  host: string | undefined,
  header: string | undefined,
  encrypted: boolean,
): PasskeyPlace {
  const origin = `${encrypted ? "https" : "http"}://${header ?? ""}`;
  const url = URL.canParse(origin) ? new URL(origin) : undefined;
  if (host !== undefined && url?.hostname === host) return { origin: url.origin, host };
  throw new Fault("PASSKEY_NO_HOST", "This page is not at an address that passkeys can belong to.", {
    fix:
      host === undefined
        ? "Set web.name to a host name and web.tls or web.ownAuthority, or sign in with a code or a password."
        : `Open the page at the name ${host}.`,
  });
}

/** Needs no start or stop: it holds no timer. The library is loaded at the first use. */
export function createPasskeys(deps: {
  readonly accounts: Accounts;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}): Passkeys {
  const { accounts, clock, random, log } = deps;
  const making = new Challenges<PersonId>(clock);
  const signingIn = new Challenges<undefined>(clock);
  const fresh = (): Uint8Array<ArrayBuffer> => Uint8Array.from(random.bytes(32));

  const refuse = (why: string): Fault => {
    log.note("passkey.refused", { why }, "warn");
    return new Fault("PASSKEY_REFUSED", "This passkey was not accepted.", {
      fix: "Try once more, or sign in with a code or a password.",
    });
  };

  return {
    async beginMaking({ host }, { id, name }) {
      const known = await accounts.credentials(id);
      if (known.length >= PASSKEYS_MAX) {
        throw new Fault("CONFLICT", `You have ${PASSKEYS_MAX} passkeys already.`, {
          fix: "Remove one that you no longer use.",
        });
      }
      const { generateRegistrationOptions } = await library();
      const options = await generateRegistrationOptions({
        rpName: "Breathwatch",
        rpID: host,
        userName: name,
        userDisplayName: name,
        userID: Uint8Array.from(Buffer.from(id)),
        challenge: fresh(),
        timeout: CHALLENGE_MS,
        attestationType: "none",
        excludeCredentials: known.map((one) => ({ id: one.id, transports: [...one.transports] })),
        // Signing in asks for no name, so the passkey itself must know whose it is.
        authenticatorSelection: { residentKey: "required", userVerification: "preferred" },
      });
      making.put(options.challenge, id);
      return options;
    },

    async finishMaking({ origin, host }, { id }, made, label) {
      const { verifyRegistrationResponse } = await library();
      const found = await verifyRegistrationResponse({
        response: made,
        expectedChallenge: (challenge) => making.take(challenge)?.of === id,
        expectedOrigin: origin,
        expectedRPID: host,
        requireUserVerification: false,
      }).catch((error: unknown) => {
        throw refuse(messageOf(error));
      });
      if (!found.verified) throw refuse("not verified");
      const { credential } = found.registrationInfo;
      if ((await accounts.credential(credential.id)) !== undefined) {
        throw new Fault("CONFLICT", "This passkey is known already.");
      }
      await accounts.addCredential({
        id: credential.id,
        account: id,
        publicKey: Buffer.from(credential.publicKey).toString("base64url"),
        counter: credential.counter,
        transports: credential.transports ?? [],
        label,
        createdAt: clock.wall(),
      });
    },

    async beginSignIn({ host }) {
      const { generateAuthenticationOptions } = await library();
      const options = await generateAuthenticationOptions({
        rpID: host,
        challenge: fresh(),
        timeout: CHALLENGE_MS,
        userVerification: "preferred",
      });
      signingIn.put(options.challenge, undefined);
      return options;
    },

    async finishSignIn({ origin, host }, answer) {
      const known = await accounts.credential(answer.id);
      if (known === undefined) throw refuse("unknown");
      const { verifyAuthenticationResponse } = await library();
      const found = await verifyAuthenticationResponse({
        response: answer,
        expectedChallenge: (challenge) => signingIn.take(challenge) !== undefined,
        expectedOrigin: origin,
        expectedRPID: host,
        credential: keptKey(known),
        requireUserVerification: false,
      }).catch((error: unknown) => {
        // A count that went back, too: somebody has a copy of the key.
        throw refuse(messageOf(error));
      });
      const { userHandle } = answer.response;
      const isOfAnother =
        userHandle !== undefined && Buffer.from(userHandle, "base64url").toString() !== known.account;
      const account = await accounts.account(known.account);
      if (!found.verified || isOfAnother || account === undefined) throw refuse("not verified");
      await accounts.useCredential(known.id, found.authenticationInfo.newCounter, clock.wall());
      return account;
    },
  };
}

/** Only whoever uses passkeys pays for the library: the process that judges alarms starts without it. */
const library = () => import("@simplewebauthn/server");

const keptKey = ({ id, publicKey, counter }: Credential) => ({
  id,
  publicKey: Uint8Array.from(Buffer.from(publicKey, "base64url")),
  counter,
});

/** Random challenges that wait for one answer each. */
class Challenges<T> {
  readonly #clock: Clock;
  readonly #waiting = new Map<string, { readonly of: T; readonly until: Mono | number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  put(challenge: string, of: T): void {
    this.#waiting.set(challenge, { of, until: this.#clock.mono() + CHALLENGE_MS });
    const oldest = this.#waiting.size > CHALLENGES_MAX ? this.#waiting.keys().next().value : undefined;
    if (oldest !== undefined) this.#waiting.delete(oldest);
  }

  /** Uses it up; undefined when it is unknown, used or too old. */
  take(challenge: string): { readonly of: T } | undefined {
    const found = this.#waiting.get(challenge);
    this.#waiting.delete(challenge);
    return found !== undefined && this.#clock.mono() < found.until ? found : undefined;
  }
}

import { useSignal } from "@preact/signals";
import type { Me } from "../../src/server/contract.ts";
import { type Answer, hasKeys, type Trouble } from "./api.ts";
import { base64urlOf, bytesOf } from "./base64url.ts";
import { isMe, type Page, usePage } from "./page.ts";
import { TroubleBox } from "./trouble.tsx";

/** Options as the server sends them (WebAuthn level 3, section 5.1.8). */
const isCreation = hasKeys<PublicKeyCredentialCreationOptionsJSON>("challenge", "rp", "user");
const isRequest = hasKeys<PublicKeyCredentialRequestOptionsJSON>("challenge");

/** The person closed the browser's own window, or it timed out: no trouble, nothing happened. */
const DISMISSED: readonly string[] = ["NotAllowedError", "AbortError"];

/** Whether passkeys work at the address of this page, in this browser. */
export const canUsePasskeys = (me: Me): boolean =>
  me.ways?.passkey === location.hostname && "credentials" in navigator && "PublicKeyCredential" in window;

/** Makes a passkey for whoever is signed in; undefined: the person let it be. */
export async function makePasskey(page: Page): Promise<Answer<undefined> | undefined> {
  const asked = await page.api.post("/api/me/passkeys/begin", {}, isCreation);
  if (!asked.ok) return asked;
  const made = await browserAsks(() => navigator.credentials.create({ publicKey: creationOf(asked.value) }));
  if (made === undefined) return undefined;
  return await page.api.tell("/api/me/passkeys", { made: jsonOf(made) });
}

async function signInByPasskey(page: Page): Promise<Answer<Me> | undefined> {
  const asked = await page.api.post("/api/sign-in/passkey/begin", {}, isRequest);
  if (!asked.ok) return asked;
  const answer = await browserAsks(() => navigator.credentials.get({ publicKey: requestOf(asked.value) }));
  if (answer === undefined) return undefined;
  return await page.api.post("/api/sign-in/passkey", { answer: jsonOf(answer) }, isMe);
}

/** The button below the code, where passkeys work. */
export function PasskeySignIn() {
  const page = usePage();
  const text = page.format.value.words.pages.signIn;
  const trouble = useSignal<Trouble | undefined>(undefined);
  const who = page.who.value;
  if (who.kind !== "known" || !canUsePasskeys(who.me)) return null;

  async function signIn(): Promise<void> {
    const answer = await signInByPasskey(page);
    trouble.value = answer?.ok === false ? answer.problem : undefined;
    if (answer?.ok === true) page.know(answer.value);
  }
  return (
    <>
      {trouble.value !== undefined && <TroubleBox trouble={trouble.value} />}
      <button type="button" class="big" onClick={() => page.handOver(signIn())}>
        {text.passkey}
      </button>
    </>
  );
}

async function browserAsks(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential | undefined> {
  try {
    const found = await ask();
    return found instanceof PublicKeyCredential ? found : undefined;
  } catch (error) {
    if (error instanceof DOMException && DISMISSED.includes(error.name)) return undefined;
    throw error;
  }
}

// Browsers before 2025 lack the three conversions of the platform, so there are small ones of our own.

function creationOf(json: PublicKeyCredentialCreationOptionsJSON): PublicKeyCredentialCreationOptions {
  if ("parseCreationOptionsFromJSON" in PublicKeyCredential) {
    return PublicKeyCredential.parseCreationOptionsFromJSON(json);
  }
  const { extensions: _, hints: __, attestation: ___, ...rest } = json;
  return {
    ...rest,
    attestation: "none",
    challenge: bytesOf(json.challenge),
    user: { ...json.user, id: bytesOf(json.user.id) },
    pubKeyCredParams: json.pubKeyCredParams.map(({ alg }) => ({ alg, type: "public-key" })),
    excludeCredentials: (json.excludeCredentials ?? []).map(({ id }) => ({
      id: bytesOf(id),
      type: "public-key",
    })),
  };
}

function requestOf(json: PublicKeyCredentialRequestOptionsJSON): PublicKeyCredentialRequestOptions {
  if ("parseRequestOptionsFromJSON" in PublicKeyCredential) {
    return PublicKeyCredential.parseRequestOptionsFromJSON(json);
  }
  const { rpId, timeout } = json;
  return {
    challenge: bytesOf(json.challenge),
    userVerification: "preferred",
    ...(rpId === undefined ? {} : { rpId }),
    ...(timeout === undefined ? {} : { timeout }),
  };
}

function jsonOf(credential: PublicKeyCredential): object {
  const isConverted: boolean = "toJSON" in credential;
  if (isConverted) return credential.toJSON();
  const { id, type, response } = credential;
  const said = { clientDataJSON: base64urlOf(response.clientDataJSON) };
  const common = { id, rawId: id, type, clientExtensionResults: {} };
  if (response instanceof AuthenticatorAttestationResponse) {
    const attestationObject = base64urlOf(response.attestationObject);
    return { ...common, response: { ...said, attestationObject } };
  }
  if (!(response instanceof AuthenticatorAssertionResponse)) return common;
  const { authenticatorData, signature, userHandle } = response;
  return {
    ...common,
    response: {
      ...said,
      authenticatorData: base64urlOf(authenticatorData),
      signature: base64urlOf(signature),
      ...(userHandle === null ? {} : { userHandle: base64urlOf(userHandle) }),
    },
  };
}

// A real provider of identities on this machine: a certified server of OpenID Connect with its own pages.
import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import { Provider } from "oidc-provider";
import type { Page } from "playwright-core";
import { freePort } from "./mosquitto.ts";

export interface ClinicSignIn {
  readonly issuer: string;
  readonly clientId: string;
  readonly secret: string;
  /** What it says of people, by the name that they type there. */
  readonly people: Map<string, { readonly name: string; readonly groups: readonly string[] }>;
  stop(): Promise<void>;
}

/** @param returnTo where it may send browsers back to. It is another site than a hub at `localhost`, as it is in life. */
export async function startClinicSignIn(returnTo: string): Promise<ClinicSignIn> {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}`;
  const [clientId, secret] = ["breathwatch", randomBytes(24).toString("hex")];
  const people: ClinicSignIn["people"] = new Map();
  const provider = new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: secret, redirect_uris: [returnTo] }],
    claims: { openid: ["sub"], profile: ["name", "groups"] },
    conformIdTokenClaims: false,
    cookies: { keys: [randomBytes(16).toString("hex")] },
    findAccount: async (_, id) => ({ accountId: id, claims: async () => ({ sub: id, ...people.get(id) }) }),
    ttl: {
      AccessToken: 600,
      AuthorizationCode: 60,
      Grant: 600,
      IdToken: 600,
      Interaction: 600,
      Session: 600,
    },
  });
  const server = await new Promise<Server>((resolve) => {
    const listening = provider.listen(port, "127.0.0.1", () => resolve(listening));
  });
  return {
    ...{ issuer, clientId, secret, people },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Signs in on the provider's own pages, and lets it tell the hub. */
export async function signInAtClinic(page: Page, login: string): Promise<void> {
  await page.locator("input[name=login]").fill(login);
  await page.locator("input[name=password]").fill("any");
  await page.getByRole("button", { name: "Sign-in" }).click();
  await page.getByRole("button", { name: "Continue" }).click();
}

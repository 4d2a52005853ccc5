import type { HomeConfig } from "./config/config.ts";
import type { OrganisationId } from "./port/accounts.ts";
import type { World } from "./port/world.ts";
import type { ServerDeps } from "./server/deps.ts";
import { createOidcProvider } from "./server/oidc-provider.ts";

/** Sign-in through the providers of identities that the hub's configuration names; empty where it names none. */
export function hubOidc(
  { http, clock, log, listen }: World,
  { hub, web }: HomeConfig,
  organisation: OrganisationId,
  secret: (file: string) => Promise<string>,
): Pick<ServerDeps, "oidc"> {
  if (hub?.oidc === undefined) return {};
  const providers = hub.oidc.map((config) => createOidcProvider({ config, http, clock, log, secret }));
  return { oidc: { origin: oidcOrigin(web, listen?.tls !== undefined), organisation, providers } };
}

/** The origin of the pages as browsers write it: a usual port is left out. */
export const oidcOrigin = ({ name, port }: HomeConfig["web"], encrypted: boolean): string =>
  new URL(`${encrypted ? "https" : "http"}://${name}:${port}`).origin;

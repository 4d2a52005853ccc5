import type { HomeConfig } from "../../config/config.ts";
import type { OidcConfig } from "../../config/oidc.ts";
import type { Finding } from "../../config/read.ts";
import { oidcOrigin } from "../../hub-oidc.ts";
import { createHttp } from "../../ops/http.ts";
import { secretFileFacts } from "../../ops/machine-facts.ts";
import { readSecretFile } from "../../ops/secret-file.ts";
import { createOidcProvider } from "../../server/oidc-provider.ts";
import type { Terminal } from "../terminal.ts";
import { ok, warning } from "./finding.ts";

/** Whether the clinic's providers of identities answer as configured; nothing where there is none. */
export async function oidcFindings(
  { hub, web }: HomeConfig,
  terminal: Terminal,
): Promise<readonly Finding[]> {
  const encrypted = web.tls !== undefined || web.ownAuthority === true;
  const findings = (hub?.oidc ?? []).map(async (config) => [
    ...(await secretFindings(config, terminal)),
    await discoveryFinding(config, terminal, oidcOrigin(web, encrypted)),
  ]);
  return (await Promise.all(findings)).flat();
}

async function secretFindings(
  { id, clientSecretFile: file }: OidcConfig,
  { folder }: Terminal,
): Promise<readonly Finding[]> {
  const facts = await secretFileFacts(file, folder);
  if (facts?.open !== true) return [];
  return [warning(`sign-in ${id}`, `others on this machine may read ${file}`, `chmod 600 ${file}`)];
}

async function discoveryFinding(config: OidcConfig, { clock }: Terminal, origin: string): Promise<Finding> {
  const where = `sign-in ${config.id}`;
  let why = "no answer";
  const log = {
    note: (_event: string, fields: { readonly [name: string]: unknown } = {}) => {
      const { why: said } = fields;
      if (typeof said === "string") why = said;
    },
  };
  const provider = createOidcProvider({
    config,
    http: createHttp(clock),
    clock,
    log,
    secret: readSecretFile,
  });
  try {
    await provider.discover();
    return ok(where, `answers; it must know ${origin}/api/sign-in/oidc/${config.id}/return`);
  } catch {
    return warning(
      where,
      `does not work: ${why.replace(/ \([A-Z_]+\)$/, "")}; other ways to sign in do`,
      "Compare hub.oidc.issuer and clientSecretFile with the provider, and see that this machine reaches it.",
      "OIDC_UNREACHABLE",
    );
  }
}

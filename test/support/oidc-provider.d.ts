/** What the tests use of the library, which brings no types of its own. */
declare module "oidc-provider" {
  import type { Server } from "node:http";

  export interface Account {
    readonly accountId: string;
    claims(): Promise<{ readonly sub: string; readonly [claim: string]: unknown }>;
  }
  export interface Configuration {
    readonly clients: readonly object[];
    readonly claims: { readonly [scope: string]: readonly string[] };
    readonly conformIdTokenClaims: boolean;
    readonly cookies: { readonly keys: readonly string[] };
    readonly findAccount: (context: unknown, id: string) => Promise<Account>;
    readonly ttl: { readonly [model: string]: number };
  }
  export class Provider {
    constructor(issuer: string, configuration: Configuration);
    listen(port: number, host: string, ready: () => void): Server;
  }
}

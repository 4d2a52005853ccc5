// A provider of identities that says whatever a test wants it to, for attacks that an honest one would never make.
import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { Fault } from "../../src/domain/fault.ts";
import type { Http, HttpRequest, HttpResponse } from "../../src/port/http.ts";

export const ISSUER = "https://id.example/realms/clinic";
export const CLIENT = "breathwatch";
export const SECRET = "the-secret-of-this-hub-0123456789abcdef";

type Answer = HttpResponse | "down";

/** What a test may change of the next answers. */
export interface Lies {
  readonly claims?: object;
  readonly header?: object;
  /** Of the ID token; "none": there is none. */
  readonly signature?: "another key" | "client secret" | "none";
  readonly discovery?: object;
  /** In place of the answer at an address that ends so. */
  readonly answers?: { readonly [ending: string]: Answer };
}

export interface OidcDouble {
  readonly http: Http;
  readonly asked: HttpRequest[];
  /** Who signs in next, as claims beside the standard's own. */
  person: { readonly sub: string; readonly [claim: string]: unknown };
  lies: Lies;
  /** Where it sends a browser back to that came with this address. */
  authorize(url: string): URL;
}

export const json = (body: object, status = 200): HttpResponse => ({
  ...{ status, headers: { "content-type": "application/json" }, body: JSON.stringify(body) },
});

export function createOidcDouble(now: () => number): OidcDouble {
  const own = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const other = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const codes = new Map<
    string,
    { readonly nonce: string; readonly challenge: string; readonly to: string }
  >();
  let issued = 0;
  const at = (path: string): string => `${ISSUER}${path}`;
  const double: OidcDouble = {
    http: {
      async request(request) {
        double.asked.push(request);
        const answer = answerTo(request);
        if (answer === "down") throw new Fault("CHANNEL_FAILED", "id.example: no answer in 5000 ms");
        return answer;
      },
    },
    asked: [],
    person: { sub: "wu-1", name: "Dr Wu", groups: ["staff", "breathwatch-therapists"] },
    lies: {},
    authorize(url) {
      const { searchParams: query } = new URL(url);
      const take = (name: string): string => query.get(name) ?? "";
      issued += 1;
      const code = `code-${issued}`;
      const to = take("redirect_uri");
      codes.set(code, { nonce: take("nonce"), challenge: take("code_challenge"), to });
      const back = new URL(to);
      back.search = new URLSearchParams({ code, state: take("state"), iss: ISSUER }).toString();
      return back;
    },
  };

  function answerTo({ url, body }: HttpRequest): Answer {
    for (const [ending, answer] of Object.entries(double.lies.answers ?? {})) {
      if (url.endsWith(ending)) return answer;
    }
    if (url === at("/.well-known/openid-configuration")) return json(discovery());
    if (url === at("/keys")) {
      return json({
        keys: [{ ...own.publicKey.export({ format: "jwk" }), kid: "k1", use: "sig", alg: "ES256" }],
      });
    }
    if (url !== at("/token")) return json({ error: "not_found" }, 404);
    const form = new URLSearchParams(Buffer.from(body ?? []).toString());
    const code = form.get("code") ?? "";
    const known = codes.get(code);
    codes.delete(code);
    const challenge = createHash("sha256")
      .update(form.get("code_verifier") ?? "")
      .digest("base64url");
    if (known?.challenge !== challenge || known.to !== form.get("redirect_uri")) {
      return json({ error: "invalid_grant" }, 400);
    }
    return json({ access_token: "x", token_type: "Bearer", id_token: idToken(known.nonce) });
  }

  const discovery = (): object => ({
    issuer: ISSUER,
    authorization_endpoint: at("/authorize"),
    token_endpoint: at("/token"),
    jwks_uri: at("/keys"),
    response_types_supported: ["code"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["ES256", "HS256", "none"],
    authorization_response_iss_parameter_supported: true,
    ...double.lies.discovery,
  });

  function idToken(nonce: string): string {
    const seconds = Math.floor(now() / 1_000);
    const { signature, header = {}, claims = {} } = double.lies;
    const alg = signature === "none" ? "none" : signature === "client secret" ? "HS256" : "ES256";
    const standard = { iss: ISSUER, aud: CLIENT, exp: seconds + 300, iat: seconds, nonce };
    const text = [
      { alg, kid: "k1", ...header },
      { ...standard, ...double.person, ...claims },
    ]
      .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
      .join(".");
    return `${text}.${signed(text, signature)}`;
  }

  function signed(text: string, how: Lies["signature"]): string {
    if (how === "none") return "";
    if (how === "client secret") return createHmac("sha256", SECRET).update(text).digest("base64url");
    const key: KeyObject = (how === "another key" ? other : own).privateKey;
    return sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }).toString("base64url");
  }
  return double;
}

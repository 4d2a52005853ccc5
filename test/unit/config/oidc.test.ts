import { describe, expect, it } from "vitest";
import { readConfig } from "../../../src/config/read.ts";

const hub = (...providers: readonly string[]): string =>
  `hub:\n  name: City Clinic\n  boxes: { host: 127.0.0.1 }\n  oidc:\n${providers.map((one) => `    - { ${one} }\n`).join("")}`;
const CITY =
  "id: city, label: City Clinic, clientId: breathwatch, clientSecretFile: /etc/city, issuer: 'https://id.city.example'";
const ROLES = "roles: [{ claim: groups, value: bw, role: therapist }]";
const read = (...providers: readonly string[]) => readConfig(hub(...providers), [], { zone: "UTC" });
const errors = (...providers: readonly string[]): readonly string[] =>
  read(...providers)
    .findings.filter(({ level }) => level === "error")
    .map(({ where, what }) => `${where}: ${what}`);

describe("the section hub.oidc", () => {
  it("asks for openid and profile, for twelve hours, unless it says otherwise", () => {
    expect(read(`${CITY}, ${ROLES}`).config?.hub?.oidc).toMatchObject([
      { id: "city", scopes: ["openid", "profile"], hours: 12 },
    ]);
    const more = `${CITY}, ${ROLES}, scopes: [groups, openid], hours: 8, emailDomain: City.Example`;
    expect(read(more).config?.hub?.oidc).toMatchObject([
      { scopes: ["openid", "groups"], hours: 8, emailDomain: "city.example" },
    ]);
  });

  it("never makes anybody an owner, or one of the family", () => {
    for (const role of ["owner", "caregiver", "patient"]) {
      expect(errors(`${CITY}, roles: [{ claim: groups, value: bw, role: ${role} }]`)).toEqual([
        expect.stringMatching(/hub\.oidc\.0\.roles\.0\.role: this value is not one of the allowed ones/),
      ]);
    }
    expect(errors(`${CITY}, roles: []`)).toHaveLength(1);
  });

  it("takes an issuer by https, or by http on this machine itself", () => {
    const at = (issuer: string) => errors(`${CITY.replace("https://id.city.example", issuer)}, ${ROLES}`);
    for (const good of ["http://127.0.0.1:9000", "http://localhost:9000/realms/x", "http://[::1]:9000"]) {
      expect(at(good)).toEqual([]);
    }
    for (const bad of ["http://id.city.example", "http://127.0.0.1.evil.example", "ftp://id.city.example"]) {
      expect(at(bad), bad).toHaveLength(1);
    }
    expect(at("https://me@id.city.example"), "a password in it").toHaveLength(1);
  });

  it("has each id and each issuer once", () => {
    expect(errors(`${CITY}, ${ROLES}`, `${CITY}, ${ROLES}`)).toEqual([
      expect.stringMatching(/hub\.oidc\.1\.id: city is there twice/),
      expect.stringMatching(/hub\.oidc\.1\.issuer: this issuer is there twice/),
    ]);
  });
});

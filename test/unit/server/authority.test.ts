import { expect, test } from "vitest";
import { startHarness } from "./harness.ts";

const authority = {
  pem: "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
  fingerprint: "42:7F:9E",
};

test.each([
  ["en", "Certificate Trust Settings"],
  ["zh-CN", "证书信任设置"],
  ["zh-TW", "憑證信任設定"],
])(
  "a phone that speaks %s is told how to trust the box, and what to compare before",
  async (language, words) => {
    const harness = await startHarness({ authority });
    const headers = { "accept-language": language };
    const page = await harness.app.inject({ method: "GET", url: "/ca", headers });
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain(words);
    expect(page.body.indexOf(authority.fingerprint)).toBeGreaterThan(0);
    expect(page.body.indexOf(authority.fingerprint)).toBeLessThan(page.body.indexOf("iPhone"));
    expect(page.body).toContain('href="/ca/breathwatch.crt"');
    const file = await harness.app.inject({ method: "GET", url: "/ca/breathwatch.crt" });
    expect(file.headers["content-type"]).toBe("application/x-x509-ca-cert");
    expect(file.body).toBe(authority.pem);
    await harness.close();
  },
);

test("a box with a public certificate has nothing to install", async () => {
  const harness = await startHarness();
  for (const url of ["/ca", "/ca/breathwatch.crt"]) {
    expect((await harness.app.inject({ method: "GET", url })).statusCode).toBe(404);
  }
  await harness.close();
});

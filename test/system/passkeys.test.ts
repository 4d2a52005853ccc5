import { afterAll, beforeAll, expect, it } from "vitest";
import { listen } from "../../src/server/listen.ts";
import { type Certificate, createCertificate } from "../support/certificate.ts";
import { type Browser, builtPages, eventually, startBrowser } from "../support/pages-browser.ts";
import { requires } from "../support/require.ts";
import { type Harness, startHarness } from "../unit/server/harness.ts";

requires("chromium", "openssl").describe("a passkey in a real browser", () => {
  let certificate: Certificate;
  let harness: Harness;
  let browser: Browser;
  let url: string;

  beforeAll(async () => {
    certificate = createCertificate();
    const { cert, key } = certificate;
    const pagesFolder = await builtPages();
    harness = await startHarness({ passkeyHost: "localhost", tls: { cert, key }, pagesFolder });
    const listening = await listen(harness.app, { host: "127.0.0.1", port: 0, tls: { cert, key } });
    url = listening.url.replace("127.0.0.1", "localhost");
    browser = await startBrowser({ ignoreCertificates: true });
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await harness.close();
    certificate.remove();
  });

  it("is made on the list of one's sign-ins, signs in without a code, and is removed there", async () => {
    const cookie = await harness.signIn("technician", "Li Wei");
    const [name = "", value = ""] = cookie.split("=");
    await browser.context.addCookies([{ name, value, url, secure: true, httpOnly: true, sameSite: "Lax" }]);
    const { page } = await browser.open(`${url}/technician`);
    const cdp = await browser.context.newCDPSession(page);
    await cdp.send("WebAuthn.enable");
    const options = {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    } as const;
    await cdp.send("WebAuthn.addVirtualAuthenticator", { options });

    await page.getByRole("button", { name: "Where you are signed in" }).click();
    await page.getByRole("button", { name: "Make a passkey" }).click();
    const passkeys = page.locator(".passkeys li");
    await eventually(() => passkeys.count()).toBe(1);

    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await page.getByRole("button", { name: "Where you are signed in" }).click();
    await eventually(() => passkeys.count()).toBe(1);
    const [one] =
      (await harness.accounts.credentials((await harness.person("technician", "Li Wei")).id)) ?? [];
    expect(one?.usedAt).toBeDefined();

    await page.locator(".passkeys").getByRole("button", { name: "Remove" }).click();
    await eventually(() => passkeys.count()).toBe(0);
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Sign in with a passkey" }).click();
    await eventually(() => page.locator(".trouble").innerText()).toContain("The passkey was not accepted.");
    expect(harness.complaints()).toEqual([]);
  });
});

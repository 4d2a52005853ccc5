// Whoever says "I'm going" is named on every other screen of the house within two seconds: a real home, three browsers.
import path from "node:path";
import { expect, onTestFinished } from "vitest";
import {
  ask,
  type RunningHome,
  scheduleFarFromNow,
  signIn,
  startHome,
  temporaryFolder,
  writeHomeConfig,
} from "../support/home.ts";
import { builtPages, type OpenPage, startBrowser } from "../support/pages-browser.ts";
import { requires } from "../support/require.ts";

const { describe, test } = requires("chromium");

/** From the press to the last screen (design, section 4: acknowledge). */
const ALL_SCREENS_MS = 2_000;

/** Somebody's page in a browser of their own. */
async function screenOf(home: RunningHome, cookie: string, page: string): Promise<OpenPage["page"]> {
  const browser = await startBrowser();
  onTestFinished(() => browser.close());
  const [name = "", value = ""] = cookie.split("=");
  await browser.context.addCookies([{ name, value, url: home.control.url }]);
  return (await browser.open(new URL(page, home.control.url).href)).page;
}

async function joined(home: RunningHome, owner: string, role: string, name: string): Promise<string> {
  const made = await ask(home, "POST", "/api/people/join-codes", { role }, owner);
  const { code } = made.body as { readonly code: string };
  const answer = await ask(home, "POST", "/api/sign-in", { code, name, language: "en" }, "");
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return answer.cookie;
}

/** Resolves to the time at which a text stands on a page. */
async function seenAt(page: OpenPage["page"], text: string): Promise<number> {
  await page.getByText(text).first().waitFor({ timeout: 20_000 });
  return performance.now();
}

describe("whoever answers an alarm", () => {
  test("is named on all other screens within two seconds", { timeout: 180_000 }, async () => {
    await builtPages();
    const folder = temporaryFolder();
    const config = writeHomeConfig(folder, {
      beds: [
        {
          id: "b1",
          watch: scheduleFarFromNow(),
          devices: [{ family: "nonin-serial", port: path.join(folder, "nothing"), label: "Oximeter" }],
        },
      ],
    });
    const home = await startHome(["home", "--config", config], {
      folder,
      dataDir: path.join(folder, "data"),
    });
    const mei = await signIn(home, "Mei");
    const ba = await joined(home, mei, "caregiver", "Ba");
    const opa = await joined(home, mei, "patient", "Opa");
    const [hers, his, patients] = await Promise.all([
      screenOf(home, mei, "/"),
      screenOf(home, ba, "/"),
      screenOf(home, opa, "/patient"),
    ]);
    const going = hers.getByRole("button", { name: "I'm going" });
    const called = await ask(home, "POST", "/api/beds/b1/call", { how: "touch", kind: "come" }, opa);
    expect(called.status, JSON.stringify(called.body)).toBeLessThan(300);
    await going.waitFor();
    await his.getByRole("button", { name: "I'm going" }).waitFor();
    const seen = [seenAt(his, "Mei is going"), seenAt(patients, "Mei is coming")];
    // What the browser needs until it presses counts too.
    const pressedAt = performance.now();
    await going.click();
    for (const at of await Promise.all(seen)) expect(at - pressedAt).toBeLessThan(ALL_SCREENS_MS);
    expect((await home.stop()).code).toBe(0);
  });
});

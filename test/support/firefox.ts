// Drives the machine's own Firefox over WebDriver BiDi: no driver program, no browser build of a test library.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import WebSocket from "ws";

export interface Firefox {
  readonly version: string;
  readonly pid: number;
  goTo(url: string): Promise<void>;
  /** Value of a JavaScript expression in the page, awaited, as if a person had just touched the page. */
  evaluate(expression: string): Promise<unknown>;
  /** Polls an expression until it is truthy; throws after 15 s with the last value. */
  until(expression: string): Promise<unknown>;
  /** Ends the browser and removes its profile. */
  close(): Promise<void>;
}

type Preferences = { readonly [name: string]: string | number | boolean };

/** Preferences that make Firefox talk to a push service on loopback and show notifications without asking. */
export const pushPreferences = (socketUrl: string): Preferences => ({
  "dom.push.serverURL": socketUrl,
  "dom.push.testing.allowInsecureServerURL": true,
  "dom.push.connection.enabled": true,
  "dom.push.userAgentID": "",
  "dom.push.retryBaseInterval": 500,
  "permissions.default.desktop-notification": 1,
  "alerts.useSystemBackend": false,
});

/** Nothing calls out to the internet on its own. */
const QUIET: Preferences = {
  "app.normandy.enabled": false,
  "app.update.enabled": false,
  "browser.aboutwelcome.enabled": false,
  "browser.safebrowsing.downloads.remote.enabled": false,
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.getAddons.cache.enabled": false,
  "media.gmp-manager.updateEnabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "remote.active-protocols": 1,
  "services.settings.server": "data:,#remote-settings-dummy/v1",
  "toolkit.telemetry.reportingpolicy.firstRun": false,
};

const START_MS = 60_000;
const END_MS = 5_000;
const UNTIL_MS = 15_000;

export async function startFirefox(preferences: Preferences = {}): Promise<Firefox> {
  const profile = mkdtempSync(path.join(tmpdir(), "breathwatch-firefox-"));
  const lines = Object.entries({ ...QUIET, ...preferences }).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  writeFileSync(path.join(profile, "user.js"), lines.join("\n"));
  const browser = spawn(
    program(),
    ["--headless", "--no-remote", "--profile", profile, "--remote-debugging-port", "0", "about:blank"],
    {
      stdio: ["ignore", "ignore", "pipe"],
      env: { ...process.env, HOME: profile, MOZ_DISABLE_CONTENT_SANDBOX: "1" },
    },
  );
  const end = async (): Promise<void> => {
    await killAndWait(browser);
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  try {
    const session = await openSession(await debuggerUrl(browser));
    const close = async (): Promise<void> => {
      try {
        await session.close();
      } finally {
        await end();
      }
    };
    return { ...session, pid: browser.pid ?? 0, close };
  } catch (thrown) {
    await end();
    throw thrown;
  }
}

function program(): string {
  const folders = (process.env["PATH"] ?? "").split(path.delimiter);
  const found = ["firefox-esr", "firefox"].find((name) =>
    folders.some((folder) => existsSync(path.join(folder, name))),
  );
  if (found === undefined) throw new Error("Firefox is not installed (package firefox-esr).");
  return found;
}

/** The address that Firefox prints when it listens. */
function debuggerUrl(browser: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    const timer = setTimeout(() => reject(new Error(`Firefox did not start: ${said}`)), START_MS);
    browser.stderr?.on("data", (text: Buffer) => {
      said = (said + text.toString()).slice(-4_000);
      const address = /WebDriver BiDi listening on (ws:\/\/\S+)/.exec(said)?.[1];
      if (address === undefined) return;
      clearTimeout(timer);
      resolve(`${address}/session`);
    });
    browser.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Error(`Firefox ended with ${code}: ${said}`));
    });
  });
}

async function openSession(url: string): Promise<Omit<Firefox, "pid">> {
  const command = await connect(url);
  const session = await command.call("session.new", { capabilities: {} });
  const tree = await command.call("browsingContext.getTree", {});
  const context: string = tree.contexts[0].context;

  const evaluate = async (expression: string): Promise<unknown> => {
    const target = { context };
    const answer = await command.call("script.evaluate", {
      ...{ expression, target, awaitPromise: true, resultOwnership: "none", userActivation: true },
    });
    if (answer.type === "exception") throw new Error(`${answer.exceptionDetails.text} in ${expression}`);
    return answer.result.value;
  };

  return {
    version: session.capabilities.browserVersion,
    goTo: (address) => command.call("browsingContext.navigate", { context, url: address, wait: "complete" }),
    evaluate,
    async until(expression) {
      const deadline = performance.now() + UNTIL_MS;
      for (;;) {
        const value = await evaluate(expression);
        if (value !== undefined && value !== null && value !== false && value !== "") return value;
        if (performance.now() > deadline)
          throw new Error(`waited 15 s for ${expression}; last: ${String(value)}`);
        await pause(50);
      }
    },
    async close() {
      // A browser that does not answer is killed by the caller.
      await Promise.race([command.call("browser.close", {}).catch(() => undefined), pause(END_MS)]);
      command.end();
    },
  };
}

/** Answers of the browser have as many shapes as commands; the callers above know theirs. */
// oxlint-disable-next-line typescript/no-explicit-any
type Answer = any;

interface Commands {
  call(method: string, parameters: object): Promise<Answer>;
  end(): void;
}

async function connect(url: string): Promise<Commands> {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", reject);
  });
  const waiting = new Map<number, { resolve: (answer: Answer) => void; reject: (error: Error) => void }>();
  let count = 0;
  socket.on("message", (text: Buffer) => {
    const message: Answer = JSON.parse(text.toString());
    const call = waiting.get(message.id);
    if (call === undefined) return;
    waiting.delete(message.id);
    if (message.type === "error") call.reject(new Error(`${message.error}: ${message.message}`));
    else call.resolve(message.result);
  });
  socket.on("close", () => {
    for (const { reject } of waiting.values()) reject(new Error("Firefox closed the connection"));
    waiting.clear();
  });
  return {
    call: (method, parameters) =>
      new Promise((resolve, reject) => {
        count += 1;
        waiting.set(count, { resolve, reject });
        socket.send(JSON.stringify({ id: count, method, params: parameters }));
      }),
    end: () => socket.terminate(),
  };
}

async function killAndWait(browser: ChildProcess): Promise<void> {
  if (browser.exitCode !== null || browser.signalCode !== null) return;
  const gone = new Promise((resolve) => browser.once("exit", resolve));
  await Promise.race([gone, pause(END_MS)]);
  if (browser.exitCode === null && browser.signalCode === null) browser.kill("SIGKILL");
  await gone;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

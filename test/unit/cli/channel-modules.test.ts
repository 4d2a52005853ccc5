import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { loadChannels } from "../../../src/cli/channel-modules.ts";
import { findConfiguration } from "../../../src/cli/configuration.ts";
import { temporaryFolder } from "../../support/home.ts";

/** A channel as somebody outside the project writes it: plain JavaScript, no import of ours. */
const bell = (id: string, more = ""): string => `
const texts = (en) => ({ en, "zh-Hans": en, "zh-Hant": en });
export const channel = {
  id: "${id}", name: texts("Bell"), summary: texts("A bell at the neighbour's."), place: "anywhere",
  access: [],
  target: [{ name: "door", kind: "text", label: texts("Door"), help: texts("Which"), required: true, maxLength: 20 }],
  steps: [], ${more}
  capabilities: { breaksDndIos: "not_applicable", breaksDndAndroid: "not_applicable", mainlandChina: "yes",
    acknowledges: false, endToEndEncrypted: false, maxBytes: 100, ratePerMinute: 60, sounds: "alarm" },
  create: ({ http }) => ({
    id: "${id}",
    capabilities: {},
    async send(target, message) {
      await http.request({ method: "POST", url: "https://bell.example/" + target.settings.door, headers: {}, timeoutMs: 1000 });
      return { outcome: "accepted", reference: message.key };
    },
  }),
};
`;

let folder: string;
const put = (name: string, text: string): void => {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
};

beforeEach(() => {
  folder = temporaryFolder();
});

describe("a channel from outside the tree", () => {
  test("is taken from its file, relative to the configuration", async () => {
    put("ways/bell.mjs", bell("door-bell"));
    const { channels, troubles } = await loadChannels(["ways/bell.mjs"], folder);
    expect(troubles).toEqual([]);
    expect(channels.map(({ id }) => id)).toEqual(["door-bell"]);
  });

  test.each<[string, string, RegExp]>([
    ["that is not there", "", /cannot be loaded/],
    ["that throws", "throw new Error('no licence')", /cannot be loaded: no licence/],
    ["without a channel", "export const answer = 42;", /exports no channel/],
    ["without a name", bell("door-bell", "name: undefined,"), /"name" is not a text in each language/],
    ["with a strange place", bell("door-bell", 'place: "moon",'), /"place" is not anywhere or house/],
    ["with the id of another", bell("bark"), /takes the id "bark"/],
    ["with the id of Web Push", bell("web-push"), /takes the id "web-push"/],
    [
      "with two channels",
      `${bell("door-bell")}export const other = { ...channel, id: "other-bell" };`,
      /more than one channel/,
    ],
  ])("%s is left out and told, and the others are taken", async (_what, text, why) => {
    if (text !== "") put("bad.mjs", text);
    put("good.mjs", bell("good-bell"));
    const { channels, troubles } = await loadChannels(["bad.mjs", "good.mjs"], folder);
    expect(channels.map(({ id }) => id)).toEqual(["good-bell"]);
    expect(troubles).toMatchObject([{ level: "warning", code: "CHANNEL_MODULE", where: "channelModules" }]);
    expect(troubles[0]?.what).toMatch(why);
    expect(troubles[0]?.what).toMatch(/nobody is called by it\.$/);
  });

  test("is found through the configuration, and a bad one does not keep the home from starting", async () => {
    put("bell.mjs", bell("door-bell"));
    put(
      "breathwatch.yaml",
      `channelModules: [bell.mjs, gone.mjs]
beds:
  - id: b1
    label: Bed
    devices: [{ family: nonin-serial, port: /dev/ttyUSB0 }]
`,
    );
    const found = await findConfiguration(undefined, { folder, environment: {} }, { zone: "Asia/Shanghai" });
    expect(found.config).toBeDefined();
    expect(found.channels.map(({ id }) => id)).toEqual(["door-bell"]);
    expect(found.findings.filter(({ code }) => code === "CHANNEL_MODULE")).toHaveLength(1);
  });
});

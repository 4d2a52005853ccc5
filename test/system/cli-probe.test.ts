// The command line finds out what hangs on a real serial port: a pseudo-terminal with a simulated device at its end.
import { readdirSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import { runCommand, startCommandLine } from "../support/command-line.ts";
import { temporaryFolder } from "../support/home.ts";
import { requires } from "../support/require.ts";

const { describe, test } = requires("socat");

interface Probed {
  readonly understood: readonly {
    readonly family: string;
    readonly frames: number;
    readonly config: string;
  }[];
  readonly heard: readonly { readonly bytes: number }[];
}
const probe = async (...argv: string[]): Promise<Probed & { readonly code: number }> => {
  const { code, data } = await runCommand(["probe", "--json", ...argv]);
  return { ...(JSON.parse(data) as Probed), code };
};

describe("probe", () => {
  test("finds a Masimo that speaks by itself, and a Dräger ventilator only when it may ask", async () => {
    const folder = temporaryFolder();
    const devices = "masimo-ascii,draeger-medibus";
    const simulating = startCommandLine([
      ...["simulate", "--scenario", "mask-off"],
      ...["--devices", devices, "--folder", folder],
    ]);
    await simulating.line(1);
    const finger = path.join(folder, "masimo-ascii");
    const ventilator = path.join(folder, "draeger-medibus");

    const [masimo, ventilation] = await Promise.all([
      probe(finger, "--seconds", "3"),
      probe(ventilator, "--seconds", "1", "--device", "draeger-medibus", "--ask"),
    ]);
    expect(masimo).toMatchObject({
      code: 0,
      understood: [
        {
          family: "masimo-ascii",
          certain: true,
          simulated: true,
          config: `- family: masimo-ascii\n  port: ${finger}`,
        },
      ],
    });
    expect(masimo.understood[0]?.frames).toBeGreaterThanOrEqual(2);
    // What was heard before anything was asked is nothing.
    expect(ventilation.heard.map(({ bytes }) => bytes > 0)).toEqual([
      ...Array.from({ length: 6 }, () => false),
      true,
    ]);
    expect(ventilation).toMatchObject({
      code: 0,
      understood: [{ family: "draeger-medibus", certain: true }],
    });

    simulating.kill("SIGTERM");
    await simulating.ended;
    expect(readdirSync(folder)).toEqual([]);
  });
});

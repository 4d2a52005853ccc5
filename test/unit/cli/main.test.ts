import { describe, expect, test } from "vitest";
import { COMMANDS } from "../../../src/cli/commands.ts";
import { faultSentence } from "../../../src/cli/fault-sentence.ts";
import { runCommandLine } from "../../../src/cli/main.ts";
import { Stopped } from "../../../src/cli/terminal.ts";
import { Fault } from "../../../src/domain/fault.ts";
import { createTestTerminal, run } from "../../support/terminal.ts";

describe("help", () => {
  test.each([[], ["help"], ["--help"], ["-h"]])("%j lists every command on stdout", async (...argv) => {
    const { code, data, words } = await run(argv);
    expect(code).toBe(0);
    expect(words).toBe("");
    for (const { name, summary } of COMMANDS)
      expect(data).toMatch(new RegExp(`^  ${name} +${summary.slice(0, 20)}`, "m"));
    expect(data).toContain("primary alarm");
  });

  test.each(COMMANDS.map(({ name }) => name))(
    "%s explains itself, whichever way it is asked",
    async (name) => {
      const asked = await run(["help", name]);
      expect(asked).toMatchObject({ code: 0, words: "" });
      expect(asked.data).toMatch(new RegExp(`^Usage: breathwatch ${name}\\b`));
      expect(await run([name, "--help"])).toEqual(asked);
      expect(await run([name, "--no-such", "-h"])).toEqual(asked);
    },
  );

  test("no line of any help text is wider than a wide terminal", async () => {
    for (const { name } of COMMANDS) {
      const { data } = await run(["help", name]);
      expect(data.split("\n").filter((line) => line.length > 120)).toEqual([]);
    }
  });

  test("the version is that of the package, with Node's", async () => {
    expect((await run(["--version"])).data).toMatch(/^breathwatch \d+\.\d+\.\d+, node 2\d\./);
  });
});

describe("wrong use ends with 2 and says what was probably meant", () => {
  const mistakes: readonly (readonly [argv: readonly string[], words: RegExp])[] = [
    [["decod"], /no command "decod"\. Did you mean "decode"\?/],
    [["zzzzzzzz"], /no command "zzzzzzzz"\.$/m],
    [["help", "judg"], /Did you mean "judge"\?/],
    [["decode", "--devise", "nonin-serial"], /no option --devise\. Did you mean --device\?/],
    [["decode", "--device"], /--device wants a value/],
    [["simulate", "--seed", "-1"], /--seed wants a value; one that begins with a dash as --seed=-1/],
    [["devices", "nonin-serial"], /"nonin-serial" is one argument too many/],
    [["decode", "--device", "nonin-seril"], /no device family "nonin-seril"\. Did you mean "nonin-serial"\?/],
    [["decode", "--device", "nonin-serial"], /Nothing to read/],
    [["judge"], /--samples FILE is missing/],
    [["judge", "--samples", "x.csv", "--class", "D"], /--class is "D", but must be A, B or C/],
    [["replay"], /FILE is missing/],
    [["replay", "x.hex", "--speed", "0"], /--speed is "0", but must be a number from 0\.1 to 1000/],
    [["replay", "x.hex", "--speed", "fast"], /--speed is "fast"/],
    [["replay", "x.hex", "--to", "serial"], /--to is "serial", but must be pty or tcp:PORT/],
    [["replay", "x.hex", "--to", "tcp:99999"], /must be a number from 0 to 65535/],
    [["replay", "x.hex", "--to", "home", "--speed", "2"], /at speed 1 only.*judge/],
    [["simulate"], /either --scenario FILE or --samples FILE/],
    [
      ["simulate", "--scenario", "mask-off", "--samples", "x.csv"],
      /either --scenario FILE or --samples FILE/,
    ],
    [["simulate", "--scenario", "mask-off", "--devices", "nonin"], /no device family "nonin"/],
    [["simulate", "--scenario", "mask-off", "--options", "formt=2"], /None of these families has an option/],
    [["simulate", "--scenario", "mask-off", "--seed=-1"], /--seed is "-1"/],
    [["drill"], /--bed B is missing/],
    [["drill", "--bed", "mama"], /--bed is "mama", but must be b1, b2/],
    [["drill", "--bed", "b1", "--for", "10"], /--for is "10", but must be a time such as 30s, 10m or 1h/],
  ];

  test.each(mistakes)("%j", async (argv, words) => {
    const ran = await run(argv);
    expect(ran.words).toMatch(words);
    expect(ran.words).toMatch(/See "breathwatch help/);
    expect(ran).toMatchObject({ code: 2, data: "" });
  });
});

describe("failures", () => {
  test("one line says what, what to do and the code; nothing of the inside", async () => {
    const { code, data, words } = await run(["judge", "--samples", "missing.csv"]);
    expect({ code, data }).toEqual({ code: 1, data: "" });
    expect(words).toMatch(
      /^breathwatch judge: missing\.csv cannot be read: .+\. Check the file's name.+ \(INPUT_INVALID\)\n$/,
    );
    expect(words).not.toMatch(/\n\s+at /);
  });

  test("BREATHWATCH_DEBUG shows where it happened", async () => {
    const { code, words } = await run(["judge", "--samples", "missing.csv"], {
      environment: { BREATHWATCH_DEBUG: "1" },
    });
    expect(code).toBe(1);
    expect(words).toMatch(/\n\s+at .*files\.ts/);
  });

  test("a fault's sentence ends once and names its code once, with or without a fix", () => {
    expect(faultSentence(new Fault("LINK_LOST", "It went away."))).toBe("It went away. (LINK_LOST)");
    expect(faultSentence(new Fault("LINK_LOST", "It went away", { fix: "Plug it in." }))).toBe(
      "It went away. Plug it in. (LINK_LOST)",
    );
  });

  test("a command that was ended from outside ends with the signal's code, whatever failed because of it", async () => {
    const terminal = createTestTerminal();
    terminal.stop(new Stopped("stopped by SIGTERM", 143));
    expect(await runCommandLine(["trends", "--samples", "missing.csv"], terminal)).toBe(143);
    expect(terminal.words()).toBe("breathwatch trends: stopped by SIGTERM\n");
  });

  test("a reader that had enough is no failure", async () => {
    const terminal = createTestTerminal();
    terminal.stop(new Stopped("nobody reads the output", 0));
    expect(await runCommandLine(["judge", "--samples", "missing.csv"], terminal)).toBe(0);
    expect(terminal.words()).toBe("");
  });
});

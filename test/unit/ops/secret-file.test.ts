import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { readSecretFile } from "../../../src/ops/secret-file.ts";
import { temporaryFolder } from "../../support/home.ts";

it("a secret is read without the blanks around it; a file without one is named with what to do", async () => {
  const file = path.join(temporaryFolder(), "secret");
  const refusal = { code: "CONFIG_UNREADABLE", message: expect.stringContaining(file) };
  await expect(readSecretFile(file)).rejects.toMatchObject(refusal);
  writeFileSync(file, "  a secret\n");
  expect(await readSecretFile(file)).toBe("a secret");
  for (const bad of ["\n", "x".repeat(4_097)]) {
    writeFileSync(file, bad);
    await expect(readSecretFile(file)).rejects.toMatchObject(refusal);
  }
});

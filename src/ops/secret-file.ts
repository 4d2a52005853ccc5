import { open } from "node:fs/promises";
import { Fault, messageOf } from "../domain/fault.ts";

const BYTES_MAX = 4_096;

/**
 * The one line of a file that holds a secret, without the blanks around it. Rejects with CONFIG_UNREADABLE for a file
 * that cannot be read, is empty or longer than 4 KiB.
 */
export async function readSecretFile(file: string): Promise<string> {
  const fix = "Write the secret alone into that file, and let the user that Breathwatch runs as read it.";
  const bad = (why: string, cause?: unknown): Fault =>
    new Fault("CONFIG_UNREADABLE", `The secret in ${file} cannot be read: ${why}`, {
      fix,
      ...(cause === undefined ? {} : { cause }),
    });
  const handle = await open(file).catch((error: unknown) => {
    throw bad(messageOf(error), error);
  });
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(BYTES_MAX + 1));
    const secret = buffer.toString("utf8", 0, bytesRead).trim();
    if (bytesRead > BYTES_MAX) throw bad("it is longer than 4 KiB");
    if (secret === "") throw bad("it is empty");
    return secret;
  } finally {
    await handle.close();
  }
}

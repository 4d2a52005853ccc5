import { readFile } from "node:fs/promises";
import path from "node:path";
import { parseJson } from "./control.ts";

/** The version of the program that this command line belongs to. */
export const ownVersion = (): Promise<string> =>
  versionIn(path.join(import.meta.dirname, "../../package.json"));

/** The version that a package.json names. Rejects where there is no such file. */
export async function versionIn(file: string): Promise<string> {
  const version = parseJson(await readFile(file, "utf8"))?.["version"];
  return typeof version === "string" ? version : "unknown";
}

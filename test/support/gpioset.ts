import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { temporaryFolder } from "./home.ts";

/**
 * A stand-in: says its version, writes down what it was given, and holds "the line" (a file that is there while it runs) as
 * the real one does, until a signal. A chip that is called `gpiochip9` is not there.
 */
export function standIn(version: string): {
  readonly environment: { readonly PATH: string };
  readonly folder: string;
} {
  const folder = temporaryFolder();
  const bin = path.join(folder, "bin");
  mkdirSync(bin);
  const script = `#!/bin/sh
if [ "$1" = --version ]; then echo "gpioset (libgpiod) ${version}"; exit 0; fi
echo "$*" >> "${folder}/given"
case "$*" in *gpiochip9*) echo "gpioset: cannot find GPIO chip character device 'gpiochip9'" >&2; exit 1;; esac
touch "${folder}/held.$$"
trap 'rm -f "${folder}/held.$$"; exit 0' TERM INT
while :; do sleep 0.02; done
`;
  writeFileSync(path.join(bin, "gpioset"), script, { mode: 0o755 });
  return { environment: { PATH: `${bin}:/usr/bin:/bin` }, folder };
}

/** What it was asked, in order. */
export const given = (folder: string): string[] =>
  existsSync(path.join(folder, "given"))
    ? readFileSync(path.join(folder, "given"), "utf8").trim().split("\n")
    : [];
/** Lines that are held now. */
export const held = (folder: string): number =>
  readdirSync(folder).filter((name) => name.startsWith("held.")).length;

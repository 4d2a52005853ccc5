import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, test } from "vitest";

/** `describe` and `test` that run only where everything asked for is there. */
export interface Conditional {
  readonly describe: typeof describe;
  readonly test: typeof test;
  /** Why the tests do not run; undefined where they do. */
  readonly missing: string | undefined;
}

/**
 * Tests that need programs of the machine: `const { test } = requires("socat")`. The names are those of
 * scripts/system-packages.mjs. Where one is missing the tests are skipped and say so in their name; in CI, where all
 * of them have to be there, asking for a missing one throws instead.
 */
export function requires(...names: string[]): Conditional {
  const have = process.env["BREATHWATCH_HAVE"];
  if (have === undefined) return skipping("run by `npm test`, which looks for programs");
  const present = have.split(",");
  const missing = names.filter((name) => !present.includes(name));
  if (missing.length === 0) return running;
  const reason = `missing: ${missing.join(", ")}`;
  if (process.env["CI"] === "true" || process.env["CI"] === "1") {
    throw new Error(`${reason}. In CI every required program must be there (npm test -- --install).`);
  }
  return skipping(reason);
}

/** Tests on a small file system of their own, which takes root and a kernel that lets it mount one. */
export function mounting(): Conditional {
  const folder = mkdtempSync(path.join(tmpdir(), "breathwatch-mount-"));
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", folder]).status === 0;
  if (mounted) spawnSync("umount", [folder]);
  rmdirSync(folder);
  return mounted ? running : skipping("mounting a file system takes root");
}

/** A place among the recordings, and tests that run only where it is there. */
export interface Recordings extends Conditional {
  readonly path: string;
}

/**
 * Tests on recordings of real machines, which are too many for this repository: $BREATHWATCH_RECORDINGS, or
 * ../shared/recordings beside the checkout. A folder that is there but lacks the place asked for is an error.
 * @param place a file or folder below it
 */
export function recordings(place = ""): Recordings {
  const beside = path.join(import.meta.dirname, "../../../shared/recordings");
  const folder = path.resolve(process.env["BREATHWATCH_RECORDINGS"] ?? beside);
  const full = path.join(folder, place);
  if (existsSync(full)) return { ...running, path: full };
  if (!existsSync(folder)) return { ...skipping("recordings folder absent"), path: full };
  throw new Error(`The recordings folder is there, but has no ${place}.`);
}

const running: Conditional = { describe, test, missing: undefined };

/** Tests that do not run, with the reason in their names. */
export function skipping(reason: string): Conditional {
  return {
    describe: withReason(describe.skipIf(true) as typeof describe, reason),
    test: withReason(test.skipIf(true) as typeof test, reason),
    missing: reason,
  };
}

/** Puts the reason into every name, also through `.each` and its like: a name is what every reporter shows. */
function withReason<Api extends object>(api: Api, reason: string): Api {
  const deeper = (value: unknown) => (typeof value === "function" ? withReason(value, reason) : value);
  return new Proxy(api, {
    get: (target, key) => deeper(Reflect.get(target, key)),
    apply: (target, self, [first, ...rest]: unknown[]) => {
      const name = typeof first === "string" ? `${first} [${reason}]` : first;
      return deeper(Reflect.apply(target as never, self, [name, ...rest]));
    },
  });
}

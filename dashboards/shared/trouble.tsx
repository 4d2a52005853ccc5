import type { FaultCode } from "../../src/domain/fault.ts";
import type { Words } from "../../src/words/en.ts";
import type { Trouble } from "./api.ts";
import { usePage } from "./page.ts";

/** Says what did not work, why, and what to do; in the reader's language, with the server's own sentence below. */
export function TroubleBox(props: { readonly trouble: Trouble; readonly title?: string }) {
  const { words } = usePage().format.value;
  const { common } = words.pages;
  const { cause, fix, detail } = explained(props.trouble, words);
  return (
    <div class="trouble" role="alert">
      <p>
        <strong>{props.title ?? common.failed}</strong>
      </p>
      <p>
        {common.cause} {cause}
      </p>
      {fix !== undefined && (
        <p>
          {common.fix} {fix}
        </p>
      )}
      {detail !== undefined && <p class="small detail">{detail}</p>}
    </div>
  );
}

interface Explanation {
  readonly cause: string;
  readonly fix: string | undefined;
  readonly detail: string | undefined;
}

function explained(trouble: Trouble, words: Words): Explanation {
  const { common } = words.pages;
  switch (trouble.kind) {
    case "unreachable":
      return { cause: common.noAnswer, fix: common.noAnswerFix, detail: undefined };
    case "strange":
      return { cause: common.notUnderstood, fix: common.notUnderstoodFix, detail: undefined };
    case "refused": {
      const { code, detail, fix } = trouble.problem;
      const known = faultWords(words, code);
      if (known === undefined) return { cause: detail, fix, detail: code };
      return { ...known, detail: [detail, fix].filter((part) => part !== undefined).join(" ") };
    }
  }
}

function faultWords(
  words: Words,
  code: string,
): { readonly cause: string; readonly fix: string } | undefined {
  const list: { readonly [code: string]: { readonly cause: string; readonly fix: string } | undefined } =
    words.faults;
  return Object.hasOwn(list, code) ? list[code] : undefined;
}

/**
 * A sentence of the server about a device: its fault code, which stands in brackets at its end, chooses the words of
 * the reader's language; the sentence itself stays below.
 */
export function ProblemLine(props: {
  readonly problem: string;
  /** The code where the sentence carries none. */
  readonly otherwise?: FaultCode;
}) {
  const { words } = usePage().format.value;
  const code = /\(([A-Z_]+)\)/.exec(props.problem)?.[1] ?? props.otherwise;
  const known = code === undefined ? undefined : faultWords(words, code);
  if (known === undefined) return <p class="problem">{props.problem}</p>;
  return (
    <p class="problem">
      {known.cause} {known.fix}
      <span class="small detail">{props.problem}</span>
    </p>
  );
}

import { SECOND_MS } from "../../domain/time.ts";
import type { Clock } from "../../port/clock.ts";
import type { Ask } from "./introduce.ts";
import { createUssdReader, type UssdAnswer } from "./ussd.ts";

export interface UssdDeps {
  readonly ask: Ask;
  readonly clock: Clock;
  readonly gone: Promise<unknown>;
  /** Who hears the stick's news meanwhile; undefined: nobody any more. */
  readonly onHear: (listener: ((line: string) => void) | undefined) => void;
}

/** Old sticks hold back their OK until the network has answered. */
const ASK_MS = 30 * SECOND_MS;
/** From the OK to the answer. */
const ANSWER_MS = 30 * SECOND_MS;
const CANCEL_MS = SECOND_MS;

/**
 * One question, one answer, whether it comes before the OK (27.007 before release 6) or after it. A dialogue that wants
 * more, or is stopped, is cancelled. Undefined: stopped.
 */
export async function askUssd(
  code: string,
  stop: AbortSignal,
  { ask, clock, gone, onHear }: UssdDeps,
): Promise<UssdAnswer | undefined> {
  const { promise, resolve } = Promise.withResolvers<UssdAnswer | undefined>();
  const reader = createUssdReader();
  const hear = (line: string): void => {
    const answer = reader.take(line);
    if (answer !== undefined) resolve(answer);
  };
  const end = (): void => resolve(undefined);
  onHear(hear);
  stop.addEventListener("abort", end, { once: true });
  gone.then(end, end);
  let cancel = (): void => undefined;
  try {
    // Without it a stick whose alphabet another program has changed takes the code for hex.
    await ask({ text: 'AT+CSCS="IRA"' }, CANCEL_MS, stop);
    const reply = await ask({ text: `AT+CUSD=1,"${code}",15` }, ASK_MS, stop);
    if (reply.result === "ok" || reply.result === "error") for (const line of reply.lines) hear(line);
    if (reply.result !== "ok") resolve(stop.aborted ? undefined : { kind: "unavailable", why: "refused" });
    cancel = clock.after(ANSWER_MS, () => resolve({ kind: "unavailable", why: "no answer" }));
    const answer = await promise;
    const isOpen = answer === undefined || answer.kind === "unavailable" || answer.wantsMore;
    if (isOpen && reply.result !== "lost") await ask({ text: "AT+CUSD=2" }, CANCEL_MS);
    return answer;
  } finally {
    cancel();
    onHear(undefined);
    stop.removeEventListener("abort", end);
  }
}

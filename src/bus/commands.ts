import type { Actor, AlarmCommand } from "../domain/alarm.ts";
import { FAULTS, Fault, type FaultCode, messageOf } from "../domain/fault.ts";
import { type Mono, SECOND_MS } from "../domain/time.ts";
import type { Bus } from "../port/bus.ts";
import type { Clock } from "../port/clock.ts";
import type { Log } from "../port/log.ts";
import { type CommandMessage, type CommandResultMessage, readCommand, write } from "./messages.ts";
import { signSaid } from "./said.ts";
import { type Command, createCommandGuard } from "./signing.ts";
import { bedTopic, type Place } from "./topics.ts";

/** What came of a command; `reason` is a sentence for the person who asked. */
export interface CommandAnswer {
  readonly accepted: boolean;
  readonly reason?: string;
  readonly code?: FaultCode;
}

export interface CommandDeskOptions extends Place {
  /** Of this bed; the desk never closes it. */
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly pairingKey: Uint8Array;
  /** Of this run of the edge, as in its retained state. */
  readonly edgeEpoch: string;
  /** Hands it to the engine in this turn; answered when it is written down. */
  act(command: AlarmCommand): Promise<CommandAnswer>;
  /** What is asked of the box itself; `id`: under which to answer. Absent: nobody may ask. */
  look?(body: LookBody, by: Actor, id: string): CommandAnswer;
  /** About the evening check of the home; may take its time, and is answered then. Absent: nobody may ask. */
  check?(body: CheckBody, by: Actor): Promise<CommandAnswer>;
}

/** The edge's end of commands from afar: each is done once, and answered as often as it is asked. */
export interface CommandDesk {
  start(): void;
  stop(): void;
}

/** As many as the guard remembers (signing.ts). */
const ANSWERS_MAX = 4_096;
const COMPLAINT_MS = 10 * SECOND_MS;

/** Idle until `start`. */
export function createCommandDesk(options: CommandDeskOptions): CommandDesk {
  const { bus, clock, log, home, bed } = options;
  const guard = createCommandGuard(options);
  const answers = new Map<string, Omit<CommandResultMessage, "v">>();
  /** At work; each ends, and the guard bounds how many come. */
  const pending = new Set<string>();
  let complainedAt: Mono | undefined;
  let stopListening: (() => void) | undefined;

  const complain = (fields: { readonly [name: string]: string }): void => {
    if (complainedAt !== undefined && clock.mono() - complainedAt < COMPLAINT_MS) return;
    complainedAt = clock.mono();
    log.note("command.refused", { bed, ...fields }, "warn");
  };

  const answer = (result: Omit<CommandResultMessage, "v">): void => {
    const said = { epoch: options.edgeEpoch, count: 0, sessions: [] };
    const text = write(result);
    // Whose key is another one could not read ours: it is told in the clear that the two do not belong together.
    const payload =
      result.refusal === "wrong_signature"
        ? text
        : signSaid(options.pairingKey, options, "command/result", text, said);
    // Unheard, it is asked again.
    bus
      .publish(bedTopic(home, bed, "command/result"), payload, { retain: false })
      .catch((error: unknown) => log.note("command.unanswered", { detail: messageOf(error) }, "debug"));
  };

  const failed = (id: string, error: unknown): CommandAnswer => {
    log.note("command.failed", { bed, id, detail: messageOf(error) }, "error");
    const code = error instanceof Fault ? error.code : "SERVER_FAILED";
    return { accepted: false, code, reason: messageOf(error) };
  };

  const obey = ({ id, person, body, ...rest }: Command): CommandAnswer | Promise<CommandAnswer> => {
    try {
      if (isLook(body)) return options.look?.(body, person, id) ?? { accepted: false, code: "NOT_ALLOWED" };
      if (isCheck(body)) return options.check?.(body, person) ?? { accepted: false, code: "NOT_ALLOWED" };
      return options.act(toAlarmCommand({ id, person, body, ...rest }, body));
    } catch (error) {
      return failed(id, error);
    }
  };

  const finish = (id: string, { accepted, reason, code }: CommandAnswer): void => {
    const result = {
      ...{ id, outcome: accepted ? ("done" as const) : ("refused" as const), at: clock.wall() },
      ...(reason === undefined ? {} : { reason }),
      ...(code === undefined ? {} : { code }),
    };
    for (const oldest of answers.keys()) {
      if (answers.size < ANSWERS_MAX) break;
      answers.delete(oldest);
    }
    answers.set(id, result);
    answer(result);
  };

  const onCommand = (_topic: string, payload: string): void => {
    const read = readCommand(payload);
    if (!read.ok) return complain({ reason: read.reason });
    const verdict = guard.judge(read.message);
    const { id } = read.message.command;
    // Asked again while it is at work: it answers when it is done.
    if (!verdict.ok && verdict.reason === "repeated" && pending.has(id)) return;
    if (!verdict.ok) {
      const given = verdict.reason === "repeated" ? answers.get(id) : undefined;
      if (given === undefined) complain({ id, reason: verdict.reason });
      answer(given ?? { id, outcome: "refused", refusal: verdict.reason, at: clock.wall() });
      return;
    }
    const outcome = obey(verdict.command);
    if (!(outcome instanceof Promise)) return finish(id, outcome);
    pending.add(id);
    outcome
      .catch((error: unknown) => failed(id, error))
      .then((late) => {
        pending.delete(id);
        finish(id, late);
      })
      .catch((error: unknown) => log.note("command.unanswered", { detail: messageOf(error) }, "warn"));
  };

  return {
    start() {
      stopListening ??= bus.subscribe(bedTopic(home, bed, "command"), onCommand);
    },
    stop() {
      stopListening?.();
      stopListening = undefined;
    },
  };
}

type Body = CommandMessage["command"]["body"];

/** What is asked of the box itself, and not of an engine. */
export type LookBody = Extract<Body, { readonly kind: "raw" | "recording" | "audit" | "hang_up" }>;

/** What is asked about the evening check of the home. */
export type CheckBody = Extract<
  Body,
  { readonly kind: "check" | "check_stop" | "check_heard" | "check_settings" }
>;

const isCheck = (body: Body): body is CheckBody =>
  ["check", "check_stop", "check_heard", "check_settings"].includes(body.kind);

const isLook = (body: Body): body is LookBody => ["raw", "recording", "audit", "hang_up"].includes(body.kind);

/** Who asks where no person does: the hub's own work. */
const HUB: Actor = { id: "hub", name: "hub" };

/** A command as it travels. Throws COMMAND_INVALID for what only the box can say of itself. */
export function toRemote(command: AlarmCommand): { readonly person: Actor; readonly body: Body } {
  if (command.kind === "self_fault") {
    throw new Fault("COMMAND_INVALID", "Only the box says what is wrong with itself.", { permanent: true });
  }
  if (command.kind === "call") return { person: HUB, body: { kind: "call", call: command.call } };
  if (command.kind === "baselines") {
    const { id: _id, ...body } = command;
    return { person: HUB, body };
  }
  const { id: _id, by, ...body } = command;
  return { person: by, body };
}

/**
 * Between an answer's id and what makes each asking for it another one: asked again, it is not told what came of it the
 * first time, since the answer may have lapsed. To the engine it is the same answer.
 */
export const EACH_TAP = "~";

/** The engine's command again. */
function toAlarmCommand(command: Command, body: Exclude<Body, LookBody | CheckBody>): AlarmCommand {
  const { person } = command;
  const [id = command.id] = command.id.split(EACH_TAP, 1);
  return body.kind === "baselines" || body.kind === "call" ? { ...body, id } : { ...body, id, by: person };
}

export const isFaultCode = (code: string): code is FaultCode => Object.hasOwn(FAULTS, code);

import type { HomeConfig } from "./config/config.ts";
import { isInputPort, type KeyConfig } from "./config/keys.ts";
import {
  type Actor,
  type AlarmCommand,
  type AlarmFold,
  type Occurrence,
  priorityRank,
} from "./domain/alarm.ts";
import { BUTTON_ID } from "./domain/button.ts";
import { messageOf } from "./domain/fault.ts";
import { type BedId, base32Id } from "./domain/ids.ts";
import type { Person } from "./domain/person.ts";
import { askingOf } from "./domain/ringing.ts";
import { MINUTE_MS } from "./domain/time.ts";
import { type Button, createKeyPort, type KeyPortState } from "./driver/key-port.ts";
import type { World } from "./port/world.ts";
import type { WakeReadiness } from "./server/contract.ts";
import { wordsIn } from "./words/index.ts";

/** Buttons that answer alarms without a screen. */
export interface Keys {
  /** Each for itself, as pages show it; empty where none is configured. */
  readonly parts: NonNullable<WakeReadiness["house"]>;
  start(): void;
  stop(): Promise<void>;
}

export interface KeysOptions {
  readonly world: Pick<World, "links" | "clock" | "random" | "log" | "state">;
  readonly config: Pick<HomeConfig, "keys" | "language">;
  /** The newest alarms of every bed of this box. */
  readonly folds: () => readonly AlarmFold[];
  /** Hands a command to a bed's engine; may throw. */
  readonly command: (bed: BedId, command: AlarmCommand) => unknown;
  /** The sounder tried at a pillow: what sounds there now, and whether a press still means the one that an alarm cut off. */
  readonly trial: {
    readonly atPillow: AlarmFold | undefined;
    takesLatePress(): boolean;
  };
  /** `parts` changed; must not throw. */
  readonly onChange: () => void;
}

/** Who is called what is asked so often: a name of the configuration is a person's where it is one of theirs. */
const PEOPLE_MS = MINUTE_MS;
const UNTRIED: KeyPortState = { ok: false, detail: "It has not been opened yet." };

/** Idle until start(). One port is opened once, however many buttons are on it. */
export function createKeys({ world, config, folds, trial, command, onChange }: KeysOptions): Keys {
  const { links, clock, random, log } = world;
  const keys = config.keys ?? [];
  const states = new Map<string, KeyPortState>();
  let people: readonly Person[] = [];
  let cancel: (() => void) | undefined;

  const learnPeople = (): void => {
    world.state.people().then(
      (known) => {
        people = known;
      },
      (thrown: unknown) => log.note("key.people_unknown", { why: messageOf(thrown) }, "warn"),
    );
  };

  const actorOf = ({ person }: KeyConfig): Actor => {
    if (person === undefined) return { id: BUTTON_ID, name: wordsIn(config.language).rooms.button };
    return { id: people.find(({ name }) => name === person)?.id ?? `${BUTTON_ID} ${person}`, name: person };
  };

  const press = (key: KeyConfig, simulated: boolean): void => {
    const by = actorOf(key);
    // Whoever was told to press for a trial means no alarm by it: neither one beside it, nor one that has just taken its place.
    const tried = simulated ? undefined : trial.atPillow;
    if (tried === undefined && !simulated && trial.takesLatePress()) {
      log.note("key.pressed", { means: key.means, answers: 0, simulated, late: true }, "warn");
      return;
    }
    const asking = tried === undefined ? folds() : [tried];
    const commands = asking.flatMap((fold) => answersTo(fold, key.means, by, simulated));
    log.note("key.pressed", { means: key.means, answers: commands.length, simulated }, "warn");
    for (const { bed, ...rest } of commands) {
      try {
        command(bed, { ...rest.command, id: `key-${base32Id(random.bytes(10))}` });
      } catch (thrown) {
        log.note("key.refused", { why: messageOf(thrown) }, "error");
      }
    }
  };

  const ports = [...new Set(keys.map(({ port }) => port))].map((port) => {
    const own = keys.filter((key) => key.port === port);
    return createKeyPort({
      ...{ address: port, buttons: own.map(buttonOf), links, clock, random, log },
      onPress(button, simulated) {
        const key = own[button];
        if (key !== undefined) press(key, simulated);
      },
      onState(state) {
        states.set(port, state);
        onChange();
      },
    });
  });

  return {
    get parts() {
      return keys.map(({ port, label }) => ({
        ...({ kind: "key", name: label } as const),
        ...(states.get(port) ?? UNTRIED),
      }));
    },
    start() {
      if (keys.length === 0) return;
      learnPeople();
      cancel = clock.every(PEOPLE_MS, learnPeople);
      for (const port of ports) port.start();
    },
    async stop() {
      cancel?.();
      await Promise.all(ports.map((port) => port.stop()));
    },
  };
}

const buttonOf = ({ port, key, line, pressed }: KeyConfig): Button => {
  if (!isInputPort(port)) return { kind: "contact", line, pressed };
  return key === undefined ? { kind: "key" } : { kind: "key", code: key };
};

type Without<Kind extends AlarmCommand["kind"]> = Omit<Extract<AlarmCommand, { kind: Kind }>, "id">;

interface Answer {
  readonly bed: BedId;
  readonly command: Without<"acknowledge"> | Without<"care_done"> | Without<"seen">;
}

/**
 * What one press says of a bed: an answer to every card that asks, each card once. `recovered`: also that care is done
 * and that what is over was seen. A button whose link is simulated answers what is simulated, and nothing else (law 7).
 */
export function answersTo(
  fold: AlarmFold,
  means: KeyConfig["means"],
  by: Actor,
  simulated: boolean,
): readonly Answer[] {
  const may = (one: Pick<Occurrence, "simulated">): boolean => !simulated || one.simulated;
  const asking = fold.open.filter(
    (one) => priorityRank(one.priority) >= priorityRank("medium") && askingOf(one) !== "silent" && may(one),
  );
  const cards = new Map(asking.map((one) => [one.card ?? one.id, one]));
  const place = means === "going" ? "going" : "bedside";
  const answers: Answer[] = [...cards.values()].map(({ id }) => ({
    bed: fold.bed,
    command: { kind: "acknowledge", occurrence: id, by, place, card: true },
  }));
  if (means !== "recovered") return answers;
  const isReal = !simulated || fold.open.every((one) => one.simulated);
  return [
    ...answers,
    ...(fold.care === undefined || !isReal
      ? []
      : [{ bed: fold.bed, command: { kind: "care_done", by } } as const]),
    ...fold.past
      .filter(({ occurrence }) => may(occurrence))
      .map(
        ({ occurrence: { id } }) =>
          ({ bed: fold.bed, command: { kind: "seen", occurrence: id, by } }) as const,
      ),
  ];
}

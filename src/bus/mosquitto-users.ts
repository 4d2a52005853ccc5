import Type from "typebox";
import { Compile } from "typebox/compile";
import { Fault } from "../domain/fault.ts";
import { base32Id } from "../domain/ids.ts";
import type { BrokerUsers, Bus } from "../port/bus.ts";
import type { Clock } from "../port/clock.ts";
import type { Random } from "../port/random.ts";
import { brokerUser } from "./acl.ts";
import { noUser } from "./broker-users.ts";
import { CONTROL_ANSWERS, CONTROL_TOPIC, homeOf, homeRole } from "./mosquitto.ts";

/** A Mosquitto with 16,000 homes takes 2.5 s for a change. */
const ANSWER_MS = 30_000;
/** A change holds the broker up while it writes its users; as long as that it then has for everybody else. */
const REST_MS_MAX = 10_000;
const PAGE = 2_000;

/** What the plugin says to one order; it knows more fields. */
const isAnswers = Compile(
  Type.Object({
    responses: Type.Array(
      Type.Object({
        command: Type.String(),
        correlationData: Type.Optional(Type.String()),
        error: Type.Optional(Type.String()),
        data: Type.Optional(
          Type.Object({
            totalCount: Type.Optional(Type.Integer()),
            clients: Type.Optional(Type.Array(Type.String())),
            roles: Type.Optional(Type.Array(Type.String())),
          }),
        ),
      }),
      { maxItems: 10 },
    ),
  }),
);

interface Answer {
  readonly error?: string;
  readonly names: readonly string[];
  readonly total: number;
}

type Order = { readonly command: string; readonly [field: string]: unknown };

/**
 * The users of a running Mosquitto, changed by orders to its dynamic security plugin over the hub's own connection
 * (docs/adr/0022): one at a time, with a rest after each.
 */
export function createMosquittoUsers(options: {
  /** Of the user `hub` that mosquittoUsersFile makes; others may not give orders. */
  readonly bus: Bus;
  readonly clock: Clock;
  readonly random: Random;
}): BrokerUsers {
  const { clock } = options;
  let last: Promise<unknown> = Promise.resolve();

  /** Orders of two callers never mix. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work, work);
    last = turn.catch(() => undefined);
    return turn;
  };

  const change = async (order: Order, ...harmless: string[]): Promise<boolean> => {
    const since = clock.mono();
    const { error } = await ask(options, order);
    const tookMs = clock.mono() - since;
    await clock.sleep(Math.min(REST_MS_MAX, tookMs));
    if (error === undefined) return true;
    if (harmless.includes(error)) return false;
    throw refused(order.command, error);
  };

  const names = async (command: "listClients" | "listRoles"): Promise<string[]> => {
    const found: string[] = [];
    for (let total = Infinity; found.length < total; ) {
      const answer = await ask(options, { command, verbose: false, count: PAGE, offset: found.length });
      if (answer.error !== undefined) throw refused(command, answer.error);
      if (answer.names.length === 0) break;
      found.push(...answer.names);
      total = answer.total;
    }
    return found;
  };

  return {
    put(user, password) {
      if (brokerUser(user)?.kind !== "box" || password === "") return Promise.reject(noUser(user));
      const { name, rules } = homeRole(homeOf(user));
      const client = { username: user, password, clientid: user, roles: [{ rolename: name, priority: 0 }] };
      return inTurn(async () => {
        await change({ command: "createRole", rolename: name, acls: rules }, "Role already exists");
        const isNew = await change({ command: "createClient", ...client }, "Client already exists");
        if (!isNew) await change({ command: "modifyClient", ...client });
      });
    },
    remove(user) {
      if (brokerUser(user)?.kind !== "box") return Promise.reject(noUser(user));
      const beginning = `${homeOf(user)}.`;
      return inTurn(async () => {
        await change({ command: "deleteClient", username: user }, "Client not found");
        const others = await names("listClients");
        if (others.some((other) => other.startsWith(beginning))) return;
        for (const rolename of await names("listRoles")) {
          if (rolename.startsWith(beginning))
            await change({ command: "deleteRole", rolename }, "Role not found");
        }
      });
    },
    list: () =>
      inTurn(async () => (await names("listClients")).filter((user) => brokerUser(user)?.kind === "box")),
  };
}

/** One order and its answer. Rejects with BUS_UNREACHABLE when there is none. */
function ask(
  { bus, clock, random }: Parameters<typeof createMosquittoUsers>[0],
  order: Order,
): Promise<Answer> {
  const correlationData = base32Id(random.bytes(10));
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      cancel();
      unsubscribe();
      settle();
    };
    const cancel = clock.after(ANSWER_MS, () => end(() => reject(silent(order.command))));
    const unsubscribe = bus.subscribe(CONTROL_ANSWERS, (_topic, payload) => {
      const answer = answerTo(correlationData, payload);
      if (answer !== undefined) end(() => resolve(answer));
    });
    const text = JSON.stringify({ commands: [{ ...order, correlationData }] });
    bus.publish(CONTROL_TOPIC, text, { retain: false }).catch((error: unknown) => end(() => reject(error)));
  });
}

/** Undefined for answers to somebody else, and for what is none. */
function answerTo(correlationData: string, payload: string): Answer | undefined {
  const answers = parsed(payload);
  if (!isAnswers.Check(answers)) return undefined;
  const own = answers.responses.find((response) => response.correlationData === correlationData);
  if (own === undefined) return undefined;
  return {
    names: own.data?.clients ?? own.data?.roles ?? [],
    total: own.data?.totalCount ?? 0,
    ...(own.error === undefined ? {} : { error: own.error }),
  };
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    // Not an answer of the plugin, like any other text that fits no schema.
    return undefined;
  }
}

const FIX =
  "Check that it runs with the configuration that `breathwatch mosquitto` writes, and the hub's password.";

const silent = (command: string): Fault =>
  new Fault("BUS_UNREACHABLE", `Mosquitto did not answer ${command} in ${ANSWER_MS} ms.`, { fix: FIX });

const refused = (command: string, error: string): Fault =>
  new Fault("BUS_UNREACHABLE", `Mosquitto refused ${command}: ${error.slice(0, 200)}.`, { fix: FIX });

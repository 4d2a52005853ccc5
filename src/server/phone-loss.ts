import { type AlertedLoss, alertedBy, type CallableWay, lossOf } from "../domain/alerted.ts";
import { accessIn } from "../domain/channel-access.ts";
import { Fault } from "../domain/fault.ts";
import type { PersonId } from "../domain/ids.ts";
import type { ChannelModule } from "../port/channel.ts";
import type { State, TargetRecord } from "../port/state.ts";
import { isReady } from "./channel-fields.ts";
import type { LossPerson, LossResponse } from "./contract/channels.ts";

/** What is about to go: one phone, what the home has with a provider, somebody with their phones, or sign-ins with theirs. */
export type Going =
  | { readonly phone: string }
  | { readonly channel: string }
  | { readonly person: PersonId }
  | { readonly signIns: readonly string[] };

/** Who would be reached less well if it went. Rejects with STATE_FAILED. */
export async function lossWithout(
  state: State,
  modules: readonly ChannelModule[],
  going: Going,
): Promise<LossResponse> {
  const [values, targets, people] = await Promise.all([state.values(), state.targets(), state.people()]);
  const ways: readonly CallableWay[] = modules.map((module) => ({
    id: module.id,
    capabilities: module.capabilities,
    isReady: isReady(module, accessIn(values, module.id)),
  }));
  const phones = targets.map(callable);
  const after =
    "channel" in going
      ? alertedBy(
          phones,
          modules.map((module, index) => ({
            ...{ id: module.id, capabilities: module.capabilities },
            isReady: module.id === going.channel ? isReady(module, undefined) : ways[index]?.isReady === true,
          })),
        )
      : alertedBy(targets.filter((target) => !goesWith(target, going)).map(callable), ways);
  const named = (ids: AlertedLoss["told"]): LossPerson[] =>
    ids.map((id) => ({ id, name: people.find((one) => one.id === id)?.name ?? id }));
  const loss = lossOf(alertedBy(phones, ways), after);
  return { told: named(loss.told), woken: named(loss.woken) };
}

/** Who would be reached less well in any of these homes: somebody may belong to several. Rejects with STATE_FAILED. */
export async function lossIn(
  states: readonly State[],
  modules: readonly ChannelModule[],
  going: Going,
): Promise<LossResponse> {
  const losses = await Promise.all(states.map((state) => lossWithout(state, modules, going)));
  const told = onceEach(losses.flatMap((loss) => loss.told));
  const woken = onceEach(losses.flatMap((loss) => loss.woken));
  return { told, woken: woken.filter(({ id }) => !told.some((one) => one.id === id)) };
}

const onceEach = (people: readonly LossPerson[]): LossPerson[] => [
  ...new Map(people.map((person) => [person.id, person])).values(),
];

function goesWith(
  { id, person, signIn }: TargetRecord,
  going: Exclude<Going, { readonly channel: string }>,
): boolean {
  if ("phone" in going) return id === going.phone;
  if ("person" in going) return person === going.person;
  return signIn !== undefined && going.signIns.includes(signIn);
}

/** Nobody is left out by a slip of the finger: without an agreement CONFLICT, naming them. */
export async function refuseFewer(
  states: State | readonly State[],
  modules: readonly ChannelModule[],
  going: Going,
  agreed: boolean,
): Promise<void> {
  if (agreed) return;
  const { told, woken } = await lossIn([states].flat(), modules, going);
  const names = [...told, ...woken].map(({ name }) => name);
  if (names.length === 0) return;
  throw new Fault("CONFLICT", `After this fewer people are woken than now: ${names.join(", ")}.`, {
    fix: "Add another phone for them first, or say that you agree.",
  });
}

const callable = ({ id, person, channel, deadSince }: TargetRecord) => ({
  ...{ id, person, channel },
  isDead: deadSince !== undefined,
});

import { type AlertedLoss, alertedBy, type CallableWay, lossOf } from "../domain/alerted.ts";
import { accessIn } from "../domain/channel-access.ts";
import { Fault } from "../domain/fault.ts";
import type { ChannelModule } from "../port/channel.ts";
import type { State, TargetRecord } from "../port/state.ts";
import { isReady } from "./channel-fields.ts";
import type { LossPerson, LossResponse } from "./contract/channels.ts";

/** What is about to go: one phone, or what the home has with a provider. */
export type Going = { readonly phone: string } | { readonly channel: string };

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
    "phone" in going
      ? alertedBy(
          phones.filter(({ id }) => id !== going.phone),
          ways,
        )
      : alertedBy(
          phones,
          modules.map((module, index) => ({
            ...{ id: module.id, capabilities: module.capabilities },
            isReady: module.id === going.channel ? isReady(module, undefined) : ways[index]?.isReady === true,
          })),
        );
  const named = (ids: AlertedLoss["told"]): LossPerson[] =>
    ids.map((id) => ({ id, name: people.find((one) => one.id === id)?.name ?? id }));
  const loss = lossOf(alertedBy(phones, ways), after);
  return { told: named(loss.told), woken: named(loss.woken) };
}

/** Nobody is left out by a slip of the finger: without an agreement CONFLICT, naming them. */
export async function refuseFewer(
  state: State,
  modules: readonly ChannelModule[],
  going: Going,
  agreed: boolean,
): Promise<void> {
  if (agreed) return;
  const { told, woken } = await lossWithout(state, modules, going);
  const names = [...told, ...woken].map(({ name }) => name);
  if (names.length === 0) return;
  throw new Fault("CONFLICT", `Without it fewer people are woken than now: ${names.join(", ")}.`, {
    fix: "Add another phone for them first, or say that you agree.",
  });
}

const callable = ({ id, person, channel, deadSince }: TargetRecord) => ({
  ...{ id, person, channel },
  isDead: deadSince !== undefined,
});

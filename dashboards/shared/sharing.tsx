import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { fill } from "../../src/words/template.ts";
import { useAsked } from "./asked.ts";
import { askingIn, Consents, consentsOf, isConsents } from "./consents.tsx";
import { type OwnHome, ownHomes } from "./own-homes.ts";
import { usePage } from "./page.ts";
import { Shares } from "./shares.tsx";
import "./sharing.css";

/**
 * Who may look into the homes that one belongs to: asked for only once it is opened. On a hub the closed line names an
 * organisation that asks to be let in.
 */
export function Sharing() {
  const page = usePage();
  const { people } = page.format.value.words;
  const open = useSignal(false);
  const asking = useSignal<ReadonlyMap<string, string | undefined>>(new Map());
  const homes = ownHomes(page);
  if (homes === undefined) return null;
  const isHub = page.who.value.kind === "known" && page.who.value.me.hub === true;
  const names = homes.flatMap(({ home }) => asking.value.get(home) ?? []);
  const onAsking = (home: string) => (name: string | undefined) => {
    asking.value = new Map(asking.value).set(home, name);
  };
  return (
    <details
      class="sharing card"
      onToggle={(event) => {
        open.value = event.currentTarget.open;
      }}
    >
      <summary>
        {people.sharing}
        {(open.value ? [] : names).map((name) => (
          <span key={name} class="asking">
            {fill(people.consents.asksShort, { name })}
          </span>
        ))}
      </summary>
      {isHub &&
        homes
          .filter(mayChange)
          .map(({ home }) => <WhoAsks key={home} home={home} onAsking={onAsking(home)} />)}
      {open.value &&
        homes.map((own) => {
          const { home, beds, title, zone } = own;
          return (
            <div key={home} class="sharing-home" data-home={home}>
              {homes.length > 1 && <h2>{title}</h2>}
              <Consents home={home} zone={zone} mayChange={mayChange(own)} onAsking={onAsking(home)} />
              {mayChange(own) && <Shares home={home} beds={beds} zone={zone} />}
            </div>
          );
        })}
    </details>
  );
}

const mayChange = ({ role }: OwnHome): boolean => role === "owner" || role === "patient";

/** Draws nothing. */
function WhoAsks(props: { readonly home: string; readonly onAsking: (name: string | undefined) => void }) {
  const known = useAsked(consentsOf(props.home), isConsents).value.value;
  useEffect(() => {
    if (known !== undefined) props.onAsking(askingIn(known));
  }, [known]);
  return null;
}

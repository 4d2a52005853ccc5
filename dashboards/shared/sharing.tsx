import { useSignal } from "@preact/signals";
import { Consents } from "./consents.tsx";
import { ownHomes } from "./own-homes.ts";
import { usePage } from "./page.ts";
import { Shares } from "./shares.tsx";
import "./sharing.css";

/** Who may look into the homes that one belongs to: asked for only once it is opened. */
export function Sharing() {
  const page = usePage();
  const { people } = page.format.value.words;
  const open = useSignal(false);
  const homes = ownHomes(page);
  if (homes === undefined) return null;
  return (
    <details
      class="sharing card"
      onToggle={(event) => {
        open.value = event.currentTarget.open;
      }}
    >
      <summary>{people.sharing}</summary>
      {open.value &&
        homes.map(({ home, role, beds, title, zone }) => {
          const mayChange = role === "owner" || role === "patient";
          return (
            <div key={home} class="sharing-home" data-home={home}>
              {homes.length > 1 && <h2>{title}</h2>}
              <Consents home={home} zone={zone} mayChange={mayChange} />
              {mayChange && <Shares home={home} beds={beds} zone={zone} />}
            </div>
          );
        })}
    </details>
  );
}

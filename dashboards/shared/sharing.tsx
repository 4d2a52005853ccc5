import { useSignal } from "@preact/signals";
import { splitBed } from "../../src/domain/ids.ts";
import { Consents } from "./consents.tsx";
import { usePage } from "./page.ts";
import { Shares } from "./shares.tsx";
import "./sharing.css";

/** Who may look into the homes that one belongs to: asked for only once it is opened. */
export function Sharing() {
  const page = usePage();
  const { people } = page.format.value.words;
  const open = useSignal(false);
  const who = page.who.value;
  if (who.kind !== "known" || who.me.person === undefined) return null;
  const { me } = who;
  const beds = page.heard.value?.beds ?? [];
  const homes = (me.homes ?? []).filter(({ through }) => through === undefined);
  return (
    <details
      class="sharing card"
      onToggle={(event) => {
        open.value = event.currentTarget.open;
      }}
    >
      <summary>{people.sharing}</summary>
      {open.value &&
        homes.map(({ home, role }) => {
          const own = beds.filter((bed) => (splitBed(bed.bed)?.home ?? me.home) === home);
          const zone = own[0]?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
          const mayChange = role === "owner" || role === "patient";
          return (
            <div key={home} class="sharing-home" data-home={home}>
              {homes.length > 1 && <h2>{own.map((bed) => bed.label).join(" · ") || home}</h2>}
              <Consents home={home} zone={zone} mayChange={mayChange} />
              {mayChange && <Shares home={home} beds={own} zone={zone} />}
            </div>
          );
        })}
    </details>
  );
}

import { useSignal } from "@preact/signals";
import { fill } from "../../src/words/template.ts";
import { usePage } from "./page.ts";
import { QrCode } from "./qr-code.tsx";

/** A link to hand on: as a QR code, to copy, and as text. `shown` is the text where it is not the link alone. */
export function LinkOut(props: { readonly link: string; readonly what: string; readonly shown?: string }) {
  const page = usePage();
  const { people } = page.format.value.words;
  const told = useSignal<string | undefined>(undefined);
  const { hostname } = new URL(props.link);
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(props.link);
      told.value = people.copied;
    } catch {
      // Refused, or a plain http address, where browsers have no clipboard for pages.
      told.value = people.notCopied;
    }
  }
  return (
    <div class="link-out">
      <QrCode text={props.link} label={fill(people.qr, { what: props.what })} />
      <p class="small">
        <code>{props.shown ?? props.link}</code>
      </p>
      <div class="toolbar">
        <button type="button" onClick={() => page.handOver(copy())}>
          {people.copy}
        </button>
        <output>{told.value}</output>
      </div>
      {["localhost", "127.0.0.1", "[::1]"].includes(hostname) && (
        <p class="problem">{fill(people.onlyHere, { name: hostname })}</p>
      )}
    </div>
  );
}

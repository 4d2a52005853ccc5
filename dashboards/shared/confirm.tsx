import { useSignal } from "@preact/signals";
import { Dialog } from "./dialog.tsx";
import { usePage } from "./page.ts";

/** A button whose deed is done only after a second tap that says what follows. */
export function Confirm(props: {
  readonly label: string;
  readonly title: string;
  readonly text: string;
  readonly onSure: () => Promise<void>;
}) {
  const page = usePage();
  const { keep } = page.format.value.words.people;
  const asking = useSignal(false);
  const close = (): void => {
    asking.value = false;
  };
  return (
    <>
      <button
        type="button"
        onClick={() => {
          asking.value = true;
        }}
      >
        {props.label}
      </button>
      {asking.value && (
        <Dialog title={props.title} onClose={close}>
          <p>{props.text}</p>
          <div class="buttons">
            <button
              type="button"
              class="primary"
              onClick={() => {
                close();
                page.handOver(props.onSure());
              }}
            >
              {props.label}
            </button>
            <button type="button" onClick={close}>
              {keep}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

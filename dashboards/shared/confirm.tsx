import { useSignal } from "@preact/signals";
import { Dialog } from "./dialog.tsx";
import { usePage } from "./page.ts";

/** What is to be known before a deed, and what the button says then. */
export interface Caution {
  readonly text: string;
  readonly label: string;
}

/** A button whose deed is done only after a second tap that says what follows; `onlyCautioned`: where somebody loses by it. */
export function Confirm(props: {
  readonly label: string;
  readonly title: string;
  readonly text: string;
  /** Asked before: more to know, with another word on the button. Absent, or undefined: there is none. */
  readonly before?: () => Promise<Caution | undefined>;
  /** Without such a thing it is done with the first tap. */
  readonly onlyCautioned?: true;
  /** `isCautioned`: whether there was. */
  readonly onSure: (isCautioned: boolean) => Promise<void>;
}) {
  const page = usePage();
  const asking = useSignal(false);
  const caution = useSignal<Caution | undefined>(undefined);
  const close = (): void => {
    asking.value = false;
  };
  async function ask(): Promise<void> {
    caution.value = await props.before?.();
    if (props.onlyCautioned === true && caution.value === undefined) await props.onSure(false);
    else asking.value = true;
  }
  return (
    <>
      <button type="button" onClick={() => page.handOver(ask())}>
        {props.label}
      </button>
      {asking.value && <Question {...props} caution={caution.value} onClose={close} />}
    </>
  );
}

/** What follows from a deed, and the two buttons: to do it, and to leave things as they are. */
export function Question(props: {
  readonly label: string;
  readonly title: string;
  readonly text: string;
  readonly caution: Caution | undefined;
  readonly onSure: (isCautioned: boolean) => Promise<void>;
  readonly onClose: () => void;
}) {
  const page = usePage();
  const { caution, onClose } = props;
  return (
    <Dialog title={props.title} onClose={onClose}>
      {caution !== undefined && (
        <p class="problem" role="alert">
          {caution.text}
        </p>
      )}
      <p>{props.text}</p>
      <div class="buttons">
        <button
          type="button"
          class="primary"
          onClick={() => {
            onClose();
            page.handOver(props.onSure(caution !== undefined));
          }}
        >
          {caution?.label ?? props.label}
        </button>
        <button type="button" onClick={onClose}>
          {page.format.value.words.people.keep}
        </button>
      </div>
    </Dialog>
  );
}

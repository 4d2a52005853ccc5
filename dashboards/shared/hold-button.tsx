import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { usePage } from "./page.ts";

const HOLD_MS = 2_000;

/**
 * A button that must be held, so that a sleepy tap does nothing. Assistive technology that can only click gets through
 * at once: a question follows in any case.
 */
export function HoldButton(props: {
  readonly label: string;
  readonly hint: string;
  readonly onHeld: () => void;
}) {
  const page = usePage();
  const holding = useSignal(false);
  const cancel = useRef<(() => void) | undefined>(undefined);
  useEffect(() => () => cancel.current?.(), []);

  function begin(): void {
    if (holding.value) return;
    holding.value = true;
    cancel.current = page.clock.after(HOLD_MS, () => {
      holding.value = false;
      props.onHeld();
    });
  }
  function end(): void {
    cancel.current?.();
    holding.value = false;
  }
  const isPress = (event: KeyboardEvent) => event.key === "Enter" || event.key === " ";
  return (
    <button
      type="button"
      class={holding.value ? "big hold holding" : "big hold"}
      onPointerDown={begin}
      onPointerUp={end}
      onPointerLeave={end}
      onPointerCancel={end}
      onContextMenu={(event) => event.preventDefault()}
      onKeyDown={(event) => {
        if (!isPress(event)) return;
        event.preventDefault();
        begin();
      }}
      onKeyUp={(event) => {
        if (isPress(event)) end();
      }}
      onBlur={end}
      onClick={(event) => {
        // A click without any pointer or key before it: a screen reader or a switch.
        if (event.detail === 0) props.onHeld();
      }}
    >
      {props.label}
      <span class="small">{props.hint}</span>
    </button>
  );
}

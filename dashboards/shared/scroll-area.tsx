import type { ComponentChildren } from "preact";

/** A part that scrolls by itself; the keyboard reaches it, so that its end can be read without a mouse. */
export function ScrollArea(props: {
  readonly label: string;
  readonly class?: string;
  readonly children: ComponentChildren;
}) {
  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must take the focus
    <section class={`table-scroll ${props.class ?? ""}`} aria-label={props.label} tabIndex={0}>
      {props.children}
    </section>
  );
}

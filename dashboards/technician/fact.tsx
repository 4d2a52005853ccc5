import type { ComponentChildren } from "preact";

/** A name with its value, inside `<dl class="facts">`. */
export function Fact(props: {
  readonly name: string;
  readonly wide?: boolean;
  readonly children: ComponentChildren;
}) {
  return (
    <div class={props.wide === true ? "wide" : undefined}>
      <dt>{props.name}</dt>
      <dd>{props.children}</dd>
    </div>
  );
}

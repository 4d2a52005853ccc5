import { useMemo } from "preact/hooks";
import encodeQR from "qr";

/** Light modules around a code, as readers need them. */
const BORDER = 4;

/** A text as a QR code: dark on light whatever the page's colours are, drawn as one path. */
export function QrCode(props: { readonly text: string; readonly label: string }) {
  const { size, path } = useMemo(() => drawn(props.text), [props.text]);
  return (
    <svg
      class="qr"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={props.label}
      data-text={props.text}
    >
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}

function drawn(text: string): { readonly size: number; readonly path: string } {
  const rows = encodeQR(text, "raw", { ecc: "medium", border: BORDER });
  const path = rows.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return { size: rows.length, path };
}

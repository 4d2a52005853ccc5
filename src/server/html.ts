import { createHash } from "node:crypto";
import type { FastifyReply } from "fastify";
import type { Language } from "../domain/person.ts";
import { contentPolicy } from "./security.ts";

/** A page that must work without any of the built ones: no script, one style, one thing to do. */
export interface PlainPage {
  readonly language: Language;
  readonly heading: string;
  readonly paragraphs: readonly string[];
  /** One big button that posts to the page's own address. */
  readonly button?: string;
  /** Posted with the button. */
  readonly field?: { readonly name: string; readonly value: string };
  readonly link?: { readonly text: string; readonly to: string };
}

const STYLE = `
:root { color-scheme: light dark; font: 20px/1.5 system-ui, sans-serif; }
body { margin: 0; padding: 1.5rem; max-width: 34rem; margin-inline: auto; }
h1 { font-size: 1.6rem; line-height: 1.25; }
button { font: inherit; font-size: 2rem; font-weight: 700; width: 100%; min-height: 40vh; border: 0;
  border-radius: 1rem; background: #0b5; color: #000; cursor: pointer; }
button:focus-visible, a:focus-visible { outline: 4px solid; outline-offset: 4px; }
a { display: inline-block; padding: 0.75rem 0; color: inherit; }
`;

const POLICY = contentPolicy({
  "style-src": `'sha256-${createHash("sha256").update(STYLE).digest("base64")}'`,
  "script-src": "'none'",
});

/** Sends a plain page; everything in it is escaped. */
export function sendPlainPage(reply: FastifyReply, status: number, page: PlainPage): FastifyReply {
  return reply
    .code(status)
    .headers({ "content-security-policy": POLICY, "cache-control": "no-store" })
    .type("text/html; charset=utf-8")
    .send(render(page));
}

function render({ language, heading, paragraphs, button, field, link }: PlainPage): string {
  const hidden =
    field === undefined
      ? ""
      : `<input type="hidden" name="${escape(field.name)}" value="${escape(field.value)}">`;
  const body = [
    `<h1>${escape(heading)}</h1>`,
    ...paragraphs.map((text) => `<p>${escape(text)}</p>`),
    button === undefined ? "" : `<form method="post">${hidden}<button>${escape(button)}</button></form>`,
    link === undefined ? "" : `<p><a href="${escape(link.to)}">${escape(link.text)}</a></p>`,
  ];
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${escape(heading)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
${body.filter((part) => part !== "").join("\n")}
</main>
</body>
</html>
`;
}

const ESCAPES: { readonly [character: string]: string } = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? "");

/** The first language of a browser's list that we have; English otherwise. */
export function languageOf(acceptLanguage: string | undefined): Language {
  for (const range of (acceptLanguage ?? "").slice(0, 200).toLowerCase().split(",")) {
    const tag = (range.split(";", 1)[0] ?? "").trim();
    if (tag === "en" || tag.startsWith("en-")) return "en";
    if (/^zh-(hant|tw|hk|mo)\b/.test(tag)) return "zh-Hant";
    if (tag === "zh" || tag.startsWith("zh-")) return "zh-Hans";
  }
  return "en";
}

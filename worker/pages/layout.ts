import { toBase64Url } from "../../domain/encoding/base64url.ts";
import { escapeHtml } from "../routes/docs/html.ts";

/** Light and dark, by the reader's own setting. */
const STYLE = `
:root { color-scheme: light dark; --line: #8885; --dim: #6b7280; --accent: #2f6fde; --paper: #fff; --ground: #f3f5f8; }
@media (prefers-color-scheme: dark) { :root { --paper: #1b1f27; --ground: #11141a; --dim: #9aa3b2; --accent: #5b93f5; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem;
  font: 16px/1.5 system-ui, sans-serif; background: var(--ground); }
main { width: 100%; max-width: 27rem; background: var(--paper); border: 1px solid var(--line); border-radius: 12px;
  padding: 1.75rem 2rem 2rem; }
header { font-weight: 700; letter-spacing: .01em; margin-bottom: 1.25rem; }
header::before { content: ""; display: inline-block; width: .8rem; height: .8rem; margin-right: .5rem;
  border-radius: 3px; background: var(--accent); }
h1 { font-size: 1.3rem; line-height: 1.3; margin: 0 0 .5rem; }
p { margin: .5rem 0; } .dim, dt { color: var(--dim); }
code { display: block; margin: 1rem 0; padding: .7rem; text-align: center; border: 1px dashed var(--line);
  border-radius: 8px; font: 700 1.6rem/1.2 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; letter-spacing: .12em; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .25rem 1rem; margin: 1rem 0; } dd { margin: 0; overflow-wrap: anywhere; }
label { display: block; margin: 1rem 0 .35rem; font-weight: 600; }
input { width: 100%; padding: .6rem .75rem; font: inherit; border: 1px solid var(--line); border-radius: 8px; background: transparent; }
input[name=user_code] { text-transform: uppercase; letter-spacing: .1em; }
.button, button { display: block; width: 100%; margin-top: .75rem; padding: .65rem 1rem; font: inherit; font-weight: 600;
  text-align: center; text-decoration: none; cursor: pointer; border-radius: 8px; border: 1px solid var(--line);
  background: transparent; color: inherit; }
.first { background: var(--accent); border-color: var(--accent); color: #fff; }
.button:focus-visible, button:focus-visible, input:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.warn { border-left: 3px solid #d97706; padding: .1rem 0 .1rem .8rem; }
.bad { border-left: 3px solid #c8372d; padding: .1rem 0 .1rem .8rem; }
details { margin-top: 1.5rem; border-top: 1px solid var(--line); padding-top: .75rem; } summary { cursor: pointer; color: var(--dim); }
`;

/**
 * A whole page: no script, nothing from elsewhere, in nobody's frame; its forms go to this manager alone.
 * @param content HTML whose texts are escaped
 */
export function page(
  title: string,
  content: string,
  init: { status?: number; headers?: Headers } = {},
): Response {
  const nonce = toBase64Url(crypto.getRandomValues(new Uint8Array(16)));
  const headers = init.headers ?? new Headers();
  headers.set("Content-Type", "text/html; charset=utf-8");
  headers.set("Cache-Control", "no-store");
  headers.set(
    "Content-Security-Policy",
    `default-src 'none'; style-src 'nonce-${nonce}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'`,
  );
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="same-origin"><meta name="robots" content="noindex">
<title>${escapeHtml(title)} · KubeNova</title><style nonce="${nonce}">${STYLE}</style></head>
<body><main><header>KubeNova</header><h1>${escapeHtml(title)}</h1>${content}</main></body></html>`;
  return new Response(html, { status: init.status ?? 200, headers });
}

/** A paragraph of text. */
export const paragraph = (text: string, kind = ""): string =>
  `<p${kind === "" ? "" : ` class="${kind}"`}>${escapeHtml(text)}</p>`;

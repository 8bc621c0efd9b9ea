/** Text that may stand in an element or in a quoted attribute. */
export const escapeHtml = (text: string): string =>
  text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");

/** Escaped, with `code` between back quotes and paragraphs at empty lines. */
export const prose = (text: string): string =>
  text
    .split(/\n{2,}/)
    .map((paragraph) => `<p>${escapeHtml(paragraph).replace(/`([^`]+)`/g, "<code>$1</code>")}</p>`)
    .join("");

export const block = (text: string): string => `<pre>${escapeHtml(text)}</pre>`;

export const json = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(value, null, 2);

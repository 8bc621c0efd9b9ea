import { type Drawing, FILL, labelLines, toneOf } from "./view.ts";

/**
 * A graph in Graphviz' DOT language. Every name and label is a quoted string in which `"` and `\` are escaped: in one
 * nothing else ends it, and neither HTML nor an attribute can be smuggled in. Pure; equal graphs make equal text.
 */
export function toDot({ title, nodes, edges }: Drawing): string {
  const known = new Set(nodes.map(({ id }) => id));
  const lines = [
    "digraph {",
    `  label=${quoted([title])};`,
    "  rankdir=LR;",
    '  node [shape=box, style="rounded,filled", fontname="sans-serif"];',
    ...nodes.map(
      (node) =>
        `  ${quoted([node.id])} [label=${quoted(labelLines(node))}, fillcolor=${quoted([FILL[toneOf(node.state)]])}];`,
    ),
    ...edges
      .filter(({ from, to }) => known.has(from) && known.has(to))
      .map(
        ({ from, to, kind }) =>
          `  ${quoted([from])} -> ${quoted([to])}${kind === "implied" ? " [style=dashed]" : ""};`,
      ),
    "}",
  ];
  return `${lines.join("\n")}\n`;
}

/** Lines as one string; `\n` between them is DOT's own line break. */
const quoted = (lines: readonly string[]): string => `"${lines.map(escaped).join("\\n")}"`;

const escaped = (text: string): string =>
  [...text]
    .map((character) => (character === "\\" || character === '"' ? `\\${character}` : visible(character)))
    .join("");

/** Control characters and halves of surrogate pairs are no text. */
const visible = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0xd800 && code <= 0xdfff) ? " " : character;
};

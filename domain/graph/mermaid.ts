import { type Drawing, FILL, labelLines, type Tone, toneOf } from "./view.ts";

const TONES = Object.keys(FILL) as Tone[];

/**
 * A graph as a Mermaid flowchart. Nodes have names of ours (n0, n1 …), and in labels only letters, digits and a few
 * harmless signs stand as they are: everything else is an entity by number, which Mermaid shows and never reads. Pure;
 * equal graphs make equal text.
 */
export function toMermaid({ title, nodes, edges }: Drawing): string {
  const names = new Map(nodes.map(({ id }, index) => [id, `n${index}`]));
  const used = new Set(nodes.map(({ state }) => toneOf(state)));
  const lines = [
    "flowchart LR",
    ...(plain(title) === "" ? [] : [`  accTitle: ${plain(title)}`]),
    ...nodes.map((node) => `  ${names.get(node.id)}["${label(labelLines(node))}"]:::${toneOf(node.state)}`),
    ...edges.flatMap(({ from, to, kind }) => {
      const [left, right] = [names.get(from), names.get(to)];
      return left && right ? [`  ${left} ${kind === "implied" ? "-.->" : "-->"} ${right}`] : [];
    }),
    ...TONES.filter((tone) => used.has(tone)).map(
      (tone) => `  classDef ${tone} fill:${FILL[tone]},stroke:#555,color:#111`,
    ),
  ];
  return `${lines.join("\n")}\n`;
}

/** Mermaid reads a line with these words as a statement, wherever in it they stand. */
const STATEMENT = /(direction) +(?=TB|BT|RL|LR|TD)/gi;

const label = (lines: readonly string[]): string =>
  lines.map(escaped).join("<br/>").replace(STATEMENT, "$1#32;");

const escaped = (text: string): string =>
  [...text]
    .map((character) => (/[A-Za-z0-9 .,:/_-]/.test(character) ? character : entity(character)))
    .join("");

/** Halves of surrogate pairs are no text. */
const entity = (character: string): string => {
  const code = character.codePointAt(0) ?? 0;
  return code < 0x20 || (code >= 0xd800 && code <= 0xdfff) ? " " : `#${code};`;
};

/** A title knows no entities. */
const plain = (text: string): string =>
  text
    .replace(/[^A-Za-z0-9 ./_-]/g, " ")
    .replace(STATEMENT, "$1-")
    .trim();

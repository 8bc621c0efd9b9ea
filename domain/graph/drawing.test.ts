import { instance } from "@viz-js/viz";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { toDot } from "./dot.ts";
import { toMermaid } from "./mermaid.ts";
import type { Drawing, ViewNode } from "./view.ts";

const node = (id: string, state: string, more: Partial<ViewNode> = {}): ViewNode => {
  const [kind = "", name = ""] = id.split("/");
  return { id, kind, name, namespace: "acme-shop-prod", state, ...more };
};

const shop: Drawing = {
  title: "web in prod",
  nodes: [
    node("ConfigMap/web-files", "Ready"),
    node("Secret/db", "Failed", { message: 'admission webhook "x" denied it:\nbecause <b>no</b>' }),
    node("Deployment/web", "Blocked", { message: "waits for Secret db, which is Failed" }),
    node("Service/web", "Progressing", { message: "no endpoint yet" }),
    node("Widget.example.com/w", "Sleeping", { namespace: undefined } as Partial<ViewNode>),
  ],
  edges: [
    { from: "ConfigMap/web-files", to: "Deployment/web", kind: "implied" },
    { from: "Secret/db", to: "Deployment/web", kind: "implied" },
    { from: "Deployment/web", to: "Service/web", kind: "explicit" },
    { from: "gone", to: "Service/web", kind: "explicit" },
  ],
};

const hostile: Drawing = {
  title: '"]; } <script>',
  nodes: [
    node('x"] [URL="javascript:1', "Ready"),
    node("<<B>bold</B>>", 'Failed"];end', { message: 'a\\"b\\' }),
    node("end", "Failed", { message: "]:::bad\nclick n0 call alert() #quot; %%{init: {}}%%\n```" }),
    node("日本語\u0000\ud800", "Ready"),
  ],
  edges: [{ from: "end", to: 'x"] [URL="javascript:1', kind: "explicit" }],
};

interface Parsed {
  name?: string;
  objects?: { name: string; label?: string }[];
  edges?: { tail: number; head: number; style?: string }[];
}
const viz = await instance();
const parsed = (text: string): Parsed => viz.renderJSON(text) as Parsed;

describe("a graph as DOT", () => {
  it("is what Graphviz reads back: nodes, labels, edges", async () => {
    const text = toDot(shop);
    await expect(text).toMatchFileSnapshot("golden/shop.dot");
    const { objects = [], edges = [] } = parsed(text);
    expect(objects.map(({ name }) => name)).toEqual(shop.nodes.map(({ id }) => id));
    const named = (index: number) => objects[index]?.name;
    expect(edges.map(({ tail, head, style }) => [named(tail), named(head), style])).toEqual([
      ["ConfigMap/web-files", "Deployment/web", "dashed"],
      ["Secret/db", "Deployment/web", "dashed"],
      ["Deployment/web", "Service/web", undefined],
    ]);
  });

  it("keeps hostile names and messages text", async () => {
    const text = toDot(hostile);
    await expect(text).toMatchFileSnapshot("golden/hostile.dot");
    const { objects = [], edges = [] } = parsed(text);
    expect(objects).toHaveLength(4);
    expect(edges).toHaveLength(1);
    expect(objects.some((one) => "URL" in one)).toBe(false);
    expect(objects.slice(0, 3).map(({ name }) => name)).toEqual(
      hostile.nodes.slice(0, 3).map(({ id }) => id),
    );
  });

  it("has all nodes, whatever they are called", () => {
    const ids = fc.uniqueArray(fc.string({ unit: "grapheme", minLength: 1 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(ids, fc.string({ unit: "grapheme" }), (names, message) => {
        const nodes = names.map((id) => ({ id, kind: "K", name: id, state: "Failed", message }));
        const distinct = new Set(nodes.map(({ id }) => id.replace(/[\p{Cc}\p{Cs}]/gu, " ")));
        expect(parsed(toDot({ title: message, nodes, edges: [] })).objects).toHaveLength(distinct.size);
      }),
    );
  });
});

describe("a graph as Mermaid", () => {
  it("is a flowchart", async () => {
    await expect(toMermaid(shop)).toMatchFileSnapshot("golden/shop.mermaid");
  });

  it("keeps hostile names and messages text", async () => {
    await expect(toMermaid(hostile)).toMatchFileSnapshot("golden/hostile.mermaid");
  });

  /** Mermaid's own grammar, as far as we write it: its parser needs a browser. */
  const LINE =
    /^( {2}n\d+\["([A-Za-z0-9 .,:/_-]|#\d+;|<br\/>)*"\]:::(good|busy|waiting|bad|unknown)| {2}n\d+ (-->|-\.->) n\d+| {2}classDef [a-z]+ fill:#[0-9a-f]{6},stroke:#555,color:#111| {2}accTitle: [A-Za-z0-9./_-][A-Za-z0-9 ./_-]*|flowchart LR)$/;

  it("has no words that Mermaid reads as a statement in the middle of a line", () => {
    const words = "a direction  TB here";
    const text = toMermaid({ title: words, nodes: [node("K/a", "Failed", { message: words })], edges: [] });
    expect(text).toContain("accTitle: a direction-TB here");
    expect(text).toContain("a direction#32;TB here");
  });

  it("has one line a node and nothing that Mermaid would read as more, whatever they are called", () => {
    const text = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(fc.uniqueArray(text, { maxLength: 5 }), text, text, (names, state, message) => {
        const nodes = names.map((id) => ({ id, kind: "K", name: id, state, message }));
        const [first] = names;
        const edges = first === undefined ? [] : [{ from: first, to: first, kind: "implied" as const }];
        const lines = toMermaid({ title: message, nodes, edges }).trimEnd().split("\n");
        for (const line of lines) expect(line).toMatch(LINE);
        expect(lines.filter((line) => line.includes('["'))).toHaveLength(nodes.length);
      }),
    );
  });
});

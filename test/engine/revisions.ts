import { APPLIER_SERVICE_ACCOUNT } from "../../domain/names/labels.ts";
import type { GraphNode, ResourceGraphSpec } from "../../protocol/resources/graph.ts";

/** Kinds of the nodes, in turn. A node of one kind stays of it under each of its names. */
const KINDS = [
  "ConfigMap",
  "ConfigMap",
  "Secret",
  "ServiceAccount",
  "Role",
  "ConfigMap",
  "Service",
  "ConfigMap",
] as const;
type Kind = (typeof KINDS)[number];

export const KIND_TYPES = [
  { apiVersion: "v1", kind: "ConfigMap" },
  { apiVersion: "v1", kind: "Secret" },
  { apiVersion: "v1", kind: "ServiceAccount" },
  { apiVersion: "v1", kind: "Service" },
  { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role" },
] as const;

/** One node of a graph that is revised: in it or not, under a name, with a content. */
interface Member {
  index: number;
  isIn: boolean;
  /** How often it was renamed, and how often its content was changed. */
  name: number;
  content: number;
  after: number[];
}

/** A graph of about `size` nodes in a row of random revisions: nodes added, dropped, changed, renamed, made once. */
export class Revisions {
  readonly #members: Member[];
  readonly #random: () => number;
  /** How many of the first nodes stay for ever, under their name. */
  readonly #kept: number;
  #hooks = 0;
  #number = 0;

  constructor(size: number, random: () => number) {
    this.#random = random;
    this.#kept = Math.ceil(size / 4);
    const spare = Math.ceil(size / 4);
    this.#members = Array.from({ length: size + spare }, (_, index) => ({
      ...{ index, isIn: index < size, name: 0, content: 0, after: this.#afterOf(index) },
    }));
  }

  get number(): number {
    return this.#number;
  }

  /** Changes about this share of the nodes, and adds one that is made once. */
  revise(share = 0.2): void {
    this.#number += 1;
    this.#hooks += 1;
    for (const member of this.#members) {
      if (this.#random() >= share) continue;
      const kind = this.#random();
      if (member.index < this.#kept || kind < 0.4) member.content += 1;
      else if (kind < 0.55) member.name += 1;
      else member.isIn = !member.isIn;
    }
  }

  spec(): ResourceGraphSpec {
    const members = this.#members.filter(({ isIn }) => isIn);
    const ids = new Set(members.map(({ index }) => index));
    const nodes = members.map((member) => ({
      id: `n${member.index}`,
      object: objectOf(member),
      dependsOn: member.after.filter((index) => ids.has(index)).map((index) => `n${index}`),
    }));
    return {
      applyAs: { kind: "ServiceAccount", name: APPLIER_SERVICE_ACCOUNT },
      metadata: { name: "storm", version: String(this.#number) },
      nodes: [...nodes, ...this.#madeOnce()],
    };
  }

  /** The newest three: an older one leaves the graph and is pruned. */
  #madeOnce(): GraphNode[] {
    const numbers = Array.from({ length: this.#hooks }, (_, n) => n + 1).slice(-3);
    return numbers.map((n) => ({
      id: `once${n}`,
      object: {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: `once-${n}` },
        data: { run: String(n) },
      },
      dependsOn: ["n0"],
      applyPolicy: { mode: "Create" },
    }));
  }

  #afterOf(index: number): number[] {
    const count = Math.floor(this.#random() * 3);
    const earlier = Array.from({ length: count }, () => Math.floor(this.#random() * index));
    return index === 0 ? [] : [...new Set(earlier)];
  }
}

function objectOf({ index, name, content }: Member): GraphNode["object"] {
  const kind = KINDS[index % KINDS.length] as Kind;
  const metadata = {
    name: `n${index}${name === 0 ? "" : `-${name}`}`,
    annotations: { content: `c${content}` },
  };
  const apiVersion = kind === "Role" ? "rbac.authorization.k8s.io/v1" : "v1";
  return { apiVersion, kind, metadata, ...bodyOf(kind, content) };
}

/** What one revision of it has and the next has not, beside what changes. */
function bodyOf(kind: Kind, content: number): Record<string, unknown> {
  const odd = content % 2 === 1;
  const text = { value: `v${content}`, ...(odd ? { odd: "yes" } : {}) };
  if (kind === "ConfigMap") return { data: text };
  if (kind === "Secret") return { data: { value: Buffer.from(text.value).toString("base64") } };
  if (kind === "ServiceAccount") return { automountServiceAccountToken: odd };
  if (kind === "Role")
    return {
      rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: odd ? ["get", "list"] : ["get"] }],
    };
  return { spec: { clusterIP: "None", ports: [{ name: "http", port: 8000 + (content % 1000) }] } };
}

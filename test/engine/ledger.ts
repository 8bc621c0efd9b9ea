import { MANAGED_SELECTOR } from "../../agent/engine/marks.ts";
import { createReflector, type Kube, type KubeObject, type LiveObject } from "../../agent/kube/index.ts";
import { ANNOTATION } from "../../domain/names/labels.ts";
import type { ResourceGraphSpec } from "../../protocol/resources/graph.ts";
import { KIND_TYPES } from "./revisions.ts";

/** What a graph's objects have come to. All of them 0 where nothing is wrong. */
export interface Verdict {
  /** Named by the graph and not there, or not as it says; or somebody else's and gone. */
  lost: number;
  /** Made again under a name that the graph never let go; made twice where it is to be made once. */
  duplicated: number;
  /** They carry the graph's mark, and the graph does not name them. */
  orphaned: number;
  /** The first of each, in words. */
  says: string[];
}

interface Life {
  uid: string;
  /** The earliest revision that may have made it; once settled, that one. */
  since: number;
}

/**
 * Follows every object of a namespace with our label and remembers its lives, so that what was deleted and made again
 * between two looks is seen too.
 */
export class Ledger {
  readonly #kube: Kube;
  readonly #namespace: string;
  readonly #lags: boolean;
  #settledAt = 0;
  readonly #lives = new Map<string, Life>();
  /** Revisions, by what each names. */
  readonly #named: Set<string>[] = [];
  readonly #again = new Map<string, string>();
  readonly #reflectors: ReturnType<typeof createReflector<LiveObject>>[];

  /** `lags`: a controller writes the graph, and may be at any revision since the last that was settled. */
  constructor(kube: Kube, namespace: string, { lags = false } = {}) {
    this.#kube = kube;
    this.#lags = lags;
    this.#namespace = namespace;
    this.#reflectors = KIND_TYPES.map((type) => {
      const options = { type, namespace, labelSelector: MANAGED_SELECTOR };
      const reflector = createReflector<LiveObject>(kube, { ...options, transform: (object) => object });
      reflector.on({ added: (live) => this.#see(live), updated: (live) => this.#see(live) });
      return reflector;
    });
  }

  get synced(): Promise<unknown> {
    return Promise.all(this.#reflectors.map(({ synced }) => synced));
  }

  /** A revision is about to be written. */
  next(spec: ResourceGraphSpec): void {
    this.#named.push(new Set(spec.nodes.map(({ object }) => keyOf(object))));
  }

  /** The newest revision is done: what is there now may not change its UID for what went before. */
  settled(): void {
    this.#settledAt = this.#named.length - 1;
    for (const life of this.#lives.values()) life.since = this.#settledAt;
  }

  /** Compares the cluster with the graph. `others`: objects that are nobody's business. */
  async judge(graphUid: string, spec: ResourceGraphSpec | undefined, others: KubeObject[]): Promise<Verdict> {
    const live = new Map<string, LiveObject>();
    for (const type of KIND_TYPES)
      for (const one of (await this.#kube.list(type, { namespace: this.#namespace })).items)
        live.set(keyOf(one), one);
    const wanted = new Map((spec?.nodes ?? []).map(({ object }) => [keyOf(object), object]));
    const lost = [...wanted, ...others.map((one) => [keyOf(one), one] as const)].flatMap(([key, object]) => {
      const found = live.get(key);
      return found && isWithin(object, found)
        ? []
        : [`${key} ${found ? "is not as it should be" : "is not there"}`];
    });
    const orphaned = [...live].flatMap(([key, { metadata }]) =>
      metadata.annotations?.[ANNOTATION.graph] === graphUid && !wanted.has(key)
        ? [`${key} was left behind`]
        : [],
    );
    const duplicated = [...this.#again.values()];
    const says = [lost, duplicated, orphaned].flatMap((some) => some.slice(0, 3));
    return { lost: lost.length, duplicated: duplicated.length, orphaned: orphaned.length, says };
  }

  async stop(): Promise<void> {
    await Promise.all(this.#reflectors.map((one) => one.stop()));
  }

  #see(live: LiveObject): void {
    const key = keyOf(live);
    const { uid } = live.metadata;
    const newest = this.#named.length - 1;
    const life = this.#lives.get(key);
    if (life?.uid === uid) return;
    if (life && this.#named.slice(Math.max(0, life.since), newest + 1).every((names) => names.has(key)))
      this.#again.set(`${key} ${uid}`, `${key} was made again`);
    this.#lives.set(key, { uid, since: this.#lags ? this.#settledAt : newest });
  }
}

/** All of them are in one namespace. */
const keyOf = ({ kind, metadata }: KubeObject): string => `${kind} ${metadata.name}`;

/** Maps of text are to be equal, all else to hold what is asked for. */
function isWithin(wanted: unknown, live: unknown, path = ""): boolean {
  if (Array.isArray(wanted))
    return (
      Array.isArray(live) &&
      wanted.length === live.length &&
      wanted.every((item, n) => isWithin(item, live[n], path))
    );
  if (typeof wanted !== "object" || wanted === null) return wanted === live;
  if (typeof live !== "object" || live === null) return false;
  if (path === ".data" && Object.keys(wanted).length !== Object.keys(live).length) return false;
  return Object.entries(wanted).every(([key, value]) =>
    isWithin(value, (live as Record<string, unknown>)[key], `${path}.${key}`),
  );
}

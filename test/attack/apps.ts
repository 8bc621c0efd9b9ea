import { expect } from "vitest";
import { configMap, type Release, rawSpec } from "../e2e/lib.ts";
import { until } from "../lib/until.ts";
import { seeded } from "./plan.ts";
import type { Scene } from "./scene.ts";

export const PROJECT = "/api/v1/tenants/acme/projects/shop";
export const NAMESPACE = "acme-shop-staging";

/** `Kind/namespace/name` → what a write or a new life of the object would change. */
export type Standing = Map<string, { uid: string; resourceVersion: string; version: string | undefined }>;

const IN_FLIGHT = 16;
const CONVERGE_DEADLINE_MS = 120_000;
/** All that the agent writes for apps and projects; its own state and Lease are no desired state. */
const KINDS =
  "configmaps,novatenants,novaprojects,novaapps,resourcegraphs,serviceaccounts,roles,rolebindings,namespaces";

/** Apps of one ConfigMap each, and what was answered about them: a model that the cluster is compared with. */
export class Apps {
  /** Newest version of each app that is not deleted. */
  readonly versions = new Map<string, number>();
  readonly deleted = new Set<string>();
  readonly #scene: Scene;
  readonly #random: () => number;
  #made = 0;

  constructor(scene: Scene, seed: number) {
    this.#scene = scene;
    this.#random = seeded(seed);
  }

  async create(count: number): Promise<void> {
    const names = Array.from({ length: count }, () => `app-${this.#made++}`);
    await inParallel(names, (name) => this.change(name));
  }

  async change(name: string): Promise<void> {
    const version = (this.versions.get(name) ?? 0) + 1;
    const spec = rawSpec([configMap(name, { version: String(version) })]);
    await this.#scene.api.put(`${PROJECT}/apps/${name}`, { spec });
    this.versions.set(name, version);
  }

  async remove(name: string): Promise<void> {
    await this.#scene.api.delete(`${PROJECT}/apps/${name}`);
    this.versions.delete(name);
    this.deleted.add(name);
  }

  /** Changes and deletes apps of the seed's choice, mixed, some changed twice. @returns those that nobody touched */
  async attack(changes: number, deletions: number): Promise<string[]> {
    const mixed = this.shuffled([...this.versions.keys()]);
    const changed = mixed.slice(0, changes);
    const removed = mixed.slice(changes, changes + deletions);
    const twice = changed.filter(() => this.#random() < 0.1);
    const acts = [
      ...changed.map((name) => () => this.change(name)),
      ...removed.map((name) => () => this.remove(name)),
    ];
    await inParallel(this.shuffled(acts), (act) => act());
    await inParallel(twice, (name) => this.change(name));
    return mixed.slice(changes + deletions);
  }

  shuffled<T>(items: readonly T[]): T[] {
    return items
      .map((item) => ({ item, order: this.#random() }))
      .sort((a, b) => a.order - b.order)
      .map(({ item }) => item);
  }

  /** An integer from `low` up to, not including, `high`. */
  between(low: number, high: number): number {
    return low + Math.floor(this.#random() * (high - low));
  }

  /** What stands in the whole cluster now. */
  async standing(): Promise<Standing> {
    const { items } = await this.#scene.kubectl.json<{ items: Listed[] }>("get", KINDS, "--all-namespaces");
    const ours = items.filter(({ metadata }) => metadata.name !== "kubenova-agent-state");
    return new Map(
      ours.map(({ kind, metadata: { namespace = "", name, uid, resourceVersion }, data }) => [
        `${kind}/${namespace}/${name}`,
        { uid, resourceVersion, version: data?.version },
      ]),
    );
  }

  /** How many apps of the cluster are not as they should be: older, missing, or there though they were deleted. */
  wrong(standing: Standing): string[] {
    const stale = [...this.versions].filter(
      ([name, version]) => standing.get(configMapKey(name))?.version !== String(version),
    );
    const left = [...this.deleted].filter((name) => keysOf(name).some((key) => standing.has(key)));
    return [...stale.map(([name]) => name), ...left];
  }

  /** Waits until the cluster is as it was asked to be, and until nothing is written any more. */
  async settled(): Promise<Standing> {
    let last: Standing = new Map();
    return until(
      "the cluster is as asked, and still",
      async () => {
        const now = await this.standing();
        const wrong = this.wrong(now);
        if (wrong.length > 0)
          throw new Error(`${wrong.length} are not, such as ${wrong.slice(0, 3).join(", ")}`);
        const still = sameStanding(last, now);
        last = now;
        return still && now;
      },
      { deadlineMs: CONVERGE_DEADLINE_MS, everyMs: 500 },
    );
  }

  /** Waits until the API says of each app that its newest version is Ready. */
  async told(): Promise<void> {
    await inParallel([...this.versions], async ([name, version]) => {
      const path = `${PROJECT}/apps/${name}/releases/staging`;
      await until(
        `${name} is Ready at ${version}`,
        async () => {
          const { body } = await this.#scene.api.get<Release>(path);
          return body.phase === "Ready" && body.revision.number === version;
        },
        { deadlineMs: CONVERGE_DEADLINE_MS, everyMs: 250 },
      );
    });
  }
}

interface Listed {
  kind: string;
  metadata: { name: string; namespace?: string; uid: string; resourceVersion: string };
  data?: { version?: string };
}

const configMapKey = (name: string): string => `ConfigMap/${NAMESPACE}/${name}`;

/** What a raw app of one ConfigMap is in the cluster. */
export const keysOf = (name: string): string[] => [
  configMapKey(name),
  `NovaApp/${NAMESPACE}/${name}`,
  `ResourceGraph/${NAMESPACE}/app-${name}`,
];

/** Nothing of `before` was written, deleted or made anew, but for what belongs to the apps named. */
export function expectUntouched(before: Standing, after: Standing, apart: Iterable<string>): void {
  const touched = new Set([...apart].flatMap(keysOf));
  const rest = (standing: Standing) => Object.fromEntries([...standing].filter(([key]) => !touched.has(key)));
  expect(rest(after)).toEqual(rest(before));
}

/** Each object of `before` is there, the same one; it may have been written. */
export function expectNoneLost(before: Standing, after: Standing, apart: Iterable<string> = []): void {
  const gone = new Set([...apart].flatMap(keysOf));
  const lost = [...before].filter(([key, { uid }]) => !gone.has(key) && after.get(key)?.uid !== uid);
  expect(lost).toEqual([]);
}

function sameStanding(a: Standing, b: Standing): boolean {
  return (
    a.size === b.size &&
    [...a].every(([key, { resourceVersion }]) => b.get(key)?.resourceVersion === resourceVersion)
  );
}

export async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
}

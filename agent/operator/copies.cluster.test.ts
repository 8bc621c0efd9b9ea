import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { until } from "../../test/lib/until.ts";
import {
  API,
  app,
  awaitPhase,
  configMap,
  isGone,
  type RunningOperator,
  raw,
  readyProject,
  statusOf,
} from "../../test/operator/fixture.ts";
import { type OperatorFixture, operatorFixture } from "../../test/operator/operator-fixture.ts";
import type { Kube, LiveObject, ManagedFieldsEntry } from "../kube/index.ts";

/**
 * Marks are text that anybody may copy. An operator is ended between its apply and the record of it, somebody makes the
 * object anew with everything that can be copied, and the object leaves its app: it must stay. What the operator made
 * itself must go, recorded or not.
 */
const project = `copies${Date.now().toString(36)}`;
let fixture: OperatorFixture;
let kube: Kube;
let operator: RunningOperator | undefined;
let namespace: string;
let made = 0;
let name: string;

const start = async (withoutGraphStatus = false) => {
  operator = await fixture.start({ withoutGraphStatus });
};
const stop = async () => {
  await operator?.stop();
  operator = undefined;
};
const ref = () => ({ apiVersion: "v1", kind: "ConfigMap", namespace, name: `${name}-b` });
const live = () => kube.get(ref());
const declare = (revision: number, ...maps: string[]) =>
  kube.apply(
    app({ project, name, source: raw(...maps.map((one) => configMap(`${name}-${one}`))), revision }),
    {
      force: true,
    },
  );
const exists = () =>
  live().then(
    () => true,
    () => false,
  );

/** What `kubectl get -o yaml | kubectl create -f -` makes; with the record of the field managers, where it is given. */
const copyOf = async (source: LiveObject, managedFields?: ManagedFieldsEntry[]): Promise<LiveObject> => {
  const { labels, annotations } = source.metadata;
  await kube.delete(ref());
  const metadata = { name: source.metadata.name, namespace, labels, annotations };
  const copy = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { a: "1" } };
  const created = await kube.create(copy, { fieldManager: "kubectl-create" });
  return managedFields ? kube.patch(ref(), { metadata: { managedFields } }) : created;
};
/** As a backup brings it back: from before the object existed. */
const anHourOld = ({ metadata: { managedFields = [] } }: LiveObject): ManagedFieldsEntry[] => {
  const time = new Date(Date.now() - 3_600_000).toISOString().replace(/\.\d+/, "");
  return managedFields.map((entry) => ({ ...entry, time }));
};

beforeAll(async () => {
  fixture = await operatorFixture();
  kube = fixture.kube;
  await start();
  namespace = await readyProject(kube, project);
  await stop();
});
afterAll(() => fixture?.close());
beforeEach(async () => {
  await stop();
  made += 1;
  name = `c${made}`;
});

/** Applied, and ended before its UID was recorded. */
const appliedUnrecorded = async (): Promise<LiveObject> => {
  await start(true);
  await declare(1, "a", "b");
  await until("it is applied", exists);
  await until("all applies are answered", () => (operator?.writes().length ?? 0) >= 4);
  await stop();
  const graph = await kube.get({ apiVersion: API, kind: "ResourceGraph", namespace, name: `app-${name}` });
  expect(graph.status).toBeUndefined();
  return live();
};
/** The app drops the object; then all that is to happen has happened. The graph's record follows the app's status. */
const dropped = async () => {
  await declare(2, "a");
  if (!operator) await start();
  await awaitPhase(kube, namespace, name, "Ready");
  await until("the record holds what is left", async () => {
    const graph = await kube.get({ apiVersion: API, kind: "ResourceGraph", namespace, name: `app-${name}` });
    const { inventory = [] } = graph.status as { inventory?: { name: string }[] };
    expect(inventory.map((entry) => entry.name)).toEqual([`${name}-a`]);
    return true;
  });
};

describe("an object that was applied, and whose UID nobody recorded", () => {
  it("goes when its app drops it: this graph made it", async () => {
    await appliedUnrecorded();
    await dropped();
    expect(await exists()).toBe(false);
  });

  it("is recorded by the next operator, without a write to it", async () => {
    const before = await appliedUnrecorded();
    await start();
    await awaitPhase(kube, namespace, name, "Ready");
    expect((await live()).metadata.resourceVersion).toBe(before.metadata.resourceVersion);
  });

  it("stays when its app drops it, where somebody made it anew with copied marks", async () => {
    const copy = await copyOf(await appliedUnrecorded());
    await dropped();
    expect((await live()).metadata.uid).toBe(copy.metadata.uid);
  });

  it("stays too where the copy brought the record of its field managers along", async () => {
    const source = await appliedUnrecorded();
    const copy = await copyOf(source, anHourOld(source));
    expect(copy.metadata.managedFields?.map(({ manager }) => manager)).toContain("kubenova");
    await dropped();
    expect((await live()).metadata.uid).toBe(copy.metadata.uid);
  });

  it("stays when the whole app is deleted", async () => {
    const copy = await copyOf(await appliedUnrecorded());
    await start();
    const owner = { apiVersion: API, kind: "NovaApp", namespace, name };
    await kube.delete(owner);
    await until("the app is gone", () => isGone(kube, owner));
    expect((await live()).metadata.uid).toBe(copy.metadata.uid);
    expect(await isGone(kube, { ...ref(), name: `${name}-a` })).toBe(true);
  });
});

describe("an object whose UID is recorded", () => {
  const recorded = async () => {
    await start();
    await declare(1, "a", "b");
    await awaitPhase(kube, namespace, name, "Ready");
    return live();
  };

  it("that was copied while no operator ran is neither written nor taken: its app says so", async () => {
    const source = await recorded();
    await stop();
    const copy = await copyOf(source);
    await start();
    await declare(1, "a", "b");
    await until("it is refused", async () =>
      /was made by somebody else/.test(JSON.stringify(await statusOf(kube, "NovaApp", name, namespace))),
    );
    expect((await live()).metadata.resourceVersion).toBe(copy.metadata.resourceVersion);
    await dropped();
    expect((await live()).metadata.uid).toBe(copy.metadata.uid);
  });

  it("is made anew when the copy is deleted", async () => {
    const source = await recorded();
    await stop();
    await copyOf(source);
    await start();
    await until("it is refused", async () =>
      /was made by somebody else/.test(JSON.stringify(await statusOf(kube, "NovaApp", name, namespace))),
    );
    await kube.delete(ref());
    await awaitPhase(kube, namespace, name, "Ready");
    await dropped();
    expect(await exists()).toBe(false);
  });

  it("and that the operator made anew itself goes too, though the new UID was never recorded", async () => {
    await recorded();
    await stop();
    await start(true);
    const before = await live();
    await kube.delete(ref());
    await until("it is made anew", async () => {
      const now = await live().catch(() => before);
      return now.metadata.uid !== before.metadata.uid;
    });
    await stop();
    await dropped();
    expect(await exists()).toBe(false);
  });
});

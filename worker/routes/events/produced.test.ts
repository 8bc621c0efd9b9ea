import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { EVENTS, isEventType } from "../../../protocol/events/catalogue.ts";
import { type PublishedEvent, publishedEventSchema } from "../../../protocol/events/envelope.ts";
import { deliverStored } from "../../../queues/deliver.ts";
import { api } from "../../../test/workerd/api.ts";
import { givenCluster } from "../../../test/workerd/catalogue.ts";
import { HeldClusters } from "../../../test/workerd/clusters.ts";
import { eventsByIds } from "../../store/outbox.ts";

const SHOP = "/tenants/acme/projects/shop";
const spec = (tag: string) => ({
  spec: { specVersion: 1, source: { image: { image: `registry.local/web:${tag}` } } },
});

interface Step {
  method: string;
  path: string;
  body?: unknown;
  /** Events that it tells, in order. */
  tells: string[];
}

const STEPS: Step[] = [
  { method: "PUT", path: "/tenants/acme", body: {}, tells: ["evt.tenant.created"] },
  { method: "PUT", path: "/tenants/acme", body: { displayName: "Acme" }, tells: ["evt.tenant.updated"] },
  { method: "PUT", path: "/tenants/acme", body: { displayName: "Acme" }, tells: [] },
  {
    method: "PUT",
    path: "/tenants/acme/limits",
    body: { streams: 9 },
    tells: ["evt.tenant.limits-changed"],
  },
  { method: "PUT", path: SHOP, body: {}, tells: ["evt.project.created"] },
  { method: "PATCH", path: SHOP, body: { displayName: "Shop" }, tells: ["evt.project.updated"] },
  {
    method: "PUT",
    path: `${SHOP}/environments/staging`,
    body: { placement: { cluster: "one" } },
    tells: ["evt.environment.created"],
  },
  {
    method: "PUT",
    path: `${SHOP}/apps/web`,
    body: spec("1"),
    tells: ["evt.app.created", "evt.deploy.requested"],
  },
  {
    method: "PUT",
    path: `${SHOP}/apps/web`,
    body: spec("2"),
    tells: ["evt.app.updated", "evt.deploy.requested"],
  },
  { method: "PUT", path: `${SHOP}/apps/web`, body: spec("2"), tells: [] },
  {
    method: "POST",
    path: `${SHOP}/apps/web/releases/staging:rollback`,
    body: {},
    tells: ["evt.deploy.rolled-back"],
  },
  {
    method: "PATCH",
    path: `${SHOP}/environments/staging`,
    body: { placement: { cluster: "two" } },
    tells: ["evt.environment.updated"],
  },
  { method: "DELETE", path: `${SHOP}/apps/web`, tells: ["evt.app.deleted"] },
  { method: "POST", path: `${SHOP}/apps/web:restore`, tells: ["evt.app.restored"] },
  {
    method: "DELETE",
    path: `${SHOP}/environments/staging?confirm=staging`,
    tells: ["evt.environment.deleted"],
  },
  { method: "POST", path: `${SHOP}/environments/staging:restore`, tells: ["evt.environment.restored"] },
  { method: "DELETE", path: `${SHOP}?confirm=shop`, tells: ["evt.project.deleted"] },
  { method: "POST", path: `${SHOP}:restore`, tells: ["evt.project.restored"] },
  { method: "DELETE", path: "/tenants/acme?confirm=acme", tells: ["evt.tenant.deleted"] },
  { method: "POST", path: "/tenants/acme:restore", tells: ["evt.tenant.restored"] },
];

const clusters = new HeldClusters();
const seen: PublishedEvent[] = [];

beforeAll(async () => {
  for (const name of ["one", "two"]) await givenCluster(name);
});

const news = async (): Promise<PublishedEvent[]> => {
  const after = seen.at(-1)?.seq ?? 0;
  const { items } = (await api<{ items: PublishedEvent[] }>("GET", `/events?cursor=${after}`)).body;
  seen.push(...items);
  // Once more, to clusters that can be looked into.
  await deliverStored(
    clusters.within(env),
    await eventsByIds(
      env.DB,
      items.map(({ id }) => id),
    ),
  );
  return items;
};

const ops = async (name: string): Promise<Record<string, string>> => {
  const id = await env.DB.prepare("SELECT id FROM clusters WHERE name = ?").bind(name).first<string>("id");
  return Object.fromEntries([...clusters.of(id ?? "")].map(([key, { op }]) => [key.split("/")[0], op]));
};

const all = (op: string) => ({ tenant: op, project: op, release: op });
/** What clusters one and two hold after a step, where it changes that. */
const HELD: Record<string, [Record<string, string>, Record<string, string>]> = {
  "evt.environment.created": [{ tenant: "upsert", project: "upsert" }, {}],
  "evt.app.created,evt.deploy.requested": [all("upsert"), {}],
  "evt.environment.updated": [all("tombstone"), all("upsert")],
  "evt.app.deleted": [all("tombstone"), { ...all("upsert"), release: "tombstone" }],
  "evt.app.restored": [all("tombstone"), all("upsert")],
  "evt.environment.deleted": [all("tombstone"), all("tombstone")],
  "evt.environment.restored": [all("tombstone"), all("upsert")],
  "evt.project.deleted": [all("tombstone"), all("tombstone")],
  "evt.project.restored": [all("tombstone"), all("upsert")],
  "evt.tenant.deleted": [all("tombstone"), all("tombstone")],
  "evt.tenant.restored": [all("tombstone"), all("upsert")],
};

describe("an object's way through the API", () => {
  it.each(STEPS)("$method $path tells $tells", async ({ method, path, body, tells }) => {
    const answer = await api(method, path, { body });
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
    const events = await news();
    expect(events.map(({ type }) => type)).toEqual(tells);
    for (const event of events) {
      publishedEventSchema.parse(event);
      if (!isEventType(event.type)) throw new Error(`${event.type} is not in the catalogue`);
      EVENTS[event.type].data.parse(event.data);
    }
    const held = HELD[tells.join(",")];
    if (held) expect([await ops("one"), await ops("two")]).toEqual(held);
  });
});

import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ANNOTATION } from "../../domain/names/labels.ts";
import { configMap, declareProject, type Release, rawSpec } from "../e2e/lib.ts";
import { until } from "../lib/until.ts";
import { NAMESPACE, PROJECT } from "./apps.ts";
import { plan } from "./plan.ts";
import { type Scene, startScene } from "./scene.ts";

/** One id from the request to the event, the custom resource, and each request that the API server sees (decisions.md 21). */
let scene: Scene;
const random = plan.random("correlation");
const newId = (): string => `trace-${Math.floor(random() * 1e9)}`;

interface AuditEvent {
  auditID: string;
  verb: string;
  stage: string;
  user: { username: string };
  objectRef?: { resource: string; namespace?: string; name?: string };
}

beforeAll(async () => {
  scene = await startScene({ name: "correlation", audit: true });
  await declareProject(scene.api, "acme", "shop", scene.name);
});
afterAll(() => scene?.stop());

/** Requests of the agent that changed the app or what was made of it, since a moment. */
function changes(since: number): AuditEvent[] {
  const lines = readFileSync(scene.cluster.auditLog ?? "", "utf8")
    .slice(since)
    .split("\n")
    .slice(0, -1);
  return lines
    .map((line) => JSON.parse(line) as AuditEvent)
    .filter(
      ({ stage, verb, user, objectRef }) =>
        stage === "ResponseComplete" &&
        ["create", "update", "patch", "delete"].includes(verb) &&
        user.username.includes(":serviceaccount:") &&
        objectRef?.namespace === NAMESPACE &&
        ["novaapps", "resourcegraphs", "configmaps"].includes(objectRef.resource) &&
        /^(app-)?traced$/.test(objectRef.name ?? ""),
    );
}

const logEnd = (): number => readFileSync(scene.cluster.auditLog ?? "", "utf8").length;

/** Each change is under the id, of each kind there is one, and no Audit-ID stands for two requests. */
async function expectUnder(id: string, since: number): Promise<void> {
  const resources = ["configmaps", "novaapps", "resourcegraphs"];
  const found = await until("the API server has logged all of it", () => {
    const all = changes(since);
    const kinds = new Set(all.map(({ objectRef }) => objectRef?.resource));
    return resources.every((each) => kinds.has(each)) && all;
  });
  expect(found.filter(({ auditID }) => !auditID.startsWith(`${id}-`))).toEqual([]);
  expect(new Set(found.map(({ auditID }) => auditID)).size).toBe(found.length);
}

async function eventsOf(id: string): Promise<string[]> {
  const path = `/api/v1/events?correlationId=${id}`;
  const { body } = await scene.api.get<{ items: { type: string }[] }>(path);
  return body.items.map(({ type }) => type);
}

const app = `${PROJECT}/apps/traced`;
const put = (id: string, version: string) =>
  scene.api.put(
    app,
    { spec: rawSpec([configMap("traced", { version })]) },
    { headers: { "x-correlation-id": id, traceparent: TRACEPARENT } },
  );

/** Of a caller that traces; nobody else here does. */
const TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

const ready = (revision: number) =>
  until(
    `revision ${revision} is Ready`,
    async () => {
      const { body } = await scene.api.get<Release>(`${app}/releases/staging`);
      return body.phase === "Ready" && body.revision.number === revision;
    },
    { deadlineMs: 120_000 },
  );

describe("the correlation id of a request", () => {
  it("that makes or changes an app is the event's, the custom resource's, and that of each request of the agent", async () => {
    for (const [revision, event] of [
      [1, "evt.app.created"],
      [2, "evt.app.updated"],
    ] as const) {
      const [id, since] = [newId(), logEnd()];
      const { headers } = await put(id, String(revision));
      expect(headers["x-correlation-id"]).toBe(id);
      await ready(revision);
      expect(await eventsOf(id)).toContain(event);
      const { metadata } = await scene.kubectl.json<{ metadata: { annotations: Record<string, string> } }>(
        ...(["get", "novaapp", "traced", "-n", NAMESPACE] as const),
      );
      expect(metadata.annotations[ANNOTATION.correlation]).toBe(id);
      expect(metadata.annotations[ANNOTATION.traceparent]).toBeUndefined();
      await expectUnder(id, since);
    }
  });

  it("that deletes it is that of each deletion", async () => {
    const [id, since] = [newId(), logEnd()];
    await scene.api.delete(app, { headers: { "x-correlation-id": id } });
    await until("it is gone", async () => !(await scene.kubectl.exists("configmap", "traced", NAMESPACE)), {
      deadlineMs: 120_000,
    });
    expect(await eventsOf(id)).toContain("evt.app.deleted");
    await expectUnder(id, since);
  });
});

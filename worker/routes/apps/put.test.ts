import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { MAX_RAW_BYTES } from "../../../domain/apps/raw-source.ts";
import { api } from "../../../test/workerd/api.ts";
import { givenCluster, givenProject, imageSpec } from "../../../test/workerd/catalogue.ts";

interface AppBody {
  id: string;
  revision: { id: string; number: number };
  releases: { environment: string; phase: string }[];
  error?: { details?: { issues?: { path: string; message: string }[]; path?: string } };
}

const project = await givenProject("acme", "shop");
const put = (name: string, spec: unknown, headers: Record<string, string> = {}) =>
  api<AppBody>("PUT", `${project}/apps/${name}`, { body: { spec }, headers });
const raw = (yaml: string) => ({ specVersion: 1, source: { raw: { yaml } } });
const configMap = (name: string, text = "") => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name },
  data: { text },
});

describe("202", async () => {
  await givenCluster("apps-1");
  const body = { placement: { cluster: "apps-1" } };
  await api("PUT", `${project}/environments/staging`, { body });

  it("records a revision and a release, with their events, in one go", async () => {
    const answer = await put("web", imageSpec("web:1"), { "x-correlation-id": "put-1" });
    expect(answer.status).toBe(202);
    expect(answer.headers.get("location")).toBe("/api/v1/tenants/acme/projects/shop/apps/web");
    expect(answer.body.releases).toMatchObject([{ environment: "staging", phase: "Pending" }]);
    const { results } = await env.DB.prepare(
      "SELECT type, actor FROM events WHERE correlation_id = 'put-1' ORDER BY seq",
    ).all();
    expect(results).toEqual([
      { type: "evt.app.created", actor: "platform-admin" },
      { type: "evt.deploy.requested", actor: "platform-admin" },
    ]);
  });

  it("makes a new revision of a new content, and the old one again of the old", async () => {
    const first = await put("again", imageSpec("web:1"));
    const second = await put("again", imageSpec("web:2"));
    const third = await put("again", imageSpec("web:1"));
    expect(second.body.revision.number).toBe(2);
    expect(third.body.revision).toEqual(first.body.revision);
    const fourth = await put("again", imageSpec("web:3"));
    expect(fourth.body.revision.number).toBe(3);
  });

  it("takes manifests as YAML 1.2, and the same as JSON is the same revision", async () => {
    const yaml =
      "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {text: 'no', y: \"1\"}\n---\n";
    const asYaml = await put("yaml", raw(yaml));
    expect(asYaml.status).toBe(202);
    const manifests = [
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data: { text: "no", y: "1" } },
    ];
    const asJson = await put("yaml", { specVersion: 1, source: { raw: { manifests } } });
    expect([asJson.status, asJson.body.revision.number]).toEqual([200, 1]);
  });

  it("takes a spec of 1 MiB and gives it back whole", async () => {
    const empty = JSON.stringify({ specVersion: 1, source: { raw: { manifests: [configMap("a")] } } });
    const text = "x".repeat(MAX_RAW_BYTES - empty.length);
    const spec = { specVersion: 1, source: { raw: { manifests: [configMap("a", text)] } } };
    expect((await put("large", spec, { "idempotency-key": "large" })).status).toBe(202);
    expect((await api<{ spec: unknown }>("GET", `${project}/apps/large`)).body.spec).toEqual(spec);
  });
});

describe("200", () => {
  it("does nothing for the same content, and does not undo a rollback", async () => {
    await put("steady", imageSpec("web:1"));
    await put("steady", imageSpec("web:2"));
    await api("POST", `${project}/apps/steady/releases/staging:rollback`);
    const again = await put("steady", imageSpec("web:2"));
    expect([again.status, again.body.revision.number]).toEqual([200, 2]);
    const release = await api("GET", `${project}/apps/steady/releases/staging`);
    expect(release.body).toMatchObject({ revision: { number: 1 } });
  });
});

describe("412", () => {
  it("refuses to write over what it has not seen", async () => {
    const { etag } = await put("guarded", imageSpec("web:1"));
    await put("guarded", imageSpec("web:2"));
    expect((await put("guarded", imageSpec("web:3"), { "if-match": etag ?? "" })).code).toBe("KN-1301");
    const { etag: read } = await api("GET", `${project}/apps/guarded`);
    expect(read).toMatch(/^"2-[0-9a-f]+"$/);
    expect((await put("guarded", imageSpec("web:3"), { "if-match": read ?? "" })).status).toBe(202);
  });
});

describe("413", () => {
  it("refuses a body larger than any spec", async () => {
    expect((await put("huge", imageSpec("x".repeat(1.6 * 1024 * 1024)))).code).toBe("KN-1003");
  });
});

describe("422", () => {
  it.each([
    ["spec.specVersion", { ...imageSpec("web:1"), specVersion: undefined }],
    ["spec.source.image.imagee", imageSpec("web:1", { imagee: "x" })],
    ["spec.source.image.ports.0.port", imageSpec("web:1", { ports: [{ name: "http", port: 0 }] })],
    ["spec.source.image", { specVersion: 1, source: {} }],
    ["spec.source.helm", { specVersion: 1, source: { helm: {} } }],
    ["spec.source.raw.manifests.0.kind", { specVersion: 1, source: { raw: { manifests: [{}] } } }],
    ["spec.source.raw.yaml", raw("a: [")],
    ["spec.source.raw.yaml", raw("a: 1\na: 2")],
  ])("names %s", async (path, spec) => {
    const answer = await put("wrong", spec);
    expect([answer.status, answer.code]).toEqual([422, "KN-1002"]);
    expect(answer.body.error?.details?.issues?.map((issue) => issue.path)).toContain(path);
  });

  it("refuses a spec version that it does not know", async () => {
    const answer = await put("future", { ...imageSpec("web:1"), specVersion: 2 });
    expect([answer.code, answer.body.error?.details?.path]).toEqual(["KN-1005", "spec.specVersion"]);
  });

  it("refuses YAML that grows out of a few lines, or goes too deep", async () => {
    const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${`*l${i},`.repeat(9)}]`);
    expect((await put("laughs", raw(`l0: &l0 [x]\n${levels.join("\n")}`))).code).toBe("KN-1002");
    expect((await put("deep", raw("[".repeat(20_000)))).code).toBe("KN-1002");
    expect((await put("infinite", raw("a: .inf"))).code).toBe("KN-1002");
  });

  it("finds a key that is there twice among 60,000, while comparing each with each would outlast the test", async () => {
    const keys = Array.from({ length: 60_000 }, (_, n) => `  k${n}: x`);
    const answer = await put("wide", raw(`data:\n${keys.join("\n")}\n  k0: y`));
    expect([answer.status, answer.code]).toEqual([422, "KN-1002"]);
    expect(JSON.stringify(answer.body)).toContain("line 60002");
  });

  it("refuses more than 1 MiB of canonical JSON", async () => {
    const spec = {
      specVersion: 1,
      source: { raw: { manifests: [configMap("a", "x".repeat(MAX_RAW_BYTES))] } },
    };
    expect((await put("over", spec)).code).toBe("KN-1002");
  });
});

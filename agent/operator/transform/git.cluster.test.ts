import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeCertificate } from "../../../test/manager/certificate.ts";
import { readyProject } from "../../../test/operator/fixture.ts";
import { type OperatorFixture, operatorFixture } from "../../../test/operator/operator-fixture.ts";
import { awaitTransform, SETTINGS, transform } from "../../../test/operator/transforms.ts";
import { type GitServer, makeRepository, startGitServer } from "../../../test/services/git-server.ts";

const login = { username: "robot", password: "a-secret-token" };
const folder = mkdtempSync(join(tmpdir(), "git-transform-"));
let fixture: OperatorFixture;
let server: GitServer;
let ca: string;
let commit: string;
let namespace: string;

beforeAll(async () => {
  const certificate = await makeCertificate(join(folder, "tls"), "127.0.0.1");
  ca = readFileSync(certificate.ca, "utf8");
  server = await startGitServer(folder, certificate, login);
  const repository = await makeRepository(join(folder, "web"));
  commit = await repository.commit({ "modules/settings/settings.cue": SETTINGS });
  fixture = await operatorFixture();
  await fixture.start();
  namespace = await readyProject(fixture.kube, `git${Date.now().toString(36)}`);
});
afterAll(async () => {
  await fixture.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

const secret = (stringData: Record<string, string>) =>
  fixture.kube.apply(
    { apiVersion: "v1", kind: "Secret", metadata: { name: "platform-git", namespace }, stringData } as never,
    { force: true },
  );
const apply = (name: string) => {
  const ref = `${server.url("web")}?ref=main&dir=modules/settings`;
  const cueRef = { type: "git", ref, pullSecretRef: { name: "platform-git" } };
  const spec = { cueRef, input: { greeting: "from git" } };
  return fixture.kube.apply(transform({ namespace, name, spec }), { force: true });
};

it("a Transform from git is fetched with its pull secret, from the host that the secret names and no other", async () => {
  await secret({ ...login, "ca.crt": ca, host: "git.example.com" });
  await apply("stray");
  const stray = await awaitTransform(fixture.kube, namespace, "stray", "Failed");
  const { host } = new URL(server.url("web"));
  expect(stray.message).toContain(`the pull secret platform-git names other hosts: add ${host} to its key`);
  expect(stray.conditions?.find(({ type }) => type === "Fetched")).toMatchObject({
    status: "False",
    reason: "SourceForbidden",
  });
  expect(server.requests).toEqual([]);
  await secret({ ...login, "ca.crt": ca, host });
  await apply("settled");
  const { resolvedCueRef } = await awaitTransform(fixture.kube, namespace, "settled", "Ready");
  expect(resolvedCueRef?.revision).toBe(commit);
  const settings = { apiVersion: "v1", kind: "ConfigMap", namespace, name: "settled" };
  expect((await fixture.kube.get(settings)).data).toMatchObject({ greeting: "from git" });
});

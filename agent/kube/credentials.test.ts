import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createManualClock } from "../../test/kube/manual-clock.ts";
import { cacheCredentials } from "./credentials.ts";
import { loadKube } from "./load.ts";
import { serviceAccountSource } from "./service-account.ts";

const env = { KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443" };
let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "kubenova-sa-"));
  await writeFile(join(dir, "ca.crt"), "ca");
  await writeFile(join(dir, "token"), "one\n");
});
afterEach(() => rm(dir, { recursive: true }));

function podCredentials() {
  const source = serviceAccountSource(env, dir);
  if (!source) throw new Error("no source");
  const clock = createManualClock();
  return { clock, cache: cacheCredentials(source, clock) };
}

describe("a pod's ServiceAccount", () => {
  it("is used where the environment names the API server, IPv6 included", async () => {
    expect(serviceAccountSource({}, dir)).toBeUndefined();
    const six = serviceAccountSource({ ...env, KUBERNETES_SERVICE_HOST: "fd00::1" }, dir);
    expect(six?.server.href).toBe("https://[fd00::1]/");
    const kube = await loadKube({ env, serviceAccountDir: dir });
    expect(kube.server).toBe("https://10.0.0.1/");
    kube.close();
  });

  it("has its rotated token taken up within a minute", async () => {
    const { clock, cache } = podCredentials();
    expect((await cache.current()).headers.Authorization).toBe("Bearer one");
    await writeFile(join(dir, "token.new"), "two");
    await rename(join(dir, "token.new"), join(dir, "token"));
    await clock.advance(59_000);
    expect((await cache.current()).headers.Authorization).toBe("Bearer one");
    await clock.advance(1_000);
    expect((await cache.current()).headers.Authorization).toBe("Bearer two");
  });

  it("goes on with the last token while its file is missing", async () => {
    const { clock, cache } = podCredentials();
    await cache.current();
    await rm(join(dir, "token"));
    await clock.advance(61_000);
    expect((await cache.current()).headers.Authorization).toBe("Bearer one");
  });

  it("reads again after a refusal, and only for the credentials that were refused", async () => {
    const { cache } = podCredentials();
    const used = await cache.current();
    await writeFile(join(dir, "token"), "two");
    cache.reject({ ...used });
    expect((await cache.current()).headers.Authorization).toBe("Bearer one");
    cache.reject(used);
    expect((await cache.current()).headers.Authorization).toBe("Bearer two");
  });

  it("fails where there never was a token, and where it is empty", async () => {
    await writeFile(join(dir, "token"), "");
    await expect(podCredentials().cache.current()).rejects.toThrow("is empty");
    await rm(join(dir, "token"));
    await expect(podCredentials().cache.current()).rejects.toThrow("ENOENT");
  });
});

describe("a kubeconfig", () => {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "c", cluster: { server: "https://kube.example.org:6443/prefix" } }],
    users: [
      { name: "token", user: { token: "t" } },
      {
        name: "plugin",
        user: {
          exec: {
            apiVersion: "client.authentication.k8s.io/v1",
            command: process.execPath,
            args: ["-e", 'console.log(JSON.stringify({ status: { token: "from-plugin" } }))'],
          },
        },
      },
    ],
    contexts: ["token", "plugin"].map((user) => ({ name: user, context: { cluster: "c", user } })),
    "current-context": "token",
  };

  it.each([
    ["token", "Bearer t"],
    ["plugin", "Bearer from-plugin"],
  ])("signs in by its %s", async (context, authorization) => {
    const kubeconfig = join(dir, "config");
    await writeFile(kubeconfig, JSON.stringify(config));
    const kube = await loadKube({ kubeconfig, context });
    const target = await kube.connectTarget("/api/v1/namespaces/x/pods/y/exec", { query: { command: "ls" } });
    expect(target.url.href).toBe(
      "https://kube.example.org:6443/prefix/api/v1/namespaces/x/pods/y/exec?command=ls",
    );
    expect(target.headers.Authorization).toBe(authorization);
    kube.close();
  });

  it("is refused where it lacks the context asked for", async () => {
    const kubeconfig = join(dir, "config");
    await writeFile(kubeconfig, JSON.stringify(config));
    await expect(loadKube({ kubeconfig, context: "nope" })).rejects.toThrow("no context nope");
  });
});

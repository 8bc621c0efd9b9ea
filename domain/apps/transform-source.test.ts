import { describe, expect, it } from "vitest";
import { digestOf } from "../canonical/index.ts";
import { MAX_INLINE_BYTES } from "./cue-ref.ts";
import { appSpecSchema, sourceFor } from "./spec.ts";
import { MAX_INPUT_BYTES } from "./transform-source.ts";

const inline = { type: "inline", ref: "package web" };
const spec = (transform: Record<string, unknown>, overrides?: Record<string, unknown>) => ({
  specVersion: 1,
  source: { transform: { cueRef: inline, ...transform } },
  ...(overrides ? { overrides } : {}),
});
const accepts = (value: unknown): boolean => appSpecSchema.safeParse(value).success;
const problem = (value: unknown): string =>
  JSON.stringify(appSpecSchema.safeParse(value).error?.issues ?? []);
const withRef = (type: string, ref: string, more = {}) => spec({ cueRef: { type, ref, ...more } });

describe("an app's transform", () => {
  it.each([
    ["oci", "ghcr.io/acme/webservice:1.2.0"],
    ["oci", `127.0.0.1:5000/acme/webservice@sha256:${"a".repeat(64)}`],
    ["oci", "localhost/webservice:1"],
    ["oci", "registry:5000/webservice:1"],
    ["git", "https://git.example.com/acme/modules.git?ref=v1.2.0"],
    ["git", "ssh://git@git.example.com:2222/acme/modules.git?ref=feature/x"],
    ["git", "https://git.example.com/acme/modules.git"],
    ["configmap", "webservice.v1"],
    ["inline", "package web\nnodes: {}"],
    ["embedded", "webservice"],
    ["embedded", "policies/security"],
  ])("takes %s %s", (type, ref) => {
    expect(problem(withRef(type, ref))).toBe("[]");
  });

  it.each([
    ["oci", "webservice", "registry/repository:tag"],
    ["oci", "ghcr.io/acme/webservice", "registry/repository:tag"],
    ["oci", "ghcr.io/acme/webservice@sha256:1", "registry/repository:tag"],
    ["git", "file:///etc", "https://host"],
    ["git", "git@github.com:acme/modules.git", "https://host"],
    ["git", "https://git.example.com/a.git?ref=x&y=z", "https://host"],
    ["git", "https://token@git.example.com/a.git", "credentials"],
    ["git", "https://user:token@git.example.com/a.git", "credentials"],
    ["git", "ssh://user:token@git.example.com/a.git", "credentials"],
    ["configmap", "Web Service", "Kubernetes object"],
    ["inline", "", "Too small"],
    ["inline", "é".repeat(MAX_INLINE_BYTES / 2 + 1), "bytes of UTF-8"],
    ["embedded", "../webservice", "name of a module"],
    ["helm", "x", "type: one of oci, git, configmap, inline, embedded"],
  ])("refuses %s %.40s and says why", (type, ref, why) => {
    expect(problem(withRef(type, ref))).toContain(why);
  });

  it("takes a path and a pull secret only where they mean something", () => {
    const secret = { pullSecretRef: { name: "registry" } };
    expect(accepts(withRef("oci", "ghcr.io/a/b:1", { path: "apps/web", ...secret }))).toBe(true);
    expect(accepts(withRef("inline", "package web", secret))).toBe(false);
    expect(accepts(withRef("configmap", "web", { path: "x" }))).toBe(false);
    for (const path of ["/abs", "..", "a/../b", "a//b", "a/", ""])
      expect(accepts(withRef("oci", "ghcr.io/a/b:1", { path })), path).toBe(false);
  });

  it("bounds the input, and takes policies by distinct names", () => {
    expect(accepts(spec({ input: { text: "x".repeat(MAX_INPUT_BYTES - 11) } }))).toBe(true);
    expect(problem(spec({ input: { text: "x".repeat(MAX_INPUT_BYTES - 10) } }))).toContain("canonical JSON");
    expect(accepts(spec({ input: ["no object"] }))).toBe(false);
    const policy = { name: "limits", cueRef: { type: "embedded", ref: "policies/limits" }, severity: "Warn" };
    expect(accepts(spec({ policies: [policy] }))).toBe(true);
    expect(problem(spec({ policies: [policy, policy] }))).toContain("two of one name");
    expect(accepts(spec({ policies: [{ ...policy, severity: "Fatal" }] }))).toBe(false);
  });

  it("merges an environment's input, replaces its module, and keeps the policies of all", () => {
    const policies = [{ name: "limits", cueRef: { type: "embedded", ref: "policies/limits" } }];
    const parsed = appSpecSchema.parse(
      spec(
        { input: { image: "web:1", env: { A: "1", B: "2" } }, policies },
        {
          production: {
            transform: {
              cueRef: { type: "embedded", ref: "webservice" },
              input: { env: { B: null, C: "3" } },
            },
          },
        },
      ),
    );
    expect(sourceFor(parsed, "staging")).toEqual(parsed.source);
    expect(sourceFor(parsed, "production")).toEqual({
      transform: {
        cueRef: { type: "embedded", ref: "webservice" },
        input: { image: "web:1", env: { A: "1", C: "3" } },
        policies,
      },
    });
    expect(accepts(spec({}, { production: { transform: { policies: [] } } }))).toBe(false);
    expect(accepts(spec({}, { production: { image: { replicas: 2 } } }))).toBe(false);
  });

  it("leaves the digests of what was there before as they were", async () => {
    const image = appSpecSchema.parse({
      specVersion: 1,
      source: { image: { image: "web:1", env: { B: "2", A: "1" } } },
      overrides: { production: { image: { replicas: 4 } } },
    });
    const manifest = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } };
    const raw = appSpecSchema.parse({ specVersion: 1, source: { raw: { manifests: [manifest] } } });
    expect([await digestOf(image), await digestOf(raw)]).toEqual([
      "sha256:181fcd16939116fb77e7170352dd2b8eec2d2ca73f4df165796d7a945f5bd1e9",
      "sha256:d003e4b2c15fcb6975bf137c1664118abc947690a511e7c26cf00fefbbdeb68b",
    ]);
  });
});

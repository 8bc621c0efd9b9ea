import { describe, expect, test } from "vitest";
import { CHART, NAMESPACE } from "../../services/agent-chart.ts";
import { GOOD, helm, rendered, template, type Values } from "./render.ts";

describe("helm lint", () => {
  test.each(["manage", "read-only"])("finds nothing wrong in mode %s", async (mode) => {
    const args = ["lint", CHART, "--strict", "-n", NAMESPACE];
    const { code, stdout } = await helm(args, { ...GOOD, mode });
    expect(stdout).toContain("0 chart(s) failed");
    expect(code).toBe(0);
  });
});

describe("values that are refused", () => {
  test.each<[string, Values, RegExp]>([
    ["an unknown one", { ...GOOD, colour: "red" }, /'colour' not allowed/],
    ["an unknown one further in", { ...GOOD, image: { ...GOOD.image, tagg: "1" } }, /'tagg' not allowed/],
    ["no address", { ...GOOD, manager: {} }, /\/manager\/url/],
    ["an address without TLS", { ...GOOD, manager: { url: "http://10.0.0.1:8787" } }, /\^https:/],
    ["an address with a path", { ...GOOD, manager: { url: "https://a.example/b" } }, /\/manager\/url/],
    ["an unknown mode", { ...GOOD, mode: "write" }, /\/mode/],
    ["neither token nor Secret", { ...GOOD, joinToken: "" }, /\/joinToken/],
    ["both token and Secret", { ...GOOD, existingSecret: "join" }, /\/existingSecret/],
    ["something that is no token", { ...GOOD, joinToken: "hunter2" }, /\/joinToken/],
    [
      "something that is no certificate",
      { ...GOOD, manager: { ...GOOD.manager, caBundle: "x" } },
      /caBundle/,
    ],
    ["a wrong digest", { ...GOOD, image: { ...GOOD.image, digest: "sha256:1" } }, /\/image\/digest/],
    ["no image", { ...GOOD, image: {} }, /\/image\/repository/],
    [
      "wide rights for looking",
      { ...GOOD, mode: "read-only", wideRights: { enabled: true } },
      /\/wideRights/,
    ],
    ["reading everything", { ...GOOD, extraReads: [{ apiGroups: ["*"], resources: ["*"] }] }, /\/extraReads/],
  ])("%s", async (_, values, words) => {
    const { code, stderr } = await template(values);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(words);
  });

  test("another namespace", async () => {
    const { code, stderr } = await template(GOOD, "--namespace", "default");
    expect(code).not.toBe(0);
    expect(stderr).toContain("install into the namespace kubenova-system");
  });

  test("an older Kubernetes", async () => {
    const { code, stderr } = await template(GOOD, "--kube-version", "1.29.9");
    expect(code).not.toBe(0);
    expect(stderr).toContain(">=1.30.0-0");
  });

  test("http is taken where it is asked for", async () => {
    const manager = { url: "http://10.0.0.1:8787", allowInsecure: true };
    const { text } = await rendered({ ...GOOD, manager });
    expect(text).toContain("KUBENOVA_ALLOW_INSECURE");
    expect(text).toContain("port: 8787");
  });
});

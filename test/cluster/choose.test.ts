import { expect, test } from "vitest";
import { decide } from "./choose.ts";

const yes = async () => true;
const no = async () => false;
const real = { node: "real" } as const;

test.each([
  ["what KUBENOVA_CLUSTER names comes first", { KUBENOVA_CLUSTER: "local", KUBECONFIG: "/k" }, yes, "local"],
  ["then an explicit KUBECONFIG", { KUBECONFIG: "/k" }, yes, "kubeconfig"],
  ["then kind, where a Docker engine answers", {}, yes, "kind"],
  ["else our own", {}, no, "local"],
])("%s", async (_, env, kindWorks, provider) => {
  expect((await decide(real, env, kindWorks)).provider).toBe(provider);
});

test("a node type that only ours has means ours", async () => {
  expect((await decide({ node: "kwok" }, { KUBECONFIG: "/k" }, yes)).provider).toBe("local");
});

test("the choice names its reason", async () => {
  expect((await decide(real, { KUBECONFIG: "/k" }, yes)).reason).toContain("/k");
});

test("an unknown choice is refused with the known ones", async () => {
  await expect(decide(real, { KUBENOVA_CLUSTER: "minikube" }, yes)).rejects.toThrow(
    /local, kind, kubeconfig/,
  );
});

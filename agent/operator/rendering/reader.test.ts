import { describe, expect, it } from "vitest";
import { actorOf } from "./reader.ts";

describe("who acts for what is rendered", () => {
  it("is the applier of the namespace, and nobody else, outside of the agent's own", () => {
    for (const platformAccount of [undefined, "kubenova-platform"]) {
      const options = { systemNamespace: "kubenova-system", ...(platformAccount ? { platformAccount } : {}) };
      expect(actorOf("acme-shop-prod", options)).toEqual({
        applyAs: { kind: "ServiceAccount", namespace: "acme-shop-prod", name: "kubenova-applier" },
        as: { namespace: "acme-shop-prod", serviceAccount: "kubenova-applier" },
      });
    }
  });

  it("is the agent itself in its own namespace, or the account with wide rights where there is one", () => {
    const systemNamespace = "kubenova-system";
    expect(actorOf(systemNamespace, { systemNamespace })).toEqual({ applyAs: { kind: "Agent" } });
    expect(actorOf(systemNamespace, { systemNamespace, platformAccount: "kubenova-platform" }).as).toEqual({
      namespace: systemNamespace,
      serviceAccount: "kubenova-platform",
    });
  });
});

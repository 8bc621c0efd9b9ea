import { describe, expect, it } from "vitest";
import { actAs } from "./identity.ts";

const SYSTEM = "kubenova-system";
const account = (name: string, namespace?: string) => ({
  kind: "ServiceAccount" as const,
  name,
  ...(namespace ? { namespace } : {}),
});

describe("who a graph acts as", () => {
  it.each([
    [
      "the applier of its namespace",
      account("kubenova-applier"),
      "shop",
      { namespace: "shop", serviceAccount: "kubenova-applier" },
    ],
    ["the agent, in its own namespace", { kind: "Agent" as const }, SYSTEM, undefined],
    [
      "any account, in the agent's namespace",
      account("wide", "infra"),
      SYSTEM,
      { namespace: "infra", serviceAccount: "wide" },
    ],
  ])("%s", (_, applyAs, namespace, as) => {
    expect(actAs(applyAs, namespace, SYSTEM)).toEqual(as ? { as } : {});
  });

  it.each([
    ["the agent", { kind: "Agent" as const }],
    ["another account", account("admin")],
    ["the applier of another namespace", account("kubenova-applier", "other")],
    ["nobody", { kind: "ServiceAccount" as const }],
  ])("elsewhere never as %s", (_, applyAs) =>
    expect(actAs(applyAs, "shop", SYSTEM)).toHaveProperty("refused"),
  );
});

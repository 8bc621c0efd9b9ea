import { describe, expect, it } from "vitest";
import { enrolCluster, TestAgent } from "../../../test/workerd/agent.ts";
import { api } from "../../../test/workerd/api.ts";

describe("a request that no frame can hold", () => {
  const service = "/proxy/services/shop/web:80";

  it.each([
    ["a header's name that is too long", `${service}/`, { [`x-${"a".repeat(300)}`]: "1" }],
    ["a path that is a slash too long", `${service}?${"a".repeat(8191)}`, {}],
    [
      "a subprotocol that is too long",
      `${service}/`,
      { upgrade: "websocket", "sec-websocket-protocol": "a".repeat(200) },
    ],
    ["a log since no second", "/logs?namespace=shop&pod=web-1&sinceSeconds=0", {}],
  ])("is refused, and the agent's tunnel stays open: %s", async (_what, path, headers) => {
    const identity = await enrolCluster();
    const agent = await TestAgent.connect(identity);
    const answer = await api("GET", `/clusters/${identity.name}${path}`, { headers });
    expect(answer).toMatchObject({ status: 422, code: "KN-1002" });
    const { body } = await api<{ status: string }>("GET", `/clusters/${identity.name}`);
    expect(body.status).toBe("connected");
    agent.close();
  });
});

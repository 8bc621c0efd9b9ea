import { z } from "zod";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { idPattern } from "../../../domain/ids/index.ts";
import { PROTOCOL_VERSION, SUBPROTOCOL } from "../../../protocol/tunnel/limits.ts";
import { defineRoute, type Route } from "../../routing/define.ts";
import { clusterStub } from "../../store/database.ts";

/** The agent's socket: the Worker only shows it the way, the cluster's object asks who it is. */
const dial = defineRoute({
  method: "get",
  path: "/tunnel/v1/clusters/{cluster}",
  operationId: "dialTunnel",
  tag: "tunnel",
  summary: "An agent's tunnel",
  description:
    "Called by agents alone: a WebSocket of the subprotocol kubenova.v1, opened by a signature over a challenge. docs/tunnel.md describes it.",
  action: "public",
  shield: "tunnel",
  params: z.strictObject({
    cluster: z
      .string()
      .regex(idPattern("cluster"))
      .meta({ examples: ["cls_01KAJ7Z8Q4X2N6V0D3M5R9T1WB"] }),
  }),
  query: z.object({}),
  answers: { 101: { description: "The socket." } },
  errors: ["KN-1402", "KN-1600"],
  streams: true,
  async handler(call) {
    const offered = (call.request.headers.get("sec-websocket-protocol") ?? "")
      .split(",")
      .map((each) => each.trim());
    const isSocket = call.request.headers.get("upgrade")?.toLowerCase() === "websocket";
    if (!isSocket || !offered.includes(SUBPROTOCOL)) {
      throw new KubeNovaError(
        "KN-1402",
        `This is an agent's tunnel: a WebSocket with the subprotocol ${SUBPROTOCOL}.`,
        {
          upgrade: "the agent",
          versions: [PROTOCOL_VERSION],
        },
      );
    }
    const response = await clusterStub(call.env, call.params.cluster).fetch(call.request);
    if (response.status === 404) throw new KubeNovaError("KN-1200", "There is no such cluster.");
    if (response.status === 429) {
      throw new KubeNovaError("KN-1600", "Too many sockets of this cluster have not proved who they are.", {
        retryAfterSeconds: 10,
      });
    }
    return response;
  },
});

export const tunnelRoutes: readonly Route[] = [dial];

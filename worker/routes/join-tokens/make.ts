import { newSecret } from "../../keys/secret.ts";
import type { Call } from "../../routing/call.ts";
import { insertJoinToken, JOIN_TOKEN_TTL_MS, type JoinToken } from "../../store/join-tokens.ts";
import { joinTokenJson } from "./schema.ts";

/** A new join token: the statement that stores its hash, and the one answer that shows it. */
export async function makeJoinToken(
  call: Call,
  db: D1Database,
  cluster: { id: string; mode: "manage" | "read-only" },
): Promise<{ statement: D1PreparedStatement; json: Record<string, unknown>; row: JoinToken }> {
  const { secret, hash } = await newSecret();
  const row: JoinToken = {
    id: call.newId("joinToken"),
    clusterId: cluster.id,
    secretHash: hash,
    createdAt: call.now,
    createdBy: call.principal.id,
    expiresAt: call.now + JOIN_TOKEN_TTL_MS,
    usedAt: null,
    revokedAt: null,
  };
  const token = `${row.id}.${secret}`;
  const { origin } = new URL(call.request.url);
  const json = {
    ...joinTokenJson(row, call.now),
    token,
    install: installCommand(origin, cluster.mode, token),
  };
  return { statement: insertJoinToken(db, row), json, row };
}

/** What a person pastes: see docs/install-agent.md. */
function installCommand(origin: string, mode: string, token: string): string {
  return [
    "helm upgrade --install kubenova-agent agent/chart --namespace kubenova-system --create-namespace --wait",
    `--set manager.url=${origin}`,
    ...(origin.startsWith("http:") ? ["--set manager.allowInsecure=true"] : []),
    `--set mode=${mode}`,
    `--set joinToken=${token}`,
    // No image is published: docs/install-agent.md says how to make it.
    "--set image.repository=registry.example.com/kubenova/agent",
  ].join(" ");
}

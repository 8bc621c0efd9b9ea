/**
 * The manager with one more route: GET of a project without a credential and without a question of rights, the same
 * middleware, query and answer. What it lacks is what authentication and authorization cost.
 */
import { createApp } from "../../worker/app.ts";
import type { Env } from "../../worker/env.ts";
import { newId } from "../../worker/ids.ts";
import * as product from "../../worker/index.ts";
import { getProject } from "../../worker/routes/projects/get.ts";
import { projectAnswer } from "../../worker/routes/projects/write.ts";
import { defineRoute } from "../../worker/routing/define.ts";
import { findProjectPath, foundIn } from "../../worker/store/paths.ts";
import { insertRow } from "../../worker/store/rows.ts";
import { bindings, sessions, users } from "../../worker/store/schema/index.ts";
import { tenantPath } from "../../worker/store/scope.ts";
import { mintToken } from "../../worker/tokens/access.ts";

export * from "../../worker/index.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

const openProject = defineRoute({
  ...getProject,
  path: "/open/tenants/{tenant}/projects/{project}",
  operationId: "openProject",
  action: "public",
  async handler(call) {
    const path = tenantPath(call.env, call.params.tenant);
    const [rows] = await call.read(path.db, [findProjectPath(path, call.params.project)]);
    const { project } = foundIn(rows?.results[0]);
    if (!project) throw new Error("the project is made before it is asked for");
    return projectAnswer(200, call.params.tenant, project);
  },
});

const open = createApp([openProject]);

/** POST /open/user?tenant=<id>&bindings=<n>: a token of a user with so many bindings, of which the last one matters. */
async function makeUser(request: Request, env: Env): Promise<Response> {
  const query = new URL(request.url).searchParams;
  const now = Date.now();
  const [id, sessionId] = [newId("user", now), newId("session", now)];
  const given = Array.from(
    { length: Number(query.get("bindings")) },
    (_, n, last = Number(query.get("bindings")) - 1) =>
      insertRow(env.DB, bindings, {
        id: newId("binding", now),
        subject: `user/${id}`,
        role: "viewer",
        level: "tenant",
        tenantId: n === last ? query.get("tenant") : newId("tenant", now),
        createdAt: now,
        createdBy: "bench",
      }),
  );
  const times = { createdAt: now, updatedAt: now };
  await env.DB.batch([
    insertRow(env.DB, users, { id, email: `${id}@example.com`, ...times }),
    insertRow(env.DB, sessions, {
      ...{ id: sessionId, userId: id, providerId: "idp_bench", groups: [], refreshHash: "none" },
      ...{ createdAt: now, expiresAt: now + DAY_MS },
    }),
    ...given,
  ]);
  return Response.json(await mintToken(env, { kind: "user", id, sessionId }, now));
}

export default {
  ...product.default,
  fetch(request, env, context) {
    const { pathname } = new URL(request.url);
    if (pathname === "/open/user") return makeUser(request, env);
    // What strangers are counted by is no part of what the route is compared by.
    const { PUBLIC_SHIELD: _, ...unshielded } = env;
    if (pathname.startsWith("/open/")) return open.fetch(request, unshielded, context);
    return product.default.fetch(request, env, context);
  },
} satisfies ExportedHandler<Env>;

import { describe, expect, it } from "vitest";
import { ANONYMOUS } from "../../domain/access/index.ts";
import { KubeNovaError } from "../../domain/errors/index.ts";
import { api } from "../../test/workerd/api.ts";
import { givenCluster, givenProject, imageSpec } from "../../test/workerd/catalogue.ts";
import { tryRoute } from "../../test/workerd/run-route.ts";
import { routes } from "../routes/index.ts";

describe("whoever may do nothing", async () => {
  await givenCluster("berlin-1");
  const project = await givenProject("acme", "shop");
  const body = { placement: { cluster: "berlin-1" } };
  await api("PUT", `${project}/environments/staging`, { body });
  await api("PUT", `${project}/apps/web`, { body: { spec: imageSpec("web:1") } });

  const closed = routes.filter((route) => route.action !== "public");
  it.each(closed.map((route) => [route.operationId, route] as const))(
    "is refused by %s",
    async (_id, route) => {
      const { outcome: refusal, authorized } = await tryRoute(route, ANONYMOUS);
      expect(authorized).toBe(false);
      expect(refusal).toBeInstanceOf(KubeNovaError);
      expect(["KN-1102", "KN-1200"]).toContain((refusal as KubeNovaError).code);
    },
  );
});

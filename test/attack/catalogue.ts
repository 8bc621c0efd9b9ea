import type { ApiClient } from "../lib/api.ts";

/** Each kind that can be deleted and restored, with the path of its parent and the body that makes one. */
const KINDS = [
  { kind: "Tenant", parent: "/api/v1/tenants", main: "acme", body: {} },
  { kind: "Project", parent: "/api/v1/tenants/acme/projects", main: "shop", body: {} },
  { kind: "Cluster", parent: "/api/v1/clusters", main: "berlin-1", body: {} },
  {
    kind: "Environment",
    parent: "/api/v1/tenants/acme/projects/shop/environments",
    main: "staging",
    body: { placement: { cluster: "berlin-1" } },
  },
  {
    kind: "App",
    parent: "/api/v1/tenants/acme/projects/shop/apps",
    main: "web",
    body: { spec: { specVersion: 1, source: { image: { image: "registry.local/web:1" } } } },
  },
] as const;

export const MAIN: Readonly<Record<string, string[]>> = {
  ...Object.fromEntries(KINDS.map(({ kind, main }) => [kind.toLowerCase(), [main]])),
  revision: ["1", "2"],
  namespace: ["acme-shop-staging"],
  service: ["web:80"],
  pod: ["web-1"],
};

/** Of each kind the main one, an `empty` one to delete, and one that is `gone`, to restore. @returns a join token of the main cluster */
export async function makeCatalogue(api: ApiClient): Promise<string> {
  let joinToken = "";
  for (const { kind, parent, main, body } of KINDS) {
    for (const name of [main, "empty", "gone"]) {
      const made = await api.post<{ joinToken?: { token: string } }>(parent, { name, ...body });
      if (name === "berlin-1") joinToken = made.body.joinToken?.token ?? "";
    }
    await remove(api, kind, parent, [200]);
  }
  const spec = { specVersion: 1, source: { image: { image: "registry.local/web:2" } } };
  await api.put("/api/v1/tenants/acme/projects/shop/apps/web", { spec });
  return joinToken;
}

/** `deleteApp` → the verb, and what the catalogue has of the kind. */
function removal(operationId: string) {
  const [, verb, kind] = /^(delete|restore)([A-Z]\w+)$/.exec(operationId) ?? [];
  const found = KINDS.find((each) => each.kind === kind);
  return found && { verb, ...found };
}

/** What deletes or restores gets an object of its own, so that the others find theirs. */
export function spare(operationId: string, parameter: string): string[] | undefined {
  const found = removal(operationId);
  if (!found || ![found.kind.toLowerCase(), "confirm"].includes(parameter)) return undefined;
  return [found.verb === "delete" ? "empty" : "gone"];
}

/** Makes the objects as they were, after one was deleted or restored. */
export async function undoRemoval(api: ApiClient, operationId: string): Promise<void> {
  const found = removal(operationId);
  if (!found) return;
  const { verb, kind, parent } = found;
  const any = [200, 404, 409];
  if (verb === "delete") await api.post(`${parent}/empty:restore`, undefined, { expect: any });
  else await remove(api, kind, parent, any);
}

const remove = (api: ApiClient, kind: string, parent: string, expect: number[]) =>
  api.delete(`${parent}/gone${kind === "App" ? "" : "?confirm=gone"}`, { expect });

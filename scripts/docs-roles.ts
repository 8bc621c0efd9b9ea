import { readFile, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { type Permission, ROLES, type Role } from "../domain/access/index.ts";
import { table } from "./docs-table.ts";

/**
 * docs/roles.md from domain/access and the routes: `node scripts/docs-roles.ts` writes it, a test holds it current, and
 * another one runs every route as every role and holds what happens against it (worker/routing/roles.test.ts).
 */

/** What of a route is shown. */
interface Asking {
  operationId: string;
  action: string;
}

/** The routes' code is of the edge, whose types Node's code does not know: it is run here, not compiled with. */
const ROUTES = new URL("../worker/routes/index.ts", import.meta.url).href;

export const loadRoutes = async (): Promise<readonly Asking[]> =>
  ((await import(ROUTES)) as { routes: readonly Asking[] }).routes;

export const ROLES_PAGE = new URL("../docs/roles.md", import.meta.url);

const HEAD = `# Roles

\`\`\`sh
# What may I do there?
curl -sS "$KUBENOVA_URL/api/v1/me/permissions?tenant=acme&project=shop" -H "Authorization: Bearer $KUBENOVA_TOKEN"
# And why may somebody else, or not?
curl -sS "$KUBENOVA_URL/api/v1/access/explain?permission=release:deploy&tenant=acme&project=shop&environment=production&principal=user/usr_…" \\
  -H "Authorization: Bearer $KUBENOVA_TOKEN"
\`\`\`

Nothing is allowed unless a binding allows it: a role, given to somebody at a scope. A scope is the platform, a cluster,
a tenant, a project or an environment, and holds for all that is in it. Whoever has something further down may read what
it is in (its tenant's and project's names, the apps of its project), and lists show what their reader may see. What
one may not see is answered as what is not there: 404, in the same words.

A change of a role, a binding, a login or a key holds from the next request on: rights are read with each one.

This page is generated from \`domain/access\` and the routes by \`node scripts/docs-roles.ts\`.
`;

const COLUMNS = Object.keys(ROLES) as (keyof typeof ROLES)[];

export function rolesPage(routes: readonly Asking[]): string {
  const roles = Object.entries<Role>(ROLES).map(([name, { summary, levels }]) => [
    name,
    summary,
    levels.join(", "),
  ]);
  const asked = routes.filter(({ action }) => action !== "public" && action !== "self");
  return [
    HEAD,
    `\n## The roles\n\n${table(["role", "what it is for", "given at"], roles)}\n`,
    `\n## Every operation\n\n${OPERATIONS}\n\n${table(["operation", "permission", ...COLUMNS], asked.map(rowOf))}\n`,
    `\n## Without a role\n\n${listOf(routes, "self", "Whoever is signed in may use these, for what is his own:")}\n`,
    `\n${listOf(routes, "public", "These need no credential of this API:")}\n`,
  ].join("");
}

const OPERATIONS = `Platform roles given at the platform, the others at a tenant; an operation on a cluster is on one that the tenant
owns. A role that is given at a project or an environment has the same rights there, and none beside it.`;

const rowOf = ({ operationId, action }: Asking): string[] => [
  operationId,
  action,
  ...COLUMNS.map((name) => ((ROLES[name] as Role).permissions.has(action as Permission) ? "yes" : "-")),
];

const listOf = (routes: readonly Asking[], action: "self" | "public", head: string): string => {
  const names = routes
    .filter((route) => route.action === action)
    .map(({ operationId }) => `- ${operationId}`);
  return `${head}\n\n${names.join("\n")}`;
};

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const page = rolesPage(await loadRoutes());
  const before = await readFile(ROLES_PAGE, "utf8").catch(() => "");
  if (page !== before) await writeFile(ROLES_PAGE, page);
  console.log(page === before ? "docs/roles.md is current" : "docs/roles.md is written");
}

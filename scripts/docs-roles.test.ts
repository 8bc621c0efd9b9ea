import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { PERMISSIONS } from "../domain/access/index.ts";
import { loadRoutes, ROLES_PAGE, rolesPage } from "./docs-roles.ts";

describe("docs/roles.md", () => {
  it("is what `npm run docs` makes of the roles and the routes", async () => {
    expect(await readFile(ROLES_PAGE, "utf8")).toBe(rolesPage(await loadRoutes()));
  });
});

describe("permissions", () => {
  /** Asked by handlers beside their route's own action. */
  const ASKED_INSIDE = ["environment:adopt", "access:explain"];

  it("each is asked for somewhere", async () => {
    const routes = await loadRoutes();
    const asked = new Set<string>([...routes.map(({ action }) => action), ...ASKED_INSIDE]);
    expect(PERMISSIONS.filter((permission) => !asked.has(permission))).toEqual([]);
  });
});

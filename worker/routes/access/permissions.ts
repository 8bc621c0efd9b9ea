import { z } from "zod";
import { PERMISSIONS } from "../../../domain/access/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { foundObjects } from "../../store/access-objects.ts";
import { directory } from "../../store/database.ts";
import { findNamed, isPath, NOT_A_PATH, namedObject, namesSchema, objectQuery } from "./object.ts";

export const myPermissions = defineRoute({
  method: "get",
  path: "/api/v1/me/permissions",
  operationId: "listMyPermissions",
  tag: "access",
  summary: "List what I may do",
  description: "On a tenant, a project, an environment or a cluster; on the platform where none is named.",
  action: "self",
  query: z.strictObject(objectQuery).refine(isPath, NOT_A_PATH),
  answers: {
    200: {
      description: "By the credential of this very request: a key may be held to less than its owner.",
      schema: z
        .object({ object: namesSchema, permissions: z.array(z.enum(PERMISSIONS)) })
        .meta({ id: "MyPermissions" }),
      example: {
        object: { tenant: "acme", project: "shop" },
        permissions: ["tenant:list", "tenant:get", "project:list", "project:get", "app:list", "app:get"],
      },
    },
  },
  errors: ["KN-1200"],
  async handler(call) {
    const names = call.query;
    const [named] = await call.read(directory(call.env), [findNamed(call, names)]);
    call.authorize({});
    const object = namedObject(call, names, foundObjects(named?.results[0]));
    const permissions = PERMISSIONS.filter((permission) => call.can(permission, object));
    return { status: 200, body: { object: names, permissions } };
  },
});

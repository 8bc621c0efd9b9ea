import { z } from "zod";
import {
  isPlatformOnly,
  isRoleName,
  type Level,
  PERMISSIONS,
  type Permission,
  ROLES,
  type Role,
  type RoleName,
  writtenPermissions,
} from "../../../domain/access/index.ts";
import { idPattern } from "../../../domain/ids/index.ts";
import { nameSchema } from "../../../domain/names/index.ts";
import type { CustomRole } from "../../store/roles.ts";
import { displayNameSchema, iso, timeSchema } from "../shared/catalogue.ts";
import { pageOf } from "../shared/paging.ts";
import { customRole } from "../shared/role.ts";
import { tenantParams } from "../tenants/schema.ts";

const permissionSchema = z.enum(PERMISSIONS);
const permissionsSchema = z
  .array(permissionSchema)
  .min(1)
  .max(PERMISSIONS.length)
  .refine((all) => new Set(all).size === all.length, "one is there twice");
const tenantPermissionsSchema = permissionsSchema.refine(
  (all) => !all.some(isPlatformOnly),
  "a tenant's role cannot have what is the platform's alone",
);
const newNameSchema = nameSchema
  .refine((name) => !isRoleName(name), "a fixed role has this name")
  .meta({ examples: ["release-manager"] });

const createFields = { name: newNameSchema, displayName: displayNameSchema.optional() };
const patchFields = { displayName: displayNameSchema.nullable().optional() };

export const createRoleSchema = z
  .strictObject({ ...createFields, permissions: tenantPermissionsSchema })
  .meta({ id: "RoleCreate" });
export const patchRoleSchema = z
  .strictObject({ ...patchFields, permissions: tenantPermissionsSchema.optional() })
  .meta({ id: "RolePatch" });
export const createPlatformRoleSchema = z
  .strictObject({ ...createFields, permissions: permissionsSchema })
  .meta({ id: "PlatformRoleCreate" });
export const patchPlatformRoleSchema = z
  .strictObject({ ...patchFields, permissions: permissionsSchema.optional() })
  .meta({ id: "PlatformRolePatch" });
export type RoleWrite = z.output<typeof createPlatformRoleSchema>;
export type RolePatch = z.output<typeof patchPlatformRoleSchema>;

const commonFields = {
  name: nameSchema,
  levels: z.array(z.enum(["platform", "cluster", "tenant", "project", "environment"])),
  permissions: z.array(permissionSchema).meta({
    description: "Reading the tenant, projects and environments on the way to them is in each role.",
  }),
};
const fixedRoleSchema = z.object({ ...commonFields, summary: z.string() }).meta({ id: "FixedRole" });
export const roleSchema = z
  .object({
    id: z.string().regex(idPattern("role")),
    ...commonFields,
    displayName: z.string().optional(),
    version: z.int().min(1),
    createdAt: timeSchema,
    updatedAt: timeSchema,
  })
  .meta({ id: "Role" });
export const anyRoleSchema = z.union([roleSchema, fixedRoleSchema]).meta({ id: "AnyRole" });
export const rolePageSchema = pageOf(roleSchema).meta({ id: "RolePage" });
export const platformRolePageSchema = pageOf(roleSchema)
  .extend({ fixed: z.array(fixedRoleSchema).meta({ description: "Those of every installation." }) })
  .meta({ id: "PlatformRolePage" });

export const platformRoleParams = z.strictObject({
  role: nameSchema.meta({ examples: ["release-manager"] }),
});
export const roleParams = tenantParams.extend(platformRoleParams.shape);

export const fixedRoleJson = (name: RoleName) => {
  const { summary, levels, permissions }: Role = ROLES[name];
  return { name, summary, levels: [...levels], permissions: [...permissions].sort() };
};

export const fixedRoles = () => (Object.keys(ROLES) as RoleName[]).map(fixedRoleJson);

export const roleJson = (role: CustomRole) => ({
  id: role.id,
  name: role.name,
  ...(role.displayName === null ? {} : { displayName: role.displayName }),
  levels: [...customRole(role).levels] as Level[],
  permissions: writtenPermissions(role.permissions) as Permission[],
  version: role.version,
  createdAt: iso(role.createdAt),
  updatedAt: iso(role.updatedAt),
});

export const roleExample = {
  id: "rol_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  name: "release-manager",
  displayName: "Release manager",
  levels: ["cluster" as const, "tenant" as const, "project" as const, "environment" as const],
  permissions: ["app:get" as const, "release:deploy" as const, "release:get" as const],
  version: 1,
  createdAt: "2026-11-21T10:00:00.000Z",
  updatedAt: "2026-11-21T10:00:00.000Z",
};
export const platformRoleExample = { ...roleExample, levels: ["platform" as const, ...roleExample.levels] };

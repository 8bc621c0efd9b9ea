import { z } from "zod";
import { idPattern, isId } from "../../../domain/ids/index.ts";
import { nameSchema } from "../../../domain/names/index.ts";
import type { NamedBinding } from "../../store/bindings.ts";
import { iso, timeSchema } from "../shared/catalogue.ts";
import { idPageFields } from "../shared/id-paging.ts";
import { pageOf } from "../shared/paging.ts";
import { tenantParams } from "../tenants/schema.ts";
import { platformSubjectSchema, subjectSchema } from "./subject-schema.ts";

interface ScopeInTenant {
  project?: string | undefined;
  environment?: string | undefined;
  cluster?: string | undefined;
}

export const NO_SCOPE = "environment needs project, cluster stands alone";
export const isScope = ({ project, environment, cluster }: ScopeInTenant): boolean =>
  (environment === undefined || project !== undefined) && (cluster === undefined || project === undefined);

export const scopeFields = z
  .strictObject({
    project: nameSchema.optional(),
    environment: nameSchema.optional(),
    cluster: nameSchema.optional(),
  })
  .refine(isScope, NO_SCOPE);

const roleName = nameSchema.meta({ description: "A fixed role, or a custom one.", examples: ["developer"] });
const expiry = timeSchema.optional().meta({ description: "When it ends by itself; for good where absent." });

export const createBindingSchema = z
  .strictObject({
    subject: subjectSchema,
    role: roleName,
    scope: scopeFields.optional().meta({ description: "The tenant itself where absent." }),
    expiresAt: expiry,
  })
  .meta({ id: "BindingCreate" });

export const createPlatformBindingSchema = z
  .strictObject({
    subject: platformSubjectSchema,
    role: roleName,
    scope: z
      .strictObject({ cluster: nameSchema.optional() })
      .optional()
      .meta({ description: "The platform itself where absent." }),
    expiresAt: expiry,
  })
  .meta({ id: "PlatformBindingCreate" });

export const bindingSchema = z
  .object({
    id: z.string().regex(idPattern("binding")),
    subject: z.object({
      kind: z.enum(["user", "service-account", "team", "group"]),
      id: z.string().optional(),
      email: z.string().optional(),
      provider: z.string().optional(),
      name: z.string().optional(),
    }),
    role: z.string(),
    scope: z.object({
      level: z.enum(["platform", "cluster", "tenant", "project", "environment"]),
      tenant: z.string().optional(),
      project: z.string().optional(),
      environment: z.string().optional(),
      cluster: z.string().optional(),
    }),
    createdAt: timeSchema,
    createdBy: z.string(),
    expiresAt: timeSchema.optional(),
    lastUsedAt: timeSchema.optional().meta({ description: "To the hour." }),
  })
  .meta({ id: "Binding" });
export const bindingPageSchema = pageOf(bindingSchema).meta({ id: "BindingPage" });

const SUBJECT =
  /^(user\/usr|service-account\/sva|team\/tem)_[0-9A-Z]{26}$|^group\/idp_[0-9A-Z]{26}\/.{1,200}$/su;

export const bindingFilterFields = {
  ...idPageFields,
  subject: z
    .string()
    .max(300)
    .regex(SUBJECT, "user/usr_…, service-account/sva_…, team/tem_… or group/idp_…/name")
    .optional()
    .meta({ examples: ["user/usr_01KAJ7Z8Q4X2N6V0D3M5R9T1WB"] }),
  role: nameSchema.optional().meta({ examples: ["developer"] }),
};

export const bindingIdSchema = z
  .string()
  .regex(idPattern("binding"))
  .meta({ examples: ["bnd_01KAJ7Z8Q4X2N6V0D3M5R9T1WB"] });
export const bindingParams = tenantParams.extend({ binding: bindingIdSchema });

export const bindingJson = (binding: NamedBinding) => ({
  id: binding.id,
  subject: subjectJson(binding),
  role: binding.roleName ?? binding.role,
  scope: {
    level: binding.level,
    tenant: binding.tenantName ?? undefined,
    project: binding.projectName ?? undefined,
    environment: binding.environmentName ?? undefined,
    cluster: binding.clusterName ?? undefined,
  },
  createdAt: iso(binding.createdAt),
  createdBy: binding.createdBy,
  ...(binding.expiresAt === null ? {} : { expiresAt: iso(binding.expiresAt) }),
  ...(binding.lastUsedAt === null ? {} : { lastUsedAt: iso(binding.lastUsedAt) }),
});

/** `kind/id`, or `group/<provider>/<name>`, in its parts. */
function subjectJson({ subject, subjectName }: NamedBinding) {
  const [kind = "", id = "", ...rest] = subject.split("/");
  if (!isId("identityProvider", id)) {
    return {
      kind,
      id,
      ...(subjectName === null ? {} : { [kind === "user" ? "email" : "name"]: subjectName }),
    };
  }
  return { kind, provider: id, name: rest.join("/") };
}

export const bindingExample = {
  id: "bnd_01KAJ7Z8Q4X2N6V0D3M5R9T1WB",
  subject: { kind: "user" as const, id: "usr_01KAJ7Z8Q4X2N6V0D3M5R9T1WB", email: "ada@example.com" },
  role: "developer",
  scope: { level: "project" as const, tenant: "acme", project: "shop" },
  createdAt: "2026-11-21T10:00:00.000Z",
  createdBy: "usr_01KAJ7Z8Q4X2N6V0D3M5R9T1WC",
};

export const platformBindingExample = {
  ...bindingExample,
  role: "platform-ops",
  scope: { level: "platform" as const },
};
export const platformBindingParams = z.strictObject({ binding: bindingIdSchema });

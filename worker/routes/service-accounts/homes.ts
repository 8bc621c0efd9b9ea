import { z } from "zod";
import type { Permission } from "../../../domain/access/index.ts";
import { tenantParams } from "../tenants/schema.ts";
import { accountSchema } from "./schema.ts";

type Verb = "create" | "list" | "get" | "update" | "delete";

/** Where service accounts live: in a tenant, or at the platform. Each operation is made for both. */
export interface AccountHome {
  /** Inside operation ids: `createServiceAccount`, `createPlatformServiceAccount`. */
  infix: "" | "Platform";
  of: string;
  path: "/api/v1/tenants/{tenant}/service-accounts" | "/api/v1/service-accounts";
  params: z.ZodObject;
  itemParams: z.ZodObject;
  action(verb: Verb): Permission;
}

const account = { account: accountSchema };

export const ACCOUNT_HOMES: readonly AccountHome[] = [
  {
    infix: "",
    of: "a tenant",
    path: "/api/v1/tenants/{tenant}/service-accounts",
    params: tenantParams,
    itemParams: tenantParams.extend(account),
    action: (verb) => `service-account:${verb}`,
  },
  {
    infix: "Platform",
    of: "the platform",
    path: "/api/v1/service-accounts",
    params: z.strictObject({}),
    itemParams: z.strictObject(account),
    action: (verb) => (verb === "list" || verb === "get" ? "platform-access:get" : "platform-access:update"),
  },
];

/** Parameters of any of these paths. */
export interface AccountParams {
  tenant?: string;
  account?: string;
}

/** The list's path, with the tenant's name in it. */
export const listPath = ({ path }: Pick<AccountHome, "path">, tenant: string | null): string =>
  path.replace("{tenant}", tenant ?? "");

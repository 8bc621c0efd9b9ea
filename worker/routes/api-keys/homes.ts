import { z } from "zod";
import { limitsOf, type Permission, permissionSet, permissionsOf } from "../../../domain/access/index.ts";
import { KubeNovaError } from "../../../domain/errors/index.ts";
import { selfDenied } from "../../login/denied.ts";
import type { Call } from "../../routing/call.ts";
import { directory } from "../../store/database.ts";
import { scopeOfBinding } from "../bindings/state.ts";
import { ACCOUNT_HOMES, type AccountHome, type AccountParams } from "../service-accounts/homes.ts";
import { heldByAccount, readAccount } from "../service-accounts/read.ts";
import { mayGive } from "../shared/giving.ts";
import { createKeySchema, createWideKeySchema, keyIdSchema } from "./schema.ts";

type Verb = "create" | "list" | "get" | "rotate" | "delete";

/** Whose keys are asked for. */
export interface KeyOwner {
  /** `user/usr_…` or `service-account/sva_…`. */
  owner: string;
  /** Of a tenant's machine: the one tenant that its keys are good for, and in whose feed they are told of. */
  tenant: { id: string; name: string } | null;
  /**
   * Whoever gets a secret of an owner may do what that one may: so its maker must hold all of it, as far as the key is
   * good for it and for as long. @throws KubeNovaError KN-1130, KN-1135
   */
  mayHandOut(permissions: readonly string[] | null, expiresAt: number): Promise<void>;
}

/** Whose keys a path is about. Each operation is made for all three. */
export interface KeyHome {
  /** Inside operation ids: `createMyKey`, `createServiceAccountKey`, `createPlatformServiceAccountKey`. */
  infix: string;
  of: string;
  path: `/${string}`;
  params: z.ZodObject;
  itemParams: z.ZodObject;
  body: typeof createWideKeySchema | typeof createKeySchema;
  action(verb: Verb): Permission | "self";
  /** Asks can(), and says whose keys they are. @throws KubeNovaError KN-1102, KN-1135, KN-1200 */
  open(call: Call): Promise<KeyOwner>;
}

const keyParam = { key: keyIdSchema };

const ofAccounts = (home: AccountHome): KeyHome => ({
  infix: `${home.infix}ServiceAccount`,
  of: `a service account of ${home.of}`,
  path: `${home.path}/{account}/keys`,
  params: home.itemParams,
  itemParams: home.itemParams.extend(keyParam),
  body: home.infix === "" ? createKeySchema : createWideKeySchema,
  action: (verb) =>
    home.infix === "" ? `api-key:${verb}` : home.action(verb === "list" || verb === "get" ? "get" : "update"),
  async open(call) {
    const { tenant } = call.params as AccountParams;
    const { tenantId, account } = await readAccount(call);
    const owner = `service-account/${account.id}`;
    return {
      owner,
      tenant: tenantId === null || tenant === undefined ? null : { id: tenantId, name: tenant },
      async mayHandOut(permissions, expiresAt) {
        const allowed = permissions && permissionSet(permissions);
        for (const binding of await heldByAccount(call, account)) {
          const held = [...permissionsOf(binding.role, binding.rolePermissions ?? [])];
          const gift = {
            permissions: allowed ? held.filter((permission) => allowed.has(permission)) : held,
            scope: scopeOfBinding(binding),
            owner: binding.clusterOwner,
            expiresAt: Math.min(binding.expiresAt ?? expiresAt, expiresAt),
          };
          mayGive(call, gift, owner);
        }
      },
    };
  },
});

const MINE: KeyHome = {
  infix: "My",
  of: "oneself",
  path: "/api/v1/me/keys",
  params: z.strictObject({}),
  itemParams: z.strictObject(keyParam),
  body: createWideKeySchema,
  action: () => "self",
  async open(call) {
    await call.read(directory(call.env), []);
    call.authorize({});
    const { kind, id, ...who } = call.principal;
    if (kind !== "user" && kind !== "service-account") throw selfDenied(call, new KubeNovaError("KN-1135"));
    // No permission says who may manage his own keys: one that is held to some is good for none of it.
    if (limitsOf(call.principal).permissions !== undefined)
      throw selfDenied(
        call,
        new KubeNovaError("KN-1102", "A key that is held to some permissions manages no keys of its owner."),
      );
    return {
      owner: `${kind}/${id}`,
      tenant: null,
      async mayHandOut() {
        if (!("sessionId" in who) || who.sessionId === undefined)
          throw selfDenied(call, new KubeNovaError("KN-1135"));
      },
    };
  },
};

export const KEY_HOMES: readonly KeyHome[] = [MINE, ...ACCOUNT_HOMES.map(ofAccounts)];

export interface KeyParams extends AccountParams {
  key?: string;
}

import { KubeNovaError } from "../../../domain/errors/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import {
  insertServiceAccount,
  MAX_SERVICE_ACCOUNTS,
  type ServiceAccount,
} from "../../store/service-accounts.ts";
import { accessEvent } from "../shared/giving.ts";
import { ACCOUNT_HOMES, type AccountParams, listPath } from "./homes.ts";
import { accountAnswer, accountState, lookForAccount } from "./read.ts";
import { createServiceAccountSchema, serviceAccountExample, serviceAccountSchema } from "./schema.ts";

export const createServiceAccount = ACCOUNT_HOMES.map((home) =>
  defineRoute({
    method: "post",
    path: home.path,
    operationId: `create${home.infix}ServiceAccount`,
    tag: "service-accounts",
    summary: `Make a service account of ${home.of}`,
    description: "A machine: it may do what bindings say, by the keys that it is given.",
    action: home.action("create"),
    params: home.params,
    body: {
      schema: createServiceAccountSchema,
      example: { name: "deployer", displayName: "Deploys from CI" },
    },
    answers: {
      201: {
        description: "The service account.",
        schema: serviceAccountSchema,
        example: serviceAccountExample,
        headers: ["ETag", "Location"],
      },
    },
    errors: ["KN-1133", "KN-1300"],
    async handler(call) {
      const { tenant = null } = call.params as AccountParams;
      const { name, displayName = null } = call.body;
      const { tenantId, account: same, count } = await lookForAccount(call, tenant, name);
      if (same)
        throw new KubeNovaError("KN-1300", `There is a service account '${name}' already.`, { id: same.id });
      if (count >= MAX_SERVICE_ACCOUNTS)
        throw new KubeNovaError("KN-1133", undefined, { max: MAX_SERVICE_ACCOUNTS });
      const account: ServiceAccount = {
        id: call.newId("serviceAccount"),
        tenantId,
        name,
        displayName,
        state: "active",
        version: 1,
        createdAt: call.now,
        updatedAt: call.now,
        lastUsedAt: null,
      };
      const db = directory(call.env);
      return call.commit({
        db,
        statements: [insertServiceAccount(db, account)],
        events: [
          accessEvent(tenantId, `service-account/${account.id}`, "service-account-created", {
            after: accountState(account),
          }),
        ],
        answer: { ...accountAnswer(201, account), location: `${listPath(home, tenant)}/${name}` },
      });
    },
  }),
);

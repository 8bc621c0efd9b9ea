import { z } from "zod";
import { idPattern } from "../../../domain/ids/index.ts";
import { nameSchema } from "../../../domain/names/index.ts";
import { defineRoute } from "../../routing/define.ts";
import { directory } from "../../store/database.ts";
import { listOpenProviders, providerOf } from "../../store/identity-providers.ts";
import { PROVIDER_EXAMPLE } from "./schema.ts";

export const listLoginProviders = defineRoute({
  method: "get",
  path: "/api/v1/auth/providers",
  operationId: "listLoginProviders",
  tag: "auth",
  summary: "List the ways to log in",
  description:
    "The platform's, and with `tenant` that tenant's own. Of a tenant that does not exist there are none.",
  action: "public",
  query: z.strictObject({ tenant: nameSchema.optional().meta({ examples: ["acme"] }) }),
  answers: {
    200: {
      description: "The ways.",
      schema: z
        .object({
          items: z.array(
            z.object({
              id: z.string().regex(idPattern("identityProvider")),
              name: nameSchema,
              displayName: z.string(),
              loginUrl: z.string(),
            }),
          ),
        })
        .meta({ id: "LoginProviderList" }),
      example: {
        items: [
          {
            id: PROVIDER_EXAMPLE,
            name: "google",
            displayName: "Google",
            loginUrl: `/api/v1/auth/login/${PROVIDER_EXAMPLE}`,
          },
        ],
      },
    },
  },
  async handler(call) {
    const db = directory(call.env);
    const [rows] = await call.read(db, [listOpenProviders(db, call.query.tenant ?? null)]);
    const items = (rows?.results ?? []).flatMap((row) => providerOf(row) ?? []);
    return {
      status: 200,
      body: {
        items: items.map(({ id, name, displayName }) => ({
          id,
          name,
          displayName: displayName ?? name,
          loginUrl: `/api/v1/auth/login/${id}`,
        })),
      },
    };
  },
});

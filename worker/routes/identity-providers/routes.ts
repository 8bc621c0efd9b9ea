import { z } from "zod";
import { nameSchema } from "../../../domain/names/index.ts";
import { defineRoute, type Route } from "../../routing/define.ts";
import { changeRoutes } from "./change.ts";
import { createProvider } from "./create.ts";
import { providerExample } from "./examples.ts";
import type { Level } from "./level.ts";
import { collectionPath, openOne, openOwner } from "./place.ts";
import { providerJson, providerListSchema, providerSchema } from "./schema.ts";
import { testRoute } from "./test-route.ts";
import { providerAnswer } from "./write.ts";

const provider = z
  .string()
  .max(64)
  .meta({ description: "Name or id.", examples: ["google"] });
const tenant = nameSchema.meta({ examples: ["acme"] });

const PLATFORM: Level = {
  collection: collectionPath(undefined) as `/${string}`,
  suffix: "",
  whose: "the platform's",
  actions: {
    create: "platform-provider:update",
    list: "platform-provider:get",
    get: "platform-provider:get",
    update: "platform-provider:update",
    delete: "platform-provider:update",
    test: "platform-provider:update",
  },
  owner: z.strictObject({}),
  one: z.strictObject({ provider }),
};
const TENANT: Level = {
  collection: collectionPath("{tenant}") as `/${string}`,
  suffix: "OfTenant",
  whose: "a tenant's",
  actions: {
    create: "identity-provider:create",
    list: "identity-provider:list",
    get: "identity-provider:get",
    update: "identity-provider:update",
    delete: "identity-provider:delete",
    test: "identity-provider:test",
  },
  owner: z.strictObject({ tenant }),
  one: z.strictObject({ tenant, provider }),
};

const routesAt = (level: Level): Route[] => [
  createProvider(level),
  defineRoute({
    method: "get",
    path: level.collection,
    operationId: `listIdentityProviders${level.suffix}`,
    tag: "identity-providers",
    summary: `List ${level.whose} identity providers`,
    action: level.actions.list,
    params: level.owner,
    answers: {
      200: {
        description: "All of them; twenty at most.",
        schema: providerListSchema,
        example: { items: [providerExample] },
      },
    },
    async handler(call) {
      const { found } = await openOwner(call, call.params);
      const { origin } = new URL(call.request.url);
      return { status: 200, body: { items: found.map((row) => providerJson(row, origin)) } };
    },
  }),
  defineRoute({
    method: "get",
    path: `${level.collection}/{provider}`,
    operationId: `getIdentityProvider${level.suffix}`,
    tag: "identity-providers",
    summary: `Get one of ${level.whose} identity providers`,
    action: level.actions.get,
    params: level.one,
    conditional: ["If-None-Match"],
    answers: {
      200: {
        description: "The provider.",
        schema: providerSchema,
        example: providerExample,
        headers: ["ETag"],
      },
    },
    async handler(call) {
      const { provider: row } = await openOne(call, call.params);
      return providerAnswer(call, 200, row);
    },
  }),
  ...changeRoutes(level),
  testRoute(level),
];

export const providerRoutes: readonly Route[] = [PLATFORM, TENANT].flatMap(routesAt);

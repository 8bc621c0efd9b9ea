import { KubeNovaError } from "../../../domain/errors/index.ts";
import { defineRoute, type Route } from "../../routing/define.ts";
import { insertProvider, MAX_PROVIDERS } from "../../store/identity-providers.ts";
import { providerExample, writeProviderExample } from "./examples.ts";
import type { Level } from "./level.ts";
import { mayActOnPeople } from "./people.ts";
import { openOwner } from "./place.ts";
import { createProviderSchema, providerSchema } from "./schema.ts";
import { providerAnswer, providerEvent, writtenRow } from "./write.ts";

export const createProvider = (level: Level): Route =>
  defineRoute({
    method: "post",
    path: level.collection,
    operationId: `createIdentityProvider${level.suffix}`,
    tag: "identity-providers",
    summary: `Add one of ${level.whose} identity providers`,
    description:
      "An OpenID provider. Register the answer's `redirectUri` there. A tenant's own logs people in to that tenant alone.",
    action: level.actions.create,
    params: level.owner,
    body: {
      schema: createProviderSchema,
      example: { name: "google", displayName: "Google", ...writeProviderExample },
    },
    answers: {
      201: {
        description: "The provider.",
        schema: providerSchema,
        example: providerExample,
        headers: ["ETag", "Location"],
      },
    },
    errors: ["KN-1130", "KN-1300", "KN-1610"],
    async handler(call) {
      const { name, ...write } = call.body;
      const { db, owner, found } = await openOwner(call, call.params);
      if (found.some((each) => each.name === name)) {
        throw new KubeNovaError("KN-1300", `There is an identity provider '${name}' already.`);
      }
      if (found.length >= MAX_PROVIDERS) {
        throw new KubeNovaError("KN-1305", `There are ${MAX_PROVIDERS} identity providers already.`);
      }
      const id = call.newId("identityProvider");
      const { tenantId } = owner;
      const blank = { id, tenantId, name, version: 1, createdAt: call.now, clientSecret: null };
      // Of a new one these are users who never logged in: it could name them.
      const stands = await mayActOnPeople(call, blank, "gives");
      const row = await writtenRow(call, blank, write);
      const answer = { ...providerAnswer(call, 201, row), location: `${owner.path}/${name}` };
      return call.commit({
        db,
        statements: [insertProvider(db, row), stands],
        events: [providerEvent("created", undefined, row)],
        answer,
      });
    },
  });

import { z } from "zod";
import { discover } from "../../oidc/metadata.ts";
import { outboundOf } from "../../outbound/guarded-fetch.ts";
import { defineRoute, type Route } from "../../routing/define.ts";
import type { Level } from "./level.ts";
import { openOne } from "./place.ts";

const testedSchema = z
  .object({
    issuer: z.string(),
    authorizationEndpoint: z.string(),
    tokenEndpoint: z.string(),
    jwksUri: z.string(),
    signatures: z.array(z.string()).meta({ description: "Algorithms of its ID tokens that are taken." }),
    groupsClaimListed: z.boolean().optional().meta({
      description:
        "Whether its `claims_supported` names the groups' claim; absent where there is no such list.",
    }),
  })
  .meta({ id: "IdentityProviderTest" });

export const testRoute = (level: Level): Route =>
  defineRoute({
    method: "post",
    path: `${level.collection}/{provider}:test`,
    operationId: `testIdentityProvider${level.suffix}`,
    tag: "identity-providers",
    summary: `Try one of ${level.whose} identity providers`,
    description:
      "Reads its discovery document, now. KN-1114, KN-1610 or KN-1611 say what is wrong. Nobody is logged in.",
    action: level.actions.test,
    params: level.one,
    answers: {
      200: {
        description: "What it says of itself.",
        schema: testedSchema,
        example: {
          issuer: "https://accounts.google.com",
          authorizationEndpoint: "https://accounts.google.com/o/oauth2/v2/auth",
          tokenEndpoint: "https://oauth2.googleapis.com/token",
          jwksUri: "https://www.googleapis.com/oauth2/v3/certs",
          signatures: ["RS256"],
        },
      },
    },
    errors: ["KN-1114", "KN-1610", "KN-1611"],
    async handler(call) {
      const { provider } = await openOne(call, call.params);
      const { server } = await discover(outboundOf(call.env, provider.tenantId), provider.issuer);
      const listed = server.claims_supported;
      return {
        status: 200,
        body: {
          issuer: server.issuer,
          authorizationEndpoint: server.authorization_endpoint,
          tokenEndpoint: server.token_endpoint,
          jwksUri: server.jwks_uri,
          signatures: server.id_token_signing_alg_values_supported,
          groupsClaimListed:
            provider.groupsClaim === null || listed === undefined
              ? undefined
              : listed.includes(provider.groupsClaim),
        },
      };
    },
  });

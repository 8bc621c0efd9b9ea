import { z } from "zod";
import { defineRoute } from "../../routing/define.ts";
import { signingKeys } from "../../tokens/signing.ts";

/** A new key stands in the ring, and so here, before it signs anything (docs/operations/key-rotation.md). */
const MAX_AGE_SECONDS = 300;

export const getJwks = defineRoute({
  method: "get",
  path: "/.well-known/jwks.json",
  operationId: "getJwks",
  tag: "auth",
  summary: "Get the public keys of access tokens",
  description:
    "A JWK Set (RFC 7517). Tokens are signed by Ed25519 (`EdDSA`); issuer `kubenova`, audience `kubenova-api`. Who verifies tokens by these keys alone does not see that a login has ended: at most 15 minutes.",
  action: "public",
  shield: "open",
  answers: {
    200: {
      description: "The keys.",
      schema: z
        .object({
          keys: z.array(
            z.object({
              kty: z.literal("OKP"),
              crv: z.literal("Ed25519"),
              x: z.string(),
              kid: z.string().meta({ description: "The key's thumbprint (RFC 7638)." }),
              use: z.literal("sig"),
              alg: z.literal("EdDSA"),
            }),
          ),
        })
        .meta({ id: "Jwks" }),
      example: {
        keys: [
          {
            kty: "OKP",
            crv: "Ed25519",
            x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            kid: "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
            use: "sig",
            alg: "EdDSA",
          },
        ],
      },
    },
  },
  async handler(call) {
    const { jwks } = await signingKeys(call.env);
    return { status: 200, body: jwks, headers: { "Cache-Control": `public, max-age=${MAX_AGE_SECONDS}` } };
  },
});

import { errors as joseErrors } from "jose";
import { AuthorizationResponseError, OperationProcessingError, ResponseBodyError } from "oauth4webapi";
import { KubeNovaError } from "../../domain/errors/index.ts";

/** Error codes of OAuth are words of these characters (RFC 6749, appendix A); what else a provider sends is not shown. */
const WORD = /^[a-z0-9_.-]{1,64}$/i;
const word = (text: string | null | undefined): string => (text && WORD.test(text) ? text : "an error");

/**
 * What went wrong with a provider, as an error of ours. Libraries' messages name what did not hold; the tokens
 * themselves stand in their causes, which go nowhere.
 */
export function unusable(error: unknown): KubeNovaError {
  if (error instanceof KubeNovaError) return error;
  if (error instanceof AuthorizationResponseError) {
    const reason = `the provider answered ${word(error.error)}`;
    return new KubeNovaError("KN-1115", `The login was refused: ${reason}.`, { reason });
  }
  const reason = reasonOf(error);
  return new KubeNovaError("KN-1114", `The identity provider cannot be used: ${reason}.`, { reason });
}

function reasonOf(error: unknown): string {
  if (error instanceof ResponseBodyError) return `its token endpoint answered ${word(error.error)}`;
  if (error instanceof joseErrors.JWKSNoMatchingKey)
    return "its ID token is signed by a key that it does not publish";
  if (error instanceof joseErrors.JOSEError) return `its ID token does not hold (${error.code})`;
  if (error instanceof OperationProcessingError) return error.message;
  return error instanceof TypeError ? "its answer is not what OpenID Connect says" : "it failed";
}

import { KubeNovaError } from "../../domain/errors/index.ts";
import { inTime } from "../bounded.ts";

/** Longer than any write here takes by two orders of magnitude, and shorter than what clients wait for. */
export const REQUEST_TIME_LIMIT_MS = 30_000;

/** @throws KubeNovaError KN-1902 where the response is not there in time; what it does goes on, and is whole or absent */
export const withTimeLimit = (response: Promise<Response>): Promise<Response> =>
  inTime(response, REQUEST_TIME_LIMIT_MS, () => new KubeNovaError("KN-1902"));

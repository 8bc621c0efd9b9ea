import { isPlatformOnly, type Permission } from "../../../domain/access/index.ts";
import type { Route } from "../../../worker/routing/define.ts";
import type { Asked } from "./types.ts";

/**
 * Where something else than 404 may come for what is not the caller's, each with its reason. What is not named here is
 * not there.
 */

/** Parameters that no tenant decides on. */
const FREE: Record<string, string> = {
  namespace: "a place in the cluster that stands before it in the path",
  service: "the same",
  path: "the same",
  kind: "one of three words",
  id: "of the cluster that stands before it in the path",
  deadLetter: "dead letters are the platform's alone",
};
export const always = (name: string): boolean => Object.hasOwn(FREE, name);

/** They make what is not there yet, so a name that another tenant has is as free as any. */
const CREATES_BY_NAME = ["putProject", "putEnvironment", "putApp"];
export const createsByName = (operationId: string, path: string, name: string): boolean =>
  CREATES_BY_NAME.includes(operationId) && path.endsWith(`{${name}}`);

/** What its owner may still read after its end, or end again without an error. */
const SHOWN_AFTER_ITS_END: Record<string, string> = {
  invitation: "a revoked one is read for 30 days",
  key: "a revoked one is read for 30 days",
  token: "revoking a join token twice is no error",
  session: "ending a login twice is no error",
};

/** Whether each part of the path that is not there any more may be asked about. */
export const mayBeShown = ({ owners }: Asked): boolean =>
  Object.entries(owners).every(
    ([name, owner]) => owner === "own" || (owner === "stale" && Object.hasOwn(SHOWN_AFTER_ITS_END, name)),
  );

/**
 * What only the platform may do, on a path of the platform: refused with 403 whatever the id is, before anything that
 * was found by it is looked at. The answers for an id of another and for one that nobody has are compared all the same.
 */
export const isRefusedAsSuch = ({ action, path }: Route): boolean =>
  !path.startsWith("/api/v1/tenants/") && isPlatformOnly(action as Permission);

/** Routes without a caller, so without a tenant whose own something could be. */
export const PUBLIC: Record<string, string> = {
  listLoginProviders: "whoever logs in belongs to nobody yet: he is shown the names of a tenant's providers",
  startLogin: "leads to a provider, for whoever wants to log in",
  finishLogin: "takes what a provider sends, by the state that a browser holds",
  dialTunnel: "an agent's, by its cluster's key",
};

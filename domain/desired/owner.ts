import { LABEL } from "../names/labels.ts";

/** Id of the cluster that an object of ours was written for, by its labels; absent where a person wrote it. */
export const clusterOf = (labels: Readonly<Record<string, string>> | undefined): string | undefined =>
  labels?.[LABEL.cluster];

/**
 * Two control planes may have registered one Kubernetes cluster, each under an id of its own. What was written for
 * another id is not ours to carry out, to judge or to delete; a person hands it over by changing the label.
 *
 * @param of id that the object was written for
 * @param own id that the agent speaks for; undefined before it is known
 */
export const isForeign = (of: string | undefined, own: string | undefined): boolean =>
  of !== undefined && own !== undefined && of !== own;

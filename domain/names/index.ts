import { z } from "zod";

/** Longest name of a catalogue object: leaves room for generated suffixes inside a 63-character DNS label. */
export const MAX_NAME_LENGTH = 40;

/** A DNS label (RFC 1123) that starts with a letter, as Kubernetes wants for Services. */
export const nameSchema = z
  .string()
  .min(1)
  .max(MAX_NAME_LENGTH)
  .regex(
    /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
    "lower-case letters, digits and '-', starting with a letter, not ending with '-'",
  );

export const labelValueSchema = z
  .string()
  .max(63)
  .regex(/^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/, "not a Kubernetes label value");

export const labelKeySchema = z
  .string()
  .max(316)
  .regex(
    /^([a-z0-9]([-a-z0-9.]*[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
    "not a Kubernetes label key",
  );

/** Labels that a user gives: at most 32, and none in our own domain, which says who owns what. */
export const labelsSchema = z
  .record(labelKeySchema, labelValueSchema)
  .refine((labels) => Object.keys(labels).length <= 32, "at most 32 labels")
  .refine(
    (labels) => !Object.keys(labels).some((key) => /(^|\.)kubenova\.io\//.test(key)),
    "labels under kubenova.io/ are KubeNova's own",
  );

const MAX_NAMESPACE_LENGTH = 63;
const SUFFIX_LENGTH = 8;

/**
 * The namespace of an environment (decisions.md 14): `{tenant}-{project}-{environment}`, with a hash suffix whenever
 * a name has a `-` (else `a-b` + `c` and `a` + `b-c` would meet) or the whole is over 63 characters. It depends on
 * the three names alone, never on what exists already.
 *
 * @param hash lower-case hex of SHA-256 over `tenant/project/environment`, see {@link namespaceHashInput}
 */
export function namespaceFor(tenant: string, project: string, environment: string, hash: string): string {
  const plain = `${tenant}-${project}-${environment}`;
  const ambiguous = [tenant, project, environment].some((name) => name.includes("-"));
  if (!ambiguous && plain.length <= MAX_NAMESPACE_LENGTH) return plain;
  const head = plain.slice(0, MAX_NAMESPACE_LENGTH - SUFFIX_LENGTH - 1).replace(/-+$/, "");
  return `${head}-${hash.slice(0, SUFFIX_LENGTH)}`;
}

export const namespaceHashInput = (tenant: string, project: string, environment: string): string =>
  `${tenant}/${project}/${environment}`;

/** A namespace that exists already and is to be adopted: a DNS label, and none that Kubernetes or KubeNova keep for themselves. */
export const adoptedNamespaceSchema = z
  .string()
  .min(1)
  .max(MAX_NAMESPACE_LENGTH)
  .regex(
    /^(?!kube-)(?!kubenova-system$)[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
    "not a namespace that can be adopted",
  );

import { createHash } from "node:crypto";
import type { Limits } from "../limits.ts";
import type { AddressPolicy } from "../network/addresses.ts";
import { createHttp } from "../network/http.ts";
import type { Arrived, Question } from "../recall.ts";
import type { NamespaceReader } from "../types.ts";
import { layersOf } from "./artifact.ts";
import { openRepository } from "./client.ts";
import { credentialsFor, DOCKER_CONFIG_KEY, type RegistryCredentials } from "./docker-config.ts";
import { downloadLayers } from "./download.ts";
import type { OciReference } from "./reference.ts";

export interface OciOptions {
  limits: Limits;
  policy: AddressPolicy;
  /** PEM; trusted for every registry. */
  ca?: string | undefined;
  /** `host` or `host:port` of those that are spoken to by plain HTTP. */
  insecure: ReadonlySet<string>;
  onBytes: (count: number) => void;
}

export interface OciRequest {
  reference: OciReference;
  /** A tag that never moves, as the version of a CUE module is one. */
  isFixed: boolean;
  /** By plain HTTP, whatever the options say. */
  isInsecure?: boolean;
  pullSecretRef: { name: string } | undefined;
  reader: NamespaceReader;
}

interface Secret {
  credentials: RegistryCredentials | undefined;
  ca: string | undefined;
}

/** @throws SourceError where the pull secret is missing or wrong */
export async function ociQuestion(request: OciRequest, options: OciOptions): Promise<Question> {
  const { reference, reader } = request;
  const secret = await secretOf(request);
  const { registry, repository, tag, digest } = reference;
  return {
    key: JSON.stringify(["oci", registry, repository, digest ?? tag, keyOf(secret)]),
    namespace: reader.namespace,
    tenant: reader.tenant,
    lane: "network",
    immutable: digest !== undefined || request.isFixed,
    ask: (held, signal, scratch) => ask(held?.digest, { request, secret, options, scratch, signal }),
  };
}

interface Asking {
  request: OciRequest;
  secret: Secret;
  options: OciOptions;
  scratch: string;
  signal: AbortSignal;
}

async function ask(held: string | undefined, asking: Asking): Promise<Arrived | "unchanged"> {
  const { secret, options, scratch, signal } = asking;
  const { reference } = asking.request;
  const { limits, policy, onBytes, insecure } = options;
  const isInsecure = asking.request.isInsecure ?? insecure.has(reference.registry);
  const cas = [options.ca, secret.ca].filter((pem) => pem !== undefined);
  const http = createHttp({
    policy,
    ca: cas.length === 0 ? undefined : cas.join("\n"),
    isInsecure: (host) => (isInsecure && host === reference.registry) || insecure.has(host),
    idleMs: limits.idleMs,
  });
  try {
    const repository = openRepository({ reference, http, credentials: secret.credentials, isInsecure });
    if (held !== undefined && (await repository.headDigest(signal)) === held) return "unchanged";
    const manifest = await repository.manifest(signal);
    const { digest } = manifest;
    if (digest === held) return "unchanged";
    const layers = layersOf(manifest.body, manifest.mediaType, limits.maxArchiveBytes);
    const files = await downloadLayers(layers, { repository, limits, scratch, onBytes, signal });
    return { files, digest, revision: digest };
  } finally {
    http.close();
  }
}

async function secretOf({ pullSecretRef, reader, reference }: OciRequest): Promise<Secret> {
  if (!pullSecretRef) return { credentials: undefined, ca: undefined };
  const secret = await reader.secret(pullSecretRef.name);
  const config = secret.get(DOCKER_CONFIG_KEY);
  const ca = secret.get("ca.crt");
  return {
    credentials: config && credentialsFor(config, reference),
    ca: ca && Buffer.from(ca).toString("utf8"),
  };
}

/** Who pulls without credentials shares what the registry gives to anybody. */
function keyOf({ credentials, ca }: Secret): string {
  if (!credentials && ca === undefined) return "anonymous";
  return createHash("sha256")
    .update(JSON.stringify([credentials, ca]))
    .digest("hex");
}

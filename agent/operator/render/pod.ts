import type { ImageSource } from "../../../domain/apps/image-source.ts";

type Probe = NonNullable<NonNullable<ImageSource["probes"]>["readiness"]>;
type Json = Record<string, unknown>;

/** How long a pod has to end, the wait below included. */
const TERMINATION_GRACE_SECONDS = 30;
/**
 * A pod that is to end goes on serving for so long: the proxies of the nodes learn about a second late that it is leaving,
 * and would lead requests to where nobody listens any more. (The sleep action is on by default since Kubernetes 1.30.)
 */
const DRAIN_SECONDS = 3;

/**
 * The pod of an image app. Secure where it costs an app nothing: no privilege escalation, the runtime's seccomp
 * profile, all capabilities dropped but those that common images need to start as root and drop it themselves, no
 * token of the API server. That the user is not root is the image's own affair, and a policy's.
 */
export function podSpec(app: string, image: ImageSource): Json {
  return {
    serviceAccountName: app,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: TERMINATION_GRACE_SECONDS,
    securityContext: { seccompProfile: { type: "RuntimeDefault" } },
    containers: [container(app, image)],
    ...(image.files?.length ? { volumes: [{ name: "files", configMap: { name: filesName(app) } }] } : {}),
  };
}

function container(app: string, image: ImageSource): Json {
  return {
    name: app,
    image: image.image,
    ...optional("command", image.command),
    ...optional("args", image.args),
    ...optional("env", variables(image.env)),
    ...optional("envFrom", secrets(image.envFrom)),
    ...optional(
      "ports",
      image.ports?.map(({ name, port, protocol }) => ({
        name,
        containerPort: port,
        protocol: protocol ?? "TCP",
      })),
    ),
    ...(image.resources ? { resources: image.resources } : {}),
    ...probes(image.probes),
    ...optional("volumeMounts", mounts(image.files)),
    ...(image.ports?.length ? { lifecycle: { preStop: { sleep: { seconds: DRAIN_SECONDS } } } } : {}),
    securityContext: {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"], add: ["CHOWN", "SETGID", "SETUID", "NET_BIND_SERVICE"] },
    },
  };
}

const optional = (name: string, list: unknown[] | undefined): Json => (list?.length ? { [name]: list } : {});

const variables = (env: ImageSource["env"]): Json[] =>
  Object.entries(env ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ({ name, value }));

const secrets = (from: ImageSource["envFrom"]): Json[] | undefined =>
  from?.map(({ secret, prefix, optional: mayLack }) => ({
    ...(prefix ? { prefix } : {}),
    secretRef: { name: secret, ...(mayLack === undefined ? {} : { optional: mayLack }) },
  }));

const mounts = (files: ImageSource["files"]): Json[] | undefined =>
  files?.map((file, index) => ({
    name: "files",
    mountPath: file.path,
    subPath: fileKey(index),
    readOnly: true,
  }));

function probes(given: ImageSource["probes"]): Json {
  return Object.fromEntries(
    (["liveness", "readiness", "startup"] as const)
      .filter((kind) => given?.[kind])
      .map((kind) => [`${kind}Probe`, probe(given?.[kind] as Probe)]),
  );
}

function probe({ http, tcp, exec, ...timing }: Probe): Json {
  if (http) return { httpGet: { path: http.path, port: http.port }, ...timing };
  if (tcp) return { tcpSocket: { port: tcp.port }, ...timing };
  return { exec: { command: exec?.command ?? [] }, ...timing };
}

export const filesName = (app: string): string => `${app}-files`;

/** Keys of the files' ConfigMap; a path has characters that a key may not have. */
export const fileKey = (index: number): string => `file-${index}`;

import { z } from "zod";

/** A Kubernetes quantity, such as `250m`, `1.5`, `128Mi`. */
const quantitySchema = z
  .string()
  .regex(/^[0-9]+(\.[0-9]+)?(m|k|Ki|M|Mi|G|Gi|T|Ti)?$/, "not a Kubernetes quantity");

const resourceListSchema = z.strictObject({
  cpu: quantitySchema.optional(),
  memory: quantitySchema.optional(),
  "ephemeral-storage": quantitySchema.optional(),
});

const portNameSchema = z
  .string()
  .max(15)
  .regex(
    /^(?=.*[a-z])[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
    "at most 15 lower-case letters, digits and '-', with a letter",
  );

const portNumberSchema = z.int().min(1).max(65535);

export const portSchema = z.strictObject({
  name: portNameSchema,
  /** Port that the container listens on. */
  port: portNumberSchema,
  /** Port of the Service; the container's where absent. */
  servicePort: portNumberSchema.optional(),
  protocol: z.enum(["TCP", "UDP", "SCTP"]).optional(),
});

const probeSchema = z
  .strictObject({
    http: z
      .strictObject({
        path: z.string().startsWith("/").max(1024),
        port: z.union([portNumberSchema, portNameSchema]),
      })
      .optional(),
    tcp: z.strictObject({ port: z.union([portNumberSchema, portNameSchema]) }).optional(),
    exec: z.strictObject({ command: z.array(z.string().max(4096)).min(1).max(64) }).optional(),
    initialDelaySeconds: z.int().min(0).max(3600).optional(),
    periodSeconds: z.int().min(1).max(3600).optional(),
    timeoutSeconds: z.int().min(1).max(600).optional(),
    successThreshold: z.int().min(1).max(20).optional(),
    failureThreshold: z.int().min(1).max(100).optional(),
  })
  .refine(
    (probe) => [probe.http, probe.tcp, probe.exec].filter(Boolean).length === 1,
    "exactly one of http, tcp, exec",
  );

export const fileSchema = z.strictObject({
  path: z
    .string()
    .max(512)
    .regex(/^(\/[A-Za-z0-9._-]+)+$/, "an absolute path of letters, digits, '.', '_' and '-'")
    .refine(
      (path) => !path.split("/").some((part) => part === "." || part === ".."),
      "no '.' or '..' in a path",
    ),
  content: z.string().max(256 * 1024),
});

const envNameSchema = z
  .string()
  .max(256)
  .regex(/^[-._a-zA-Z][-._a-zA-Z0-9]*$/, "not an environment variable name");

/** Registry host, repository, and a tag or digest: the grammar of distribution/reference, bounded. */
const imageRefSchema = z
  .string()
  .max(512)
  .regex(
    /^([a-zA-Z0-9.-]+(:[0-9]{1,5})?\/)?[a-z0-9]+([._/-]+[a-z0-9]+)*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(@sha256:[0-9a-f]{64})?$/,
    "not an image reference",
  );

export const hostSchema = z
  .string()
  .max(253)
  .regex(
    /^(\*\.)?([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/,
    "not a DNS host name",
  );

const imageFields = {
  image: imageRefSchema,
  command: z.array(z.string().max(4096)).max(64).optional(),
  args: z.array(z.string().max(4096)).max(256).optional(),
  env: z.record(envNameSchema, z.string().max(32 * 1024)).optional(),
  /** Secrets of the environment's namespace whose keys become variables; by reference, never by value. */
  envFrom: z
    .array(
      z.strictObject({
        secret: z.string().min(1).max(253),
        prefix: z.string().max(64).optional(),
        optional: z.boolean().optional(),
      }),
    )
    .max(16)
    .optional(),
  ports: z.array(portSchema).max(16).optional(),
  replicas: z.int().min(0).max(1000).optional(),
  resources: z
    .strictObject({ requests: resourceListSchema.optional(), limits: resourceListSchema.optional() })
    .optional(),
  probes: z
    .strictObject({
      liveness: probeSchema.optional(),
      readiness: probeSchema.optional(),
      startup: probeSchema.optional(),
    })
    .optional(),
  /** Text files mounted into the container, each from a ConfigMap. */
  files: z.array(fileSchema).max(32).optional(),
  /** Public host: makes an Ingress to the first port. */
  host: hostSchema.optional(),
};

export const imageSourceSchema = z.strictObject(imageFields);
export type ImageSource = z.infer<typeof imageSourceSchema>;

/** What an environment may change: every field, none required. `env` is merged key by key, the rest is replaced. */
export const imageOverrideSchema = imageSourceSchema.partial();
export type ImageOverride = z.infer<typeof imageOverrideSchema>;

import { z } from "zod";

export const CUE_REF_TYPES = ["oci", "git", "configmap", "inline", "embedded"] as const;
/** An inline module is one file; etcd takes 1.5 MiB an object. */
export const MAX_INLINE_BYTES = 256 * 1024;

const utf8Bytes = (text: string): number => new TextEncoder().encode(text).length;

const objectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, "not the name of a Kubernetes object");

/** Registry host, repository, and a tag or a digest: what is pulled must be said, so there is no default tag. */
const ociRef = z
  .string()
  .max(512)
  .regex(
    /^([a-zA-Z0-9.-]+:[0-9]{1,5}|[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+|localhost)\/[a-z0-9]+([._/-]+[a-z0-9]+)*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}|@sha256:[0-9a-f]{64})$/,
    "not registry/repository:tag or registry/repository@sha256:…",
  );

/** A URL is shown and logged: credentials have no place in it. */
const gitRef = z
  .string()
  .max(2048)
  .regex(/^(https|ssh):\/\/[^\s/?#]+\/[^\s?#]+(\?ref=[^\s?#&]+)?$/, {
    message: "not https://host/repository.git?ref=NAME or ssh://git@host/repository.git?ref=NAME",
    abort: true,
  })
  .regex(
    /^(https:\/\/[^@/]*|ssh:\/\/[^:@/]*@?[^@/]*)\//,
    "a URL with credentials; put them in pullSecretRef's Secret",
  );

const packagePath = z
  .string()
  .max(1024)
  .regex(/^[A-Za-z0-9._-]+(\/[A-Za-z0-9._-]+)*$/, "not a folder of the module, such as policies/security")
  .refine(
    (path) => !path.split("/").some((part) => part === "." || part === ".."),
    "no '.' or '..' in a path",
  )
  .meta({ description: "Folder of the package in the module; its root where absent." });

const pullSecretRef = z.strictObject({ name: objectName }).meta({
  description:
    "A Secret of the environment's namespace with what the source asks for, by name and never by value.",
});

/**
 * Where a CUE module comes from, as a caller may say it: stricter than what the custom resources take
 * (protocol/resources/cue-ref.ts), and each type has only the fields that mean something there.
 */
export const appCueRefSchema = z.discriminatedUnion(
  "type",
  [
    z.strictObject({
      type: z.literal("oci"),
      ref: ociRef,
      path: packagePath.optional(),
      pullSecretRef: pullSecretRef.optional(),
    }),
    z.strictObject({
      type: z.literal("git"),
      ref: gitRef,
      path: packagePath.optional(),
      pullSecretRef: pullSecretRef.optional(),
    }),
    z.strictObject({
      type: z.literal("configmap"),
      ref: objectName.meta({
        description: "A ConfigMap of the environment's namespace; each key is a file.",
      }),
    }),
    z.strictObject({
      type: z.literal("inline"),
      ref: z
        .string()
        .min(1)
        .max(MAX_INLINE_BYTES)
        .refine((text) => utf8Bytes(text) <= MAX_INLINE_BYTES, `at most ${MAX_INLINE_BYTES} bytes of UTF-8`)
        .meta({ description: "The CUE text itself." }),
    }),
    z.strictObject({
      type: z.literal("embedded"),
      ref: z
        .string()
        .max(253)
        .regex(
          /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\/[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
          "not the name of a module",
        ),
    }),
  ],
  {
    error: (issue) =>
      issue.code === "invalid_union" ? `type: one of ${CUE_REF_TYPES.join(", ")}` : undefined,
  },
);
export type AppCueRef = z.infer<typeof appCueRefSchema>;

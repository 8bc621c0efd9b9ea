import { z } from "zod";

/** Largest canonical size of an app's raw manifests, in UTF-8 bytes: etcd takes 1.5 MiB an object, metadata included. */
export const MAX_RAW_BYTES = 1024 * 1024;
export const MAX_RAW_OBJECTS = 1000;

/** One Kubernetes object, open beyond what every object has. */
export const manifestSchema = z.looseObject({
  apiVersion: z.string().min(1).max(317),
  kind: z
    .string()
    .min(1)
    .max(63)
    .regex(/^[A-Z][A-Za-z0-9]*$/, "not a kind"),
  metadata: z.looseObject({
    name: z.string().min(1).max(253),
    namespace: z.string().max(63).optional(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** A spec is stored and shown as it is, so a value that is to stay secret has no place in it: it is referred to by name. */
const carriesSecret = (manifest: Manifest): boolean =>
  manifest.kind === "Secret" &&
  manifest.apiVersion === "v1" &&
  [manifest.data, manifest.stringData].some(
    (values) => typeof values === "object" && values !== null && Object.keys(values).length > 0,
  );

export const rawSourceSchema = z.strictObject({
  manifests: z
    .array(
      manifestSchema.refine(
        (manifest) => !carriesSecret(manifest),
        "a Secret with values in it; make it in the namespace and refer to it by name",
      ),
    )
    .min(1)
    .max(MAX_RAW_OBJECTS),
});
export type RawSource = z.infer<typeof rawSourceSchema>;

import { z } from "zod";
import { SourceError } from "../types.ts";

const descriptorSchema = z.looseObject({
  mediaType: z.string().max(255),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/, "only sha256 digests are taken"),
  size: z.int().min(0),
});
const manifestSchema = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  config: descriptorSchema,
  layers: z.array(descriptorSchema),
});

/** A blob that holds files, and how. */
export interface Layer {
  digest: string;
  bytes: number;
  format: "zip" | "tar" | "tar+gzip";
}

const CUE_MODULE = "application/vnd.cue.module.v1+json";
const CUE_ZIP = "application/zip";
/** OCI and Docker image layers, and those of Flux and Timoni, which end the same. */
const TAR = /[.+/](x-)?tar([.+]gzip)?$/;
const MAX_LAYERS = 16;
const MAX_SHOWN_TYPES = 4;

/**
 * The layers of a manifest that make the tree: the zip of a CUE module, else every tar, the later over the earlier.
 * @throws SourceError `invalid`, `too-large`
 */
export function layersOf(manifest: Buffer, mediaType: string, maxArchiveBytes: number): Layer[] {
  const { config, artifactType, layers } = parsed(manifest, mediaType);
  if (layers.length > MAX_LAYERS)
    throw new SourceError("too-large", `an artifact of more than ${MAX_LAYERS} layers`);
  const isCue = config.mediaType === CUE_MODULE || artifactType === CUE_MODULE;
  const found = isCue
    ? layers.filter((layer) => layer.mediaType === CUE_ZIP).slice(0, 1)
    : layers.filter((layer) => TAR.test(layer.mediaType));
  if (found.length === 0) {
    const types = layers.slice(0, MAX_SHOWN_TYPES).map((layer) => JSON.stringify(layer.mediaType));
    const wanted = isCue ? "a CUE module without its zip" : "neither a CUE module nor tar layers";
    throw new SourceError("invalid", `the artifact is ${wanted}; its layers: ${types.join(", ") || "none"}`);
  }
  const bytes = found.reduce((sum, layer) => sum + layer.size, 0);
  if (bytes > maxArchiveBytes) {
    throw new SourceError("too-large", `the artifact has ${bytes} bytes, more than ${maxArchiveBytes}`);
  }
  return found.map(({ digest, size, mediaType: type }) => ({ digest, bytes: size, format: formatOf(type) }));
}

function formatOf(mediaType: string): Layer["format"] {
  if (mediaType === CUE_ZIP) return "zip";
  return mediaType.endsWith("gzip") ? "tar+gzip" : "tar";
}

function parsed(manifest: Buffer, mediaType: string): z.infer<typeof manifestSchema> {
  let value: unknown;
  try {
    value = JSON.parse(manifest.toString("utf8"));
  } catch {
    throw new SourceError("invalid", "the registry's manifest is not JSON");
  }
  const isIndex =
    /index|manifest\.list/.test(mediaType) || (value as { manifests?: unknown })?.manifests !== undefined;
  if (isIndex) {
    throw new SourceError("invalid", "an index of images for several platforms; a module is one manifest");
  }
  const result = manifestSchema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new SourceError(
    "invalid",
    `the registry's manifest: ${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`,
  );
}

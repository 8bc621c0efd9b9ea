import { z } from "zod";
import { CUE_REF_TYPES, MAX_INLINE_BYTES } from "../../domain/apps/cue-ref.ts";
import { objectNameSchema } from "./common.ts";

/**
 * Where a CUE module comes from. `ref`, by type:
 * - oci: `registry/repository:tag` or `registry/repository@sha256:…`
 * - git: `https://host/repository.git?ref=NAME&dir=FOLDER` or `ssh://git@host/repository.git?ref=NAME&dir=FOLDER`; NAME is a
 *   branch, a tag or a commit, HEAD where it is left out; FOLDER is where the module lies, the repository's root where it
 *   is left out
 * - configmap: name of a ConfigMap in the same namespace; each key is a file of the module's root
 * - inline: the CUE text itself
 * - embedded: name of a module that ships with the agent
 */
export const cueRefSchema = z.object({
  type: z.enum(CUE_REF_TYPES),
  ref: z.string().min(1).max(MAX_INLINE_BYTES),
  /** Folder of the package in the module, without a leading slash. Default: its root. */
  path: z.string().max(1024).optional(),
  /**
   * A Secret of the same namespace. oci: `.dockerconfigjson`. git over https: `username`, `password`, and `host`, the
   * hosts that they may be sent to (`host` or `host:port`, comma-separated); over ssh: `ssh-privatekey`, `known_hosts`.
   * Each may have `ca.crt`, which is trusted for this source alone.
   */
  pullSecretRef: z.object({ name: objectNameSchema }).optional(),
});
export type CueRef = z.infer<typeof cueRefSchema>;

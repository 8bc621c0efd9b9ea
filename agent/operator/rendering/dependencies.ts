import type { CueRef } from "../../../protocol/resources/cue-ref.ts";
import { type NamespaceReader, SourceError, type Sources } from "../../sources/types.ts";
import { sourceTexts } from "./files.ts";
import type { Renderer } from "./ports.ts";

const MODULE_FILE = "cue.mod/module.cue";
/** Modules that one rendering may need; each is up to some MiB. */
const MAX_DEPENDENCIES = 64;

/** A module whose dependencies are wanted, and who may fetch them. */
export interface Need {
  files: Readonly<Record<string, string>>;
  pullSecretRef: CueRef["pullSecretRef"];
  reader: NamespaceReader;
}

export interface Dependencies {
  /** By `path@version`. */
  texts: Record<string, Record<string, string>>;
  digests: Record<string, string>;
}

interface Tools {
  sources: Sources;
  renderer: Renderer;
  signal: AbortSignal;
}

/** Each module lists all that it needs, indirectly too: `cue mod tidy` writes them down, so none is resolved here. */
export async function dependenciesOf(needs: readonly Need[], tools: Tools): Promise<Dependencies> {
  const wanted = new Map<string, { pin: Pin; need: Need }>();
  for (const need of needs) {
    for (const pin of await pinsOf(need, tools)) {
      const name = `${pin.path}@${pin.version}`;
      if (!wanted.has(name)) wanted.set(name, { pin, need });
    }
  }
  if (wanted.size > MAX_DEPENDENCIES)
    throw new SourceError("too-large", `${wanted.size} dependencies; ${MAX_DEPENDENCIES} are taken`);
  const found: Dependencies = { texts: {}, digests: {} };
  await Promise.all(
    [...wanted].map(async ([name, { pin, need }]) => {
      const fetched = await tools.sources.dependency(pin, need.pullSecretRef, need.reader, tools.signal);
      found.texts[name] = sourceTexts(fetched.files);
      found.digests[name] = fetched.digest;
    }),
  );
  return found;
}

type Pin = { path: string; version: string };

/** The renderer reads them: they are CUE. A module that says nothing of any is not worth the question. */
async function pinsOf({ files, reader }: Need, { renderer, signal }: Tools): Promise<Pin[]> {
  const text = files[MODULE_FILE];
  if (!text?.includes("deps")) return [];
  return renderer.pins(text, reader.namespace, signal);
}

import type { ENFORCEMENT_POINTS } from "../../../protocol/resources/policy.ts";
import { type FileTree, SourceError } from "../../sources/types.ts";

/** Where a policy of a language is enforced (decisions.md 5). */
export interface Language {
  name: string;
  enforcement: (typeof ENFORCEMENT_POINTS)[number];
}

const CUE: Language = { name: "cue", enforcement: "render" };

/** Why a language is refused here, and where to go instead. A later one moves from here to LANGUAGES. */
const REFUSED: Readonly<Record<string, string>> = {
  rego: "Rego is not evaluated; how to say it in CUE stands in docs/policies.md, section 'From Rego'",
  cel: "CEL is enforced by the API server's admission and not when a module is rendered; see docs/policies.md, section 'CEL'",
};
const LANGUAGES: Readonly<Record<string, Language>> = { cue: CUE };

const EXTENSIONS: readonly [extension: string, language: string][] = [
  [".cue", "cue"],
  [".rego", "rego"],
];

/**
 * The language of a policy: as its reference says, else by its files.
 * @throws SourceError `invalid` where it is none that is evaluated here
 */
export function languageOf(said: string | undefined, files: FileTree): Language {
  const name = said?.toLowerCase() ?? byFiles(files);
  const language = LANGUAGES[name];
  if (language) return language;
  throw new SourceError(
    "invalid",
    REFUSED[name] ?? `${name} is no language of policies; ${Object.keys(LANGUAGES).join(", ")} is`,
  );
}

function byFiles(files: FileTree): string {
  const paths = [...files.keys()];
  const found = EXTENSIONS.find(([extension]) => paths.some((path) => path.endsWith(extension)));
  return found?.[1] ?? CUE.name;
}

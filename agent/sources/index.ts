/** Modules from where they are, to files by digest. Knows nothing of CUE but its registry's mapping rules. */
export { createSources, type SourcesOptions } from "./sources.ts";

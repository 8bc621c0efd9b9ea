import { mkdir, writeFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { stringify } from "yaml";
import { customResourceDefinitions } from "../protocol/resources/crds.ts";

/** agent/chart/files/crds/ from protocol/resources: `node scripts/crds.ts` writes it, its test holds it current. */

export const CRDS_DIR = new URL("../agent/chart/files/crds/", import.meta.url);

const HEAD = "# Generated from protocol/resources by `node scripts/crds.ts`.\n";

/** File name → content. */
export function crdFiles(): Map<string, string> {
  return new Map(
    customResourceDefinitions().map((crd) => {
      const { name } = crd.metadata as { name: string };
      // YAML 1.1 readers turn a bare `y` or `no` into a boolean: those are quoted.
      return [
        `${name}.yaml`,
        HEAD + stringify(crd, { version: "1.1", lineWidth: 0, aliasDuplicateObjects: false }),
      ];
    }),
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await mkdir(CRDS_DIR, { recursive: true });
  for (const [name, text] of crdFiles()) await writeFile(new URL(name, CRDS_DIR), text);
}

/** The modules of platform/ as the agent takes them, rendered. */
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { Rendered, Renderer, RenderInput } from "../../agent/renderer/renderer.ts";
import { DEFAULT_LIMITS } from "../../agent/sources/limits.ts";
import { embeddedFiles } from "../../agent/sources/local/embedded.ts";
import { ROOT } from "../manager/bundle.ts";

export const PLATFORM = join(ROOT, "platform");
export const MODULES = ["webservice", "worker", "cronjob", "postgres", "redis", "queue"] as const;
export const POLICIES = ["registries", "limits", "security"] as const;

export interface Case {
  module: string;
  name: string;
  input: unknown;
}

/** Every `platform/<module>/testdata/<name>.input.json`. */
export const cases = (): Case[] =>
  MODULES.flatMap((module) =>
    globSync(`${module}/testdata/*.input.json`, { cwd: PLATFORM })
      .sort()
      .map((file) => ({ module, name: basename(file, ".input.json"), input: readJson(file) })),
  );

export interface Refused {
  input: unknown;
  /** Where the error is to be. */
  path: string;
}

export const refusedInputs = (module: string): Refused[] =>
  readJson(`${module}/testdata/refused.json`) as Refused[];

const readJson = (file: string): unknown => JSON.parse(readFileSync(join(PLATFORM, file), "utf8"));

/** An embedded module as the renderer takes it. */
export async function shipped(name: string): Promise<RenderInput["module"]> {
  const { files, path } = await embeddedFiles(PLATFORM, name, DEFAULT_LIMITS);
  const decoder = new TextDecoder();
  return {
    path,
    files: Object.fromEntries([...files].map(([file, bytes]) => [file, decoder.decode(bytes)])),
  };
}

/** A shipped module with this input, judged by these policies. */
export async function renderShipped(
  renderer: Renderer,
  module: string,
  input: unknown,
  policies: RenderInput["policies"] = [],
): Promise<Rendered> {
  return renderer.render({
    language: "cue",
    module: await shipped(module),
    dependencies: {},
    input,
    context: { name: "web", namespace: "acme" },
    policies,
  });
}

export const shippedPolicy = async (
  name: string,
  parameters?: Record<string, unknown>,
): Promise<RenderInput["policies"][number]> => ({
  ...(await shipped(`policies/${name}`)),
  name,
  digest: "sha256:0",
  ...(parameters ? { parameters } : {}),
});

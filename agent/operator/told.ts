import { canonicalJson } from "../../domain/canonical/index.ts";
import { ANNOTATION } from "../../domain/names/labels.ts";
import type { DocumentStatus } from "../../protocol/resources/status.ts";
import type { Resource } from "./resources.ts";
import type { OperatorOptions } from "./types.ts";

/** Tells the manager each document's status when it is another one than it was told before. */
export function createTold(onStatus: OperatorOptions["onStatus"]): {
  tell(status: DocumentStatus): void;
  forget(resource: Resource): void;
} {
  const told = new Map<string, string>();
  return {
    tell(status) {
      const text = canonicalJson(status);
      if (told.get(status.key) === text) return;
      told.set(status.key, text);
      onStatus([status]);
    },
    forget: ({ metadata }) => void told.delete(metadata.annotations?.[ANNOTATION.key] ?? ""),
  };
}

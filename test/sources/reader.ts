import { type NamespaceReader, SourceError } from "../../agent/sources/types.ts";

type Texts = Record<string, Record<string, string | Uint8Array>>;

/** A namespace with these Secrets and ConfigMaps, for tests of what only reads it. */
export function readerOf(
  { secrets = {}, configMaps = {} }: { secrets?: Texts; configMaps?: Texts } = {},
  namespace = "team-a",
  tenant = namespace,
): NamespaceReader {
  const read = async (from: Texts, name: string) => {
    const held = from[name];
    if (!held) throw new SourceError("not-found", `no ${name} in ${namespace}`);
    return new Map(Object.entries(held).map(([key, value]) => [key, Buffer.from(value)]));
  };
  return {
    ...{ namespace, tenant },
    secret: (name) => read(secrets, name),
    configMap: (name) => read(configMaps, name),
  };
}

/** The settings of cluster DNS (CoreDNS), which listens at the node's address. */

import { readFileSync, writeFileSync } from "node:fs";
import { configFile, type Layout } from "./controlplane.ts";
import type { Block } from "./network.ts";

/** Answers for the cluster's names at once (no cache: tests change them), and asks the machine's servers. */
export function corefile(layout: Layout, block: Block): string {
  const servers = upstreams();
  const resolv = servers.map((server) => `nameserver ${server}\n`).join("");
  writeFileSync(configFile(layout, "resolv.conf"), resolv);
  const forward =
    servers.length > 0
      ? `  cache 30 {\n    disable success cluster.local\n    disable denial cluster.local\n  }\n  forward . ${servers.join(" ")}\n`
      : "";
  const file = configFile(layout, "Corefile");
  writeFileSync(
    file,
    `.:53 {
  bind ${block.nodeIP}
  errors
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${configFile(layout, "admin")}
    pods insecure
    ttl 0
  }
${forward}}
`,
  );
  return file;
}

/** The machine's name servers, but for those on its loopback, which the node cannot reach. */
function upstreams(): string[] {
  for (const file of ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"]) {
    try {
      const found = [...readFileSync(file, "utf8").matchAll(/^nameserver\s+([\d.]+)/gm)].map(
        (m) => m[1] ?? "",
      );
      const usable = found.filter((address) => !address.startsWith("127."));
      if (usable.length > 0) return usable;
    } catch {
      // Not every machine has both files.
    }
  }
  return [];
}

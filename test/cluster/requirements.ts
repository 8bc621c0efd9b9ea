/** What a real node needs of the machine, and how to get what is missing. */

import { existsSync } from "node:fs";
import { CNI_PROGRAMS } from "./node.ts";
import { isInstalled } from "./run.ts";

/** Debian packages by the program that shows that they are there. */
const PACKAGES: Record<string, string> = {
  containerd: "containerd",
  runc: "runc",
  nft: "nftables",
  iptables: "iptables",
  conntrack: "conntrack",
  ip: "iproute2",
};

/** Undefined where a real node can run here; else what is missing, and the way to it. */
export async function missingForRealNode(): Promise<string | undefined> {
  if (process.platform !== "linux") return "a real node needs Linux";
  if (process.getuid?.() !== 0) return "a real node needs root (it makes namespaces, mounts and interfaces)";
  const missing: string[] = [];
  for (const [program, name] of Object.entries(PACKAGES)) {
    if (!(await isInstalled(program))) missing.push(name);
  }
  if (!existsSync(`${CNI_PROGRAMS}/ptp`)) missing.push("containernetworking-plugins");
  if (missing.length === 0) return undefined;
  return `a real node needs: apt-get install --no-install-recommends -y ${missing.join(" ")}`;
}

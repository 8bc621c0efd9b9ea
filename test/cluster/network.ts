/**
 * The network between the machine and a node in its own network namespace: one pair of interfaces, and
 * routes to the pods and services behind it. Each cluster has a block of 1,024 addresses:
 * 256 for the link, 256 for pods, 512 for services.
 */

import { attempt, run } from "./run.ts";

export type Block = {
  /** The machine's end of the link; its name is unique on the machine and so is the block. */
  link: string;
  /** The node's end. */
  peer: string;
  gateway: string;
  nodeIP: string;
  pods: string;
  services: string;
};

const SECOND_OCTETS = [213, 214, 215, 216, 217];
const BLOCKS_EACH = 64;

/**
 * Takes the first free block for this owner (a cluster's folder). Making the link claims it: two that
 * try at once get different ones.
 */
export async function claimBlock(owner: string): Promise<Block> {
  const taken = await routes();
  for (const second of SECOND_OCTETS) {
    for (let index = 0; index < BLOCKS_EACH; index++) {
      const block = describe(second, index);
      if (
        taken.some((route) => overlaps(route, { start: toNumber(`10.${second}.${index * 4}.0`), bits: 22 }))
      ) {
        continue;
      }
      const args = ["link", "add", block.link, "type", "veth", "peer", "name", block.peer];
      const { code, stderr } = await attempt("ip", args);
      if (code === 0) {
        await run("ip", ["link", "set", block.link, "alias", owner]);
        return block;
      }
      if (!/File exists/.test(stderr)) throw new Error(`ip ${args.join(" ")}: ${stderr.trim()}`);
    }
  }
  throw new Error("no free network block: too many clusters, or routes to 10.213.0.0/16 and its neighbours");
}

function describe(second: number, index: number): Block {
  const at = (third: number, rest: string) => `10.${second}.${index * 4 + third}.${rest}`;
  return {
    link: `kn${second}-${index}h`,
    peer: `kn${second}-${index}p`,
    gateway: at(0, "1"),
    nodeIP: at(0, "2"),
    pods: at(1, "0/24"),
    services: at(2, "0/23"),
  };
}

/** Gives the node's end to the namespace of this process, and makes the machine's end usable. */
export async function connect(block: Block, pid: number): Promise<void> {
  await run("ip", ["link", "set", block.peer, "netns", String(pid)]);
  await run("ip", ["address", "add", `${block.gateway}/24`, "dev", block.link]);
  await run("ip", ["link", "set", block.link, "up"]);
  for (const destination of [block.pods, block.services]) {
    await run("ip", ["route", "add", destination, "via", block.nodeIP, "dev", block.link]);
  }
  await masquerade(block);
}

/** What leaves the machine does so under the machine's address, where the machine forwards at all. */
async function masquerade(block: Block): Promise<void> {
  const table = tableOf(block.link);
  const prefix = `${block.nodeIP.split(".").slice(0, 3).join(".")}.0/22`;
  // Added and deleted first: a table that a dead cluster left would keep its rules otherwise.
  const rules = `table ip ${table}
  delete table ip ${table}
  table ip ${table} {
    chain leave {
      type nat hook postrouting priority srcnat;
      ip saddr ${prefix} oifname != "${block.link}" masquerade
    }
  }`;
  const { code, stderr } = await attempt("nft", ["-f", "-"], { input: rules });
  if (code !== 0) process.stderr.write(`cluster: pods cannot reach beyond this machine: ${stderr.trim()}\n`);
}

/**
 * Removes what `claimBlock` and `connect` made for this owner. What is gone already is fine; and where the
 * node died, its link went with it, and another owner may have the block by now: then nothing is touched.
 */
export async function release(owner: string, block?: Block): Promise<void> {
  const { code, stdout } = await attempt("ip", ["-j", "link", "show"]);
  const links = code === 0 ? (JSON.parse(stdout) as { ifname: string; ifalias?: string }[]) : [];
  const ours = links.filter((link) => link.ifalias === owner).map((link) => link.ifname);
  // Routes and the node's end go with the link.
  for (const link of ours) await attempt("ip", ["link", "delete", link]);
  const dead = block && !links.some((link) => link.ifname === block.link) ? [block.link] : [];
  for (const link of [...ours, ...dead]) await attempt("nft", ["delete", "table", "ip", tableOf(link)]);
}

const tableOf = (link: string) => `kubenova_${link.replace("-", "_")}`;

type Range = { start: number; bits: number };

async function routes(): Promise<Range[]> {
  const listed = JSON.parse(await run("ip", ["-4", "-j", "route", "show", "table", "all"])) as {
    dst: string;
  }[];
  return listed
    .filter((route) => /^\d/.test(route.dst))
    .map((route) => {
      const [address = "", bits = "32"] = route.dst.split("/");
      return { start: toNumber(address), bits: Number(bits) };
    });
}

export function overlaps(a: Range, b: Range): boolean {
  const size = 2 ** (32 - Math.min(a.bits, b.bits));
  return Math.floor(a.start / size) === Math.floor(b.start / size);
}

export function toNumber(address: string): number {
  return address.split(".").reduce((sum, octet) => sum * 256 + Number(octet), 0);
}

import { checkedPath } from "../tree.ts";
import { SourceError } from "../types.ts";

export interface GitReference {
  /** https or ssh, without a password and a query. */
  url: string;
  protocol: "https" | "ssh";
  /** Branch, tag, commit or HEAD. */
  name: string;
  /** The folder whose content is the tree; empty for all. */
  dir: string;
}

const NAME = /^[A-Za-z0-9_][-A-Za-z0-9_./@+#]*$/;
const COMMIT = /^[0-9a-f]{40}$/;
const MAX_NAME = 255;

/** @throws SourceError for what is no `https://…?ref=NAME&dir=FOLDER` or `ssh://user@host/…` */
export function parseGitReference(text: string): GitReference {
  if (!URL.canParse(text)) {
    const isScp = /^[^/]+@[^/]+:/.test(text);
    throw bad(isScp ? "write it as ssh://git@host/repository.git" : "it is no URL");
  }
  const url = new URL(text);
  const protocol = protocolOf(url);
  if (url.password) throw bad("credentials belong into the pull secret");
  if (protocol === "https" && url.username) throw bad("a user's name belongs into the pull secret");
  if (url.hash) throw bad("a branch or tag is named by ?ref=");
  if (url.hostname === "" || url.pathname.length < 2) throw bad("it names no repository");
  const { name, dir } = queryOf(url);
  url.search = "";
  return { url: url.href, protocol, name, dir };
}

function protocolOf({ protocol }: URL): "https" | "ssh" {
  if (protocol === "https:") return "https";
  if (protocol === "ssh:") return "ssh";
  throw bad(`${protocol}// is not taken, https:// and ssh:// are`);
}

function queryOf(url: URL): { name: string; dir: string } {
  for (const key of url.searchParams.keys()) {
    if (key !== "ref" && key !== "dir") throw bad(`?${key.slice(0, 40)}= is not known, ?ref= and ?dir= are`);
  }
  const name = url.searchParams.get("ref") || "HEAD";
  const dir = (url.searchParams.get("dir") ?? "").replace(/\/+$/, "");
  if (!NAME.test(name) || name.includes("..") || name.length > MAX_NAME)
    throw bad("its ref is no name of git's");
  return { name, dir: dir === "" ? "" : checkedPath(dir, { maxDepth: 64, maxPathBytes: 1_024 }) };
}

/** A full commit; an abbreviated one is a name like any other. */
export const isCommit = (name: string): boolean => COMMIT.test(name);

const bad = (why: string): SourceError => new SourceError("invalid", `not a git reference: ${why}`);

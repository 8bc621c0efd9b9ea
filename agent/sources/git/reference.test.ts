import { describe, expect, it } from "vitest";
import { parseGitReference } from "./reference.ts";

describe("a git reference", () => {
  it.each([
    ["https://h.io/a.git", { url: "https://h.io/a.git", protocol: "https", name: "HEAD", dir: "" }],
    [
      "https://h.io:8443/a/b?ref=v1.0%2Bx",
      { url: "https://h.io:8443/a/b", protocol: "https", name: "v1.0+x", dir: "" },
    ],
    [
      "ssh://git@h.io:22/a.git?ref=main&dir=a/b/",
      { url: "ssh://git@h.io:22/a.git", protocol: "ssh", name: "main", dir: "a/b" },
    ],
  ])("%s", (text, parts) => {
    expect(parseGitReference(text)).toEqual(parts);
  });

  it.each([
    ["git@github.com:team/web.git", "write it as ssh://git@host/"],
    ["http://h.io/a.git", "http:// is not taken"],
    ["file:///etc", "file:// is not taken"],
    ["git://h.io/a.git", "git:// is not taken"],
    ["ext::sh -c whoami", "ext:// is not taken"],
    ["https://user:hunter2@h.io/a.git", "credentials belong into the pull secret"],
    ["https://hunter2@h.io/a.git", "belongs into the pull secret"],
    ["https://h.io/a.git#main", "named by ?ref="],
    ["https://h.io/a.git?branch=main", "?branch= is not known"],
    ["https://h.io/", "names no repository"],
    ["https://h.io/a?ref=--upload-pack=x", "its ref is no name"],
    ["https://h.io/a?ref=a..b", "its ref is no name"],
    ["https://h.io/a?ref=a%20b", "its ref is no name"],
    [`https://h.io/a?ref=${"a".repeat(256)}`, "its ref is no name"],
    ["https://h.io/a?dir=../b", "inside the tree"],
    ["https://h.io/a?dir=/etc", "inside the tree"],
    ["nonsense", "it is no URL"],
  ])("%s is none", (text, why) => {
    expect(() => parseGitReference(text)).toThrow(why);
    expect(() => parseGitReference(text)).not.toThrow("hunter2");
  });
});

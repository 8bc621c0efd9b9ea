/** The part of the OCI distribution API that a push needs, over plain HTTP without authentication. */

import type { Blob, Image } from "./image.ts";

/** Uploads what the registry lacks, then the manifest under its tag. `reference` is `app:1`. */
export async function push(registry: string, image: Image, reference: string): Promise<void> {
  const colon = reference.lastIndexOf(":");
  if (colon < 1) throw new Error(`"${reference}" has no tag: app:1 is one`);
  const base = `http://${registry}/v2/${reference.slice(0, colon)}`;
  for (const blob of image.blobs) await upload(base, blob);
  const { mediaType, data } = image.manifest;
  const headers = { "Content-Type": mediaType };
  const put = { method: "PUT", headers, body: new Uint8Array(data) };
  await expect(201, `${base}/manifests/${reference.slice(colon + 1)}`, put);
}

async function upload(base: string, blob: Blob): Promise<void> {
  const known = await fetch(`${base}/blobs/${blob.digest}`, { method: "HEAD" });
  if (known.ok) return;
  const opened = await expect(202, `${base}/blobs/uploads/`, { method: "POST" });
  const location = new URL(opened.headers.get("location") ?? "", base);
  location.searchParams.set("digest", blob.digest);
  const headers = { "Content-Type": "application/octet-stream" };
  await expect(201, location.href, { method: "PUT", headers, body: new Uint8Array(blob.data) });
}

async function expect(status: number, url: string, init: RequestInit): Promise<Response> {
  const response = await fetch(url, init);
  const text = await response.text();
  if (response.status !== status) {
    throw new Error(`${init.method} ${url}: ${response.status} ${text.slice(0, 300)}, not ${status}`);
  }
  return response;
}

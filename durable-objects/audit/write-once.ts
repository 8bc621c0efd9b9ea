import { sha256 } from "@noble/hashes/sha2.js";
import { hex } from "../../domain/audit/bytes.ts";

/** Under the name stands something else: it was not written by this log, or has been changed. */
export class WrittenOtherwise extends Error {}

const utf8 = new TextEncoder();

/**
 * Writes a text where nothing stands yet, and looks at what stands there afterwards: a name is written once, and whoever
 * comes again after a crash finds the same.
 *
 * @returns SHA-256 of the text, in hex
 * @throws WrittenOtherwise where another text has the name
 */
export async function writeOnce(
  bucket: R2Bucket,
  name: string,
  text: string,
  metadata: Record<string, string>,
): Promise<string> {
  const bytes = utf8.encode(text);
  const digest = sha256(bytes);
  await bucket.put(name, bytes, {
    onlyIf: { etagDoesNotMatch: "*" },
    // R2 refuses bytes that do not have it.
    sha256: digest,
    httpMetadata: { contentType: "application/x-ndjson" },
    customMetadata: metadata,
  });
  const stands = (await bucket.head(name))?.checksums.sha256;
  const wanted = hex(digest);
  if (!stands || hex(new Uint8Array(stands)) !== wanted)
    throw new WrittenOtherwise(`${name} is not what was to be written there`);
  return wanted;
}

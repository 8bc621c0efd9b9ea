import { fromBase64Url, toBase64Url } from "../../domain/encoding/base64url.ts";
import { KubeNovaError } from "../../domain/errors/index.ts";
import { boundTo, NONCE_BYTES } from "../../domain/sealing/sealed.ts";
import type { DerivedKey } from "../keys/ring.ts";
import type { Kek, WrapBound } from "./kek.ts";
import { importXaesKey, xaesOpen, xaesSeal } from "./xaes.ts";

/** A key of the ring: what it wraps is the base64url of nonce and ciphertext. */
export function ringKek({ kid, bytes }: DerivedKey): Kek {
  const label = ({ dataKeyId, owner }: WrapBound) => boundTo(["wrapped/v1", dataKeyId, owner]);
  return {
    name: `ring:${kid}`,
    async wrap(dataKey, bound) {
      const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
      const sealed = await xaesSeal(await importXaesKey(bytes), nonce, dataKey, label(bound));
      return toBase64Url(new Uint8Array([...nonce, ...sealed]));
    },
    async unwrap(wrapped, bound) {
      try {
        const all = fromBase64Url(wrapped);
        const nonce = all.slice(0, NONCE_BYTES);
        return await xaesOpen(await importXaesKey(bytes), nonce, all.slice(NONCE_BYTES), label(bound));
      } catch {
        throw new KubeNovaError(
          "KN-1905",
          `The data key ${bound.dataKeyId} does not unwrap with ring:${kid}.`,
          {
            dataKey: bound.dataKeyId,
            kek: `ring:${kid}`,
          },
        );
      }
    },
  };
}

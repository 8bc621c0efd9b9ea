import { KubeNovaError } from "../../domain/errors/index.ts";
import {
  decodeSealed,
  encodeSealed,
  MAX_PLAINTEXT_BYTES,
  NONCE_BYTES,
  sealedBound,
  type Where,
} from "../../domain/sealing/sealed.ts";
import type { Env } from "../env.ts";
import type { SealedPurpose } from "../store/sealed-columns.ts";
import { activeDataKey, dataKey, type KeyContext } from "./data-keys.ts";
import { KeyCache } from "./key-cache.ts";
import { xaesOpen, xaesSeal } from "./xaes.ts";

/** Owner of data keys for what belongs to no tenant. */
export const PLATFORM = "platform";

/** A place that may hold a sealed text: its purpose is one of worker/store/sealed-columns.ts. */
export interface SealedPlace extends Where {
  purpose: SealedPurpose;
}

export interface Sealer {
  /**
   * Seals a secret for one place; each time to another text.
   *
   * @param plaintext well-formed, of 64 KiB at most in UTF-8 (else a TypeError: check what comes from outside before)
   * @returns `kn1.<data key id>.<base64url>`, about 4/3 of the plaintext and 95 characters
   * @throws KubeNovaError KN-1901, KN-1903, KN-1904, KN-1906: nothing was sealed
   */
  seal(where: SealedPlace, plaintext: string): Promise<string>;
  /**
   * @throws KubeNovaError KN-1905 where it was not sealed for that very place, or is not what was sealed; KN-1901,
   * KN-1903, KN-1904, KN-1906 where its key cannot be had
   */
  open(where: SealedPlace, sealed: string): Promise<string>;
}

export interface SealerOptions {
  cache?: KeyCache;
  /** Milliseconds since 1970. */
  now?: () => number;
}

const isolate = new KeyCache();

/** Seals and opens what is secret at rest: docs/secrets.md. */
export function sealer(env: Env, { cache = isolate, now = Date.now }: SealerOptions = {}): Sealer {
  const at = (): KeyContext => ({ env, cache, now: now() });
  return {
    async seal(where, plaintext) {
      const bytes = new TextEncoder().encode(plaintext);
      if (!plaintext.isWellFormed()) throw new TypeError("a secret holds half of a surrogate pair");
      if (bytes.length > MAX_PLAINTEXT_BYTES)
        throw new TypeError(`a secret has more than ${MAX_PLAINTEXT_BYTES} bytes`);
      const { id, key } = await activeDataKey(at(), ownerOf(where));
      const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
      const ciphertext = await xaesSeal(key, nonce, new Uint8Array(bytes), sealedBound(id, where));
      return encodeSealed({ dataKeyId: id, nonce, ciphertext });
    },
    async open(where, sealed) {
      const parts = decodeSealed(sealed);
      if (!parts) throw unreadable(where);
      const key = await dataKey(at(), ownerOf(where), parts.dataKeyId);
      const bound = sealedBound(parts.dataKeyId, where);
      const bytes = await xaesOpen(key, parts.nonce, parts.ciphertext, bound).catch(() => {
        throw unreadable(where);
      });
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    },
  };
}

export const ownerOf = ({ tenantId }: Where): string => tenantId ?? PLATFORM;

const unreadable = ({ purpose, id }: Where): KubeNovaError =>
  new KubeNovaError("KN-1905", `The secret ${purpose} of ${id} does not open.`, { purpose, id });

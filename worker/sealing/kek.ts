/** What a data key is: it unwraps as no other's. */
export interface WrapBound {
  dataKeyId: string;
  /** Tenant's id, or `platform`. */
  owner: string;
}

/** A key-encryption key: wraps data keys, and is itself in no database. */
export interface Kek {
  /** `<provider>:<key>`, kept beside what it wrapped. */
  readonly name: string;
  /** @param dataKey 32 bytes @throws KubeNovaError KN-1903, KN-1904 */
  wrap(dataKey: Uint8Array<ArrayBuffer>, bound: WrapBound): Promise<string>;
  /** @throws KubeNovaError KN-1903, KN-1904; KN-1905 where it was wrapped for another data key, or changed */
  unwrap(wrapped: string, bound: WrapBound): Promise<Uint8Array<ArrayBuffer>>;
}

import { rotationMessage } from "../../protocol/tunnel/auth.ts";
import type { FrameOf } from "../../protocol/tunnel/frames.ts";
import type { Logger } from "../log.ts";
import type { Enrolled } from "./index.ts";
import { generateKey, signWith } from "./keys.ts";

export interface Rotation {
  /** The frame that announces the next key, where the present one is old or a rotation is under way. */
  due(session: number): Promise<FrameOf<"rotate-key"> | undefined>;
  /** The manager took a key: it becomes the present one, from the next dial on. */
  confirmed(publicKey: string): Promise<void>;
}

/**
 * Key rotation. The next key is stored before it is announced, so that a crash at any point ends with a key that the
 * manager knows: both hold until the new one has opened a session.
 */
export function createRotation(enrolled: Enrolled, days: number, now: () => number, log: Logger): Rotation {
  const { identity, store } = enrolled;
  const isOld = () => days > 0 && now() - Date.parse(identity.keyCreatedAt) > days * 86_400_000;
  return {
    async due(session) {
      if (!identity.nextKey) {
        if (!isOld()) return undefined;
        const nextKey = generateKey();
        await store.save({ ...identity, nextKey });
        identity.nextKey = nextKey;
      }
      const { publicKey } = identity.nextKey;
      const message = rotationMessage({
        clusterId: identity.clusterId,
        oldPublicKey: identity.key.publicKey,
        newPublicKey: publicKey,
        session,
      });
      return { t: "rotate-key", publicKey, signature: signWith(identity.nextKey, message) };
    },
    async confirmed(publicKey) {
      const { nextKey, ...rest } = identity;
      if (nextKey?.publicKey !== publicKey) return;
      const keyCreatedAt = new Date(now()).toISOString();
      await store.save({ ...rest, key: nextKey, keyCreatedAt });
      identity.key = nextKey;
      identity.keyCreatedAt = keyCreatedAt;
      delete identity.nextKey;
      log.info("the key was rotated");
    },
  };
}

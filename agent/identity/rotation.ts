import { rotationMessage } from "../../protocol/tunnel/auth.ts";
import type { FrameOf } from "../../protocol/tunnel/frames.ts";
import { errorText, type Logger } from "../log.ts";
import type { Consumer } from "../tunnel/types.ts";
import type { Enrolled } from "./index.ts";
import { generateKey, signWith } from "./keys.ts";

export interface RotationOptions {
  enrolled: Enrolled;
  /** Age at which a key is replaced; 0: never. */
  days: number;
  now: () => number;
  log: Logger;
}

/**
 * Key rotation. The next key is stored before it is announced, so that a crash at any point ends with a key that the
 * manager knows: both hold until the new one has opened a session.
 */
export function rotateKeys({ enrolled, days, now, log }: RotationOptions): Consumer {
  const { identity, store } = enrolled;
  const isOld = () => days > 0 && now() - Date.parse(identity.keyCreatedAt) > days * 86_400_000;
  /** The frame that announces the next key, where the present one is old or a rotation is under way. */
  const due = async (session: number): Promise<FrameOf<"rotate-key"> | undefined> => {
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
  };
  /** The manager took the key: it is the one of the next dial. */
  const confirmed = async (publicKey: string): Promise<void> => {
    const { nextKey, ...rest } = identity;
    if (nextKey?.publicKey !== publicKey) return;
    const keyCreatedAt = new Date(now()).toISOString();
    await store.save({ ...rest, key: nextKey, keyCreatedAt });
    identity.key = nextKey;
    identity.keyCreatedAt = keyCreatedAt;
    delete identity.nextKey;
    log.info("the key was rotated");
  };
  const later = (error: unknown) =>
    log.warn("the key is not rotated yet; the next session tries again", { error: errorText(error) });
  return {
    onWelcome(link) {
      due(link.welcome.session).then((frame) => frame && link.send(frame), later);
    },
    onFrame(frame) {
      if (frame.t === "key-rotated") confirmed(frame.publicKey).catch(later);
    },
  };
}

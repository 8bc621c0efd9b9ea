import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { Call } from "../../routing/call.ts";
import { directory } from "../../store/database.ts";
import { type DeadLetterWithShard, findDeadLetter } from "../../store/dead-letters.ts";

const NO_LETTER = "There is no such dead letter.";

/** The dead letter that the path names, once the caller may see it. @throws KubeNovaError KN-1200, KN-1102 */
export async function readDeadLetter(call: Call<{ deadLetter: string }>): Promise<DeadLetterWithShard> {
  const db = directory(call.env);
  const [found] = await call.read(db, [findDeadLetter(db, call.params.deadLetter)]);
  const letter = found?.results[0] as DeadLetterWithShard | undefined;
  call.authorize(letter?.tenantId ? { tenantId: letter.tenantId } : {}, NO_LETTER);
  if (!letter) throw new KubeNovaError("KN-1200", NO_LETTER);
  return letter;
}

/** @throws KubeNovaError KN-1305 where it was replayed or discarded before */
export function unsettled(letter: DeadLetterWithShard): DeadLetterWithShard {
  if (letter.state === "dead") return letter;
  throw new KubeNovaError("KN-1305", `The dead letter was ${letter.state} already.`, {
    state: letter.state,
    settledBy: letter.settledBy,
  });
}

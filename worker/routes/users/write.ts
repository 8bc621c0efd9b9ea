import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { Answer, Call } from "../../routing/call.ts";
import { etagOf } from "../../routing/preconditions.ts";
import { directory } from "../../store/database.ts";
import { findUser, type NamedUser, type User, userOf } from "../../store/users.ts";
import { userJson } from "./schema.ts";

export const userAnswer = (status: number, user: NamedUser): Answer => ({
  status,
  body: userJson(user),
  etag: etagOf(user.version),
});

/** What events say of a user: nothing that names the person. */
export const userState = ({
  id,
  state,
  relinkTo,
  version,
}: Pick<User, "id" | "state" | "relinkTo" | "version">) => ({
  id,
  state,
  relinkTo,
  version,
});

/** @throws KubeNovaError KN-1200, KN-1102 */
export async function readUser(call: Call<{ user: string }>): Promise<NamedUser> {
  const db = directory(call.env);
  const [rows] = await call.read(db, [findUser(db, call.params.user)]);
  call.authorize({});
  const user = userOf(rows?.results[0]);
  if (!user) throw new KubeNovaError("KN-1200", `There is no user '${call.params.user}'.`);
  return user;
}

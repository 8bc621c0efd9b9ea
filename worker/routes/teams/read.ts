import { KubeNovaError } from "../../../domain/errors/index.ts";
import type { Answer, Call } from "../../routing/call.ts";
import { etagOf } from "../../routing/preconditions.ts";
import { bindingsWhere, type NamedBinding } from "../../store/bindings.ts";
import { directory } from "../../store/database.ts";
import { heldBindings } from "../../store/members.ts";
import { countTeams, findTeam, type Team, teamOf } from "../../store/teams.ts";
import { openHome, tenantStatement } from "../shared/home.ts";
import { teamJson } from "./schema.ts";

export interface FoundTeam {
  tenantId: string;
  team: Team | undefined;
  /** How many its tenant has. */
  count: number;
}

/** Asks can() on the tenant, and looks for a team in it. @throws KubeNovaError KN-1200, KN-1102 */
export async function lookForTeam(call: Call, tenant: string, name: string): Promise<FoundTeam> {
  const db = directory(call.env);
  const [rows, counted, place] = await call.read(db, [
    findTeam(db, tenant, name),
    countTeams(db, tenant),
    ...tenantStatement(call, tenant),
  ]);
  return {
    tenantId: openHome(call, tenant, place) ?? "",
    team: teamOf(rows?.results[0]),
    count: Number(counted?.results[0]?.count),
  };
}

/** @throws KubeNovaError KN-1200, KN-1102 */
export async function readTeam(call: Call<{ tenant: string; team: string }>): Promise<Team> {
  const { team } = await lookForTeam(call, call.params.tenant, call.params.team);
  if (!team) throw new KubeNovaError("KN-1200", `There is no team '${call.params.team}'.`);
  return team;
}

/** What a team gives to whoever is in it. */
export async function givenToTeam(call: Call, { id }: Team): Promise<NamedBinding[]> {
  const db = directory(call.env);
  const [rows] = await call.look(db, [bindingsWhere(db, "b.subject = ?1", `team/${id}`)]);
  return heldBindings(rows?.results ?? []);
}

export const teamAnswer = (status: number, team: Team): Answer => ({
  status,
  body: teamJson(team),
  etag: etagOf(team.version),
});

/** What events say of a team. */
export const teamState = ({ id, name, version }: Team) => ({ id, name, version });

import { type IdPageQuery, idPageSql, toIdPage } from "./id-pages.ts";
import type { Page } from "./pages.ts";
import { guardOne, guardThat, insertRow, type Row, selection, updateRow } from "./rows.ts";
import { teams } from "./schema/index.ts";
import { subjectStands } from "./subjects.ts";

export type Team = typeof teams.$inferSelect;

export const MAX_TEAMS = 500;
export const MAX_TEAM_MEMBERS = 1_000;
/** Teams that somebody is in: each request of his reads their bindings. */
export const MAX_TEAMS_OF_MEMBER = 100;

const fields = selection(teams, "g");
const SELECT = `SELECT ${fields.columns} FROM teams g WHERE g.tenant_id = (SELECT id FROM tenants WHERE name = ?)`;

export const teamOf = (row: Row | undefined): Team | undefined => row && fields.decode(row);

/** @param tenant its name */
export const findTeam = (db: D1Database, tenant: string, name: string): D1PreparedStatement =>
  db.prepare(`${SELECT} AND g.name = ?`).bind(tenant, name);

export const countTeams = (db: D1Database, tenant: string): D1PreparedStatement =>
  db
    .prepare("SELECT COUNT(*) AS count FROM teams WHERE tenant_id = (SELECT id FROM tenants WHERE name = ?)")
    .bind(tenant);

export function listTeams(db: D1Database, tenant: string, query: IdPageQuery): D1PreparedStatement {
  const page = idPageSql("g.id", "team", query);
  return db.prepare(`${SELECT}${page.sql}`).bind(tenant, ...page.values);
}

export const teamPage = (rows: Row[], query: IdPageQuery): Page<Team> =>
  toIdPage(
    rows.flatMap((row) => fields.decode(row) ?? []),
    query,
    ({ id }) => id,
  );

export const insertTeam = (db: D1Database, team: Team): D1PreparedStatement => insertRow(db, teams, team);

export const updateTeam = (db: D1Database, read: Team, changes: Partial<Team>): D1PreparedStatement[] =>
  updateRow(db, teams, read, changes);

const GIVEN = "(SELECT COUNT(*) FROM bindings WHERE subject = ?) = ?";

/** With it go its members' places and its bindings. The batch fails where it has been given something since it was read. */
export const deleteTeam = (db: D1Database, read: Team, bindings: number): D1PreparedStatement[] => [
  guardThat(db, "EXISTS (SELECT 1 FROM teams WHERE id = ? AND version = ?)", read.id, read.version),
  guardThat(db, GIVEN, `team/${read.id}`, bindings),
  db.prepare("DELETE FROM bindings WHERE subject = ?").bind(`team/${read.id}`),
  db.prepare("DELETE FROM team_members WHERE team_id = ?").bind(read.id),
  db.prepare("DELETE FROM teams WHERE id = ?").bind(read.id),
];

/** Somebody in a team. */
export interface TeamMember {
  /** `user/usr_…` or `service-account/sva_…`. */
  member: string;
  label: string | null;
  since: number;
}

const MEMBERS = `SELECT m.member, COALESCE(u.email, a.name) AS label, m.created_at AS since FROM team_members m
  LEFT JOIN users u ON u.id = substr(m.member, 6) LEFT JOIN service_accounts a ON a.id = substr(m.member, 17)
  WHERE m.team_id = ?`;

/** All of them: they are at most {@link MAX_TEAM_MEMBERS}. */
export const listTeamMembers = (db: D1Database, teamId: string): D1PreparedStatement =>
  db.prepare(`${MEMBERS} ORDER BY m.member`).bind(teamId);

/** How many are in a team, in how many teams somebody is, and whether he is in this one. */
export const findPlaces = (db: D1Database, teamId: string, member: string): D1PreparedStatement =>
  db
    .prepare(
      `SELECT (SELECT COUNT(*) FROM team_members WHERE team_id = ?1) AS members,
        (SELECT COUNT(*) FROM team_members WHERE member = ?2) AS teams,
        EXISTS (SELECT 1 FROM team_members WHERE team_id = ?1 AND member = ?2) AS isIn`,
    )
    .bind(teamId, member);

/** The batch fails where the team or he is gone, or it has been given something since it was read. */
export const insertTeamMember = (
  db: D1Database,
  team: Team,
  member: string,
  bindings: number,
  now: number,
): D1PreparedStatement[] => {
  const stands = subjectStands(member, team.tenantId);
  return [
    db
      .prepare("INSERT INTO team_members (team_id, member, created_at) VALUES (?, ?, ?)")
      .bind(team.id, member, now),
    guardThat(db, stands.sql, ...stands.values),
    guardThat(db, "EXISTS (SELECT 1 FROM teams WHERE id = ?)", team.id),
    guardThat(db, GIVEN, `team/${team.id}`, bindings),
  ];
};

export const deleteTeamMember = (db: D1Database, teamId: string, member: string): D1PreparedStatement[] => [
  db.prepare("DELETE FROM team_members WHERE team_id = ? AND member = ?").bind(teamId, member),
  guardOne(db),
];

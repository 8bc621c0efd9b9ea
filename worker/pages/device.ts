import { hostOf } from "../../domain/identity/leading.ts";
import { escapeHtml } from "../routes/docs/html.ts";
import type { DeviceLogin } from "../store/device-logins.ts";
import { page, paragraph } from "./layout.ts";

const LOGIN = "/api/v1/auth/login";

interface Way {
  id: string;
  name: string;
  displayName: string | null;
  tenantId: string | null;
  issuer: string;
}

/** A tenant's own provider has the name that its administrators like: its host is what it is known by. */
const nameOf = ({ name, displayName, tenantId, issuer }: Way): string =>
  `${displayName ?? name}${tenantId === null ? "" : ` (${hostOf(issuer)})`}`;

/** Nobody is logged in: by whom it can be done. @param userCode kept for after the login */
export function loginPage(
  ways: readonly Way[],
  at: { userCode: string | null; tenant: string | null },
): Response {
  const here = new URLSearchParams(at.userCode === null ? {} : { user_code: at.userCode });
  const returnTo = encodeURIComponent(at.userCode === null ? "/device" : `/device?${here}`);
  const links = ways.map(
    (way, i) =>
      `<a class="button${i === 0 ? " first" : ""}" href="${LOGIN}/${escapeHtml(way.id)}?returnTo=${returnTo}">Log in with ${escapeHtml(nameOf(way))}</a>`,
  );
  const none = paragraph("No identity provider is set up for this.", "warn");
  const hidden =
    at.userCode === null ? "" : `<input type="hidden" name="user_code" value="${escapeHtml(at.userCode)}">`;
  return page(
    "Log in",
    `${paragraph("A terminal asks to act for you. Log in first.", "dim")}${links.length > 0 ? links.join("") : none}
<details${at.tenant === null ? "" : " open"}><summary>Your organization has its own login</summary>
<form method="get" action="/device">${hidden}<label for="tenant">Name of the organization</label>
<input id="tenant" name="tenant" maxlength="40" autocomplete="organization" value="${escapeHtml(at.tenant ?? "")}">
<button>Show its logins</button></form></details>`,
  );
}

/** Logged in: which terminal. @param problem why the last code was none */
export const codePage = (email: string, problem?: string): Response =>
  page(
    "Connect a terminal",
    `${who(email)}${problem === undefined ? "" : paragraph(problem, "bad")}
<form method="get" action="/device"><label for="code">Code that the terminal shows</label>
<input id="code" name="user_code" maxlength="16" autocomplete="off" autocapitalize="characters" spellcheck="false" autofocus required placeholder="XXXX-XXXX">
<button class="first">Continue</button></form>`,
    { status: problem === undefined ? 200 : 404 },
  );

/** What asks, from where, and the word of the person. @param proof that the form is this person's own */
export const confirmPage = (email: string, device: DeviceLogin, proof: string, now: number): Response =>
  page(
    "Let this terminal act for you?",
    `${who(email)}<code>${escapeHtml(device.userCode)}</code>
<dl><dt>Program</dt><dd>${escapeHtml(device.client)}</dd><dt>From</dt><dd>${escapeHtml(device.address ?? "an unknown address")}</dd>
<dt>Asked</dt><dd>${agoText(now - device.createdAt)}</dd></dl>
${paragraph("Go on only if you started this yourself and your terminal shows this very code. Nobody else will ever need it.", "warn")}
<form method="post" action="/device"><input type="hidden" name="user_code" value="${escapeHtml(device.userCode)}">
<input type="hidden" name="proof" value="${escapeHtml(proof)}">
<button class="first" name="decision" value="approve">Yes, it is mine</button>
<button name="decision" value="deny">No, refuse it</button></form>`,
  );

export const donePage = (approved: boolean): Response =>
  approved
    ? page("The terminal is connected", paragraph("It goes on by itself. You can close this page."))
    : page("The terminal was refused", paragraph("It got nothing. You can close this page."));

const who = (email: string): string => paragraph(`You are ${email}.`, "dim");

const agoText = (ms: number): string => {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return "just now";
  return minutes === 1 ? "a minute ago" : `${minutes} minutes ago`;
};

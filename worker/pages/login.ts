import { escapeHtml } from "../routes/docs/html.ts";
import { page, paragraph } from "./layout.ts";

const WARNINGS = {
  elsewhere:
    "A link or another site brought you here. Go on only if you wanted to log in, at just this place: else you may end up logged in as somebody else, who sees what you do.",
  host: "The organization that set this up has its login page at another place than the one that vouches for you. Go on only if you know it.",
};

interface Asked {
  why: keyof typeof WARNINGS;
  /** What whoever set the provider up calls it. */
  provider: string;
  /** Host of its login page. */
  host: string;
  /** Of this manager; followed from this page alone, it leads on. */
  goOn: string;
}

/** Before the browser is sent to a provider: where it would go, and the person's word. */
export const askPage = ({ why, provider, host, goOn }: Asked): Response =>
  page(
    "Log in?",
    `<dl><dt>By</dt><dd>${escapeHtml(provider)}</dd><dt>Leads to</dt><dd>${escapeHtml(host)}</dd></dl>
${paragraph(WARNINGS[why], "warn")}
<a class="button first" href="${escapeHtml(goOn)}">Go on to ${escapeHtml(host)}</a>
<a class="button" href="/device">No, go back</a>`,
  );

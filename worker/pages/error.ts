import { KubeNovaError } from "../../domain/errors/index.ts";
import { escapeHtml } from "../routes/docs/html.ts";
import { page, paragraph } from "./layout.ts";

/** Whether a person looks at the answer, and no program. */
const wantsPage = (request: Request): boolean => (request.headers.get("accept") ?? "").includes("text/html");

/** Has what fails shown as a page, where a person asked. @throws what else fails, and where a program asked */
export async function orErrorPage<T>(
  call: { request: Request; requestId: string },
  work: Promise<T>,
): Promise<T | Response> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof KubeNovaError) || !wantsPage(call.request)) throw error;
    return errorPage(error, call.requestId);
  }
}

/** An error for people; programs get the body that all errors have. */
export const errorPage = (error: KubeNovaError, requestId: string): Response =>
  page(
    "That did not work",
    `${paragraph(error.message, "bad")}<p class="dim">${escapeHtml(error.code)} · ${escapeHtml(requestId)}</p>
<a class="button first" href="/device">Start again</a>`,
    { status: error.status, headers: new Headers(retryAfter(error)) },
  );

const retryAfter = ({ details }: KubeNovaError): Record<string, string> =>
  typeof details?.retryAfterSeconds === "number" ? { "Retry-After": String(details.retryAfterSeconds) } : {};

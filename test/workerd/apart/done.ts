import { type ApiInit, api } from "../api.ts";

/** An answer's body. What is refused while the scene is set would make the test look at nothing. */
export async function done(
  method: string,
  path: string,
  init: ApiInit = {},
): Promise<Record<string, unknown>> {
  const { status, body } = await api(method, path, init);
  if (status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(body)}`);
  return body;
}

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { z } from "zod";
import { until } from "../lib/until.ts";

const hex = (digits: number) => z.string().regex(new RegExp(`^(?!0+$)[0-9a-f]{${digits}}$`));
const value = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ intValue: z.string().regex(/^-?\d+$/) }),
  z.strictObject({ doubleValue: z.number() }),
  z.strictObject({ boolValue: z.boolean() }),
]);
const attributes = z.array(z.strictObject({ key: z.string().min(1), value }));
const nanoseconds = z.string().regex(/^\d{19}$/);

/** ExportTraceServiceRequest in OTLP's JSON, as far as we write it: a field that is not in it is a mistake. */
const requestSchema = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes }),
      scopeSpans: z.array(
        z.strictObject({
          scope: z.strictObject({ name: z.string(), version: z.string() }),
          spans: z.array(
            z.strictObject({
              traceId: hex(32),
              spanId: hex(16),
              parentSpanId: hex(16).optional(),
              name: z.string().min(1),
              kind: z.int().min(1).max(5),
              startTimeUnixNano: nanoseconds,
              endTimeUnixNano: nanoseconds,
              attributes,
              status: z.strictObject({ code: z.literal(2), message: z.string() }).or(z.strictObject({})),
            }),
          ),
        }),
      ),
    }),
  ),
});

export interface ReceivedSpan {
  service: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string | undefined;
  name: string;
  kind: number;
  startNs: bigint;
  endNs: bigint;
  attributes: Record<string, string | number | boolean>;
  error?: string | undefined;
}

/** A receiver of OTLP over HTTP that checks what it gets, on a port of its own. */
export interface OtlpReceiver {
  url: string;
  spans: ReceivedSpan[];
  /** What was not as OTLP has it, one line each. */
  problems: string[];
  /** Waits for a span of this name in this trace. */
  span(traceId: string, name: string | RegExp): Promise<ReceivedSpan>;
  close(): Promise<void>;
}

/** @param headers what each export must carry */
export async function startOtlpReceiver(headers: Record<string, string> = {}): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const problems: string[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const chunk of request) text += chunk;
    const wrong = Object.entries(headers).filter(([name, expected]) => request.headers[name] !== expected);
    const type = request.headers["content-type"];
    if (
      request.method !== "POST" ||
      request.url !== "/v1/traces" ||
      type !== "application/json" ||
      wrong.length
    )
      problems.push(`${request.method} ${request.url} ${type} ${wrong.map(([name]) => name)}`);
    const parsed = requestSchema.safeParse(JSON.parse(text));
    if (parsed.success) spans.push(...parsed.data.resourceSpans.flatMap(received));
    else problems.push(parsed.error.message);
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const found = (traceId: string, name: string | RegExp) =>
    spans.find(
      (span) =>
        span.traceId === traceId && (typeof name === "string" ? span.name === name : name.test(span.name)),
    );
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    problems,
    span: (traceId, name) =>
      until(`a span ${name}`, () => found(traceId, name), { deadlineMs: 30_000 }) as Promise<ReceivedSpan>,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function received({
  resource,
  scopeSpans,
}: z.infer<typeof requestSchema>["resourceSpans"][number]): ReceivedSpan[] {
  const service = String(plain(resource.attributes)["service.name"]);
  return scopeSpans.flatMap(({ spans }) =>
    spans.map(({ startTimeUnixNano, endTimeUnixNano, attributes: given, status, ...span }) => ({
      service,
      ...span,
      startNs: BigInt(startTimeUnixNano),
      endNs: BigInt(endTimeUnixNano),
      attributes: plain(given),
      ...("message" in status ? { error: status.message } : {}),
    })),
  );
}

const plain = (given: z.infer<typeof attributes>): ReceivedSpan["attributes"] =>
  Object.fromEntries(
    given.map(({ key, value: one }) => [
      key,
      "stringValue" in one
        ? one.stringValue
        : "intValue" in one
          ? Number(one.intValue)
          : "boolValue" in one
            ? one.boolValue
            : one.doubleValue,
    ]),
  );

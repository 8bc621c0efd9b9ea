import { describe, expect, it } from "vitest";
import { renderMetrics } from "./prometheus.ts";
import { addCounts, countRequest, type RequestCounts, requestFamilies } from "./requests.ts";

const request = { method: "GET", route: "/api/v1/tenants/{tenant}", status: 200, seconds: 0.03 };

describe("metrics", () => {
  it("escape what a label may hold", () => {
    const samples = [{ labels: { name: 'a"b\\c\nd' }, value: 1 }];
    expect(renderMetrics([{ name: "x", help: "h", type: "gauge", samples }])).toBe(
      '# HELP x h\n# TYPE x gauge\nx{name="a\\"b\\\\c\\nd"} 1\n',
    );
  });

  it("add up over isolates, with cumulative buckets", () => {
    const total: RequestCounts = {};
    for (let isolate = 0; isolate < 3; isolate++) {
      const counts: RequestCounts = {};
      countRequest(counts, request);
      countRequest(counts, { ...request, status: 500, seconds: 60 });
      addCounts(total, counts);
    }
    const text = renderMetrics(requestFamilies(total));
    const labels = 'method="GET",route="/api/v1/tenants/{tenant}"';
    expect(text).toContain(`kubenova_http_requests_total{${labels},status="200"} 3\n`);
    expect(text).toContain(`kubenova_http_requests_total{${labels},status="500"} 3\n`);
    expect(text).toContain(`_bucket{${labels},le="0.025"} 0\n`);
    expect(text).toContain(`_bucket{${labels},le="0.05"} 3\n`);
    expect(text).toContain(`_bucket{${labels},le="+Inf"} 6\n`);
    expect(text).toContain(`_sum{${labels}} 180.09\n`);
    expect(text).toContain(`_count{${labels}} 6\n`);
  });
});

import { beforeAll, describe, expect, it } from "vitest";
import { api } from "./api.ts";
import { givenCluster, givenProject, imageSpec } from "./catalogue.ts";
import { roundTripsOf } from "./round-trips.ts";

/** One that reads all, one that writes all. */
const MAX_ROUND_TRIPS = 2;

let project: string;

beforeAll(async () => {
  project = await givenProject("trips", "shop");
  await givenCluster("trips-one");
  for (const name of ["staging", "production"]) {
    await api("PUT", `${project}/environments/${name}`, { body: { placement: { cluster: "trips-one" } } });
  }
});

const measured = (method: string, path: string, body?: unknown) =>
  roundTripsOf(MAX_ROUND_TRIPS, method, path, body);

describe("before its answer", () => {
  it("a PUT of an app goes to D1 at most twice, whether it creates, changes or changes nothing", async ({
    task,
  }) => {
    const put = (image: string) => measured("PUT", `${project}/apps/web`, { spec: imageSpec(image) });
    const [created, changed, same] = [await put("web:1"), await put("web:2"), await put("web:2")];
    expect([created.status, changed.status, same.status]).toEqual([202, 202, 200]);
    expect([created.roundTrips, changed.roundTrips]).toEqual([2, 2]);
    expect(same.roundTrips).toBe(1);
    const most = Math.max(created.roundTrips, changed.roundTrips, same.roundTrips);
    Object.assign(task.meta, { roundTrips: most });
  });

  it("a PATCH of an app goes to D1 at most twice, whether its content is new, as before, or the same", async () => {
    await measured("PUT", `${project}/apps/patched`, { spec: imageSpec("web:1") });
    const patch = (image: string) =>
      measured("PATCH", `${project}/apps/patched`, { spec: { source: { image: { image } } } });
    expect(await patch("web:2")).toEqual({ status: 202, roundTrips: 2 });
    expect(await patch("web:1")).toEqual({ status: 202, roundTrips: 2 });
    expect(await patch("web:1")).toEqual({ status: 200, roundTrips: 1 });
  });

  it("a deployment and a rollback go to D1 at most twice", async () => {
    const { body } = await api<{ items: { id: string }[] }>("GET", `${project}/apps/web/revisions`);
    const deploy = await measured("POST", `${project}/apps/web/releases/production`, {
      revision: body.items.at(-1)?.id,
    });
    expect(deploy).toEqual({ status: 202, roundTrips: 2 });
    const rollback = await measured("POST", `${project}/apps/web/releases/staging:rollback`, {});
    expect(rollback).toEqual({ status: 202, roundTrips: 2 });
  });

  it("get and list go to D1 once", async () => {
    for (const path of [`${project}/apps/web`, `${project}/apps`, project, `${project}/environments`]) {
      expect(await measured("GET", path), path).toEqual({ status: 200, roundTrips: 1 });
    }
  });
});

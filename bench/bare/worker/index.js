/**
 * The least that a Worker can do with D1: one read, one write of one row. What the manager's routes are compared with,
 * by the same runtime in the same run.
 */
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/read/")) {
      const row = await env.DB.prepare("SELECT * FROM rows WHERE id = ?").bind(pathname.slice(6)).first();
      return Response.json(row);
    }
    if (pathname === "/write") {
      await env.DB.prepare("INSERT INTO rows (id, body) VALUES (?, ?)")
        .bind(crypto.randomUUID(), await request.text())
        .run();
      return Response.json({ ok: true }, { status: 201 });
    }
    return new Response("ok");
  },
};

CREATE TABLE rows (id TEXT PRIMARY KEY, body TEXT NOT NULL);
WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 9999)
INSERT INTO rows (id, body) SELECT 'row-' || i, '{"name":"app-' || i || '"}' FROM n;

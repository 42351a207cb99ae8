"""What the laws of bank statements ask of the store, column by column as their rows (see `books/laws/banking`)."""

STATEMENTS = """
SELECT s.id, s.bank, s.currency, s.opening, s.closing, CAST(coalesce(sum(l.amount), 0) AS BIGINT),
       count(CASE WHEN l.currency <> s.currency THEN 1 END)
FROM bank_statement s LEFT JOIN bank_line l ON l.dossier = s.dossier AND l.statement = s.id
WHERE s.dossier = ?1 GROUP BY s.id, s.bank, s.currency, s.opening, s.closing ORDER BY s.id
"""
MATCHES = """
SELECT m.id, m.line, s.bank, l.currency, l.amount,
       CAST(coalesce((SELECT sum(x.amount) FROM bank_match_line x
                      WHERE x.dossier = ?1 AND x."match" = m.id), 0) AS BIGINT),
       (SELECT count(*) FROM bank_match o WHERE o.dossier = ?1 AND o.line = m.line AND o.ended = 0),
       coalesce((SELECT min(CAST(t.number AS VARCHAR)) FROM bank_match_line x
                 JOIN entry e ON e.dossier = x.dossier AND e.posting = x.posting
                 JOIN "transaction" t ON t.dossier = e.dossier AND t.number = e."transaction"
                 WHERE x.dossier = ?1 AND x."match" = m.id AND t.status = 'cancelled'), ''),
       w.twin
FROM bank_match m
JOIN bank_line l ON l.dossier = m.dossier AND l.id = m.line
JOIN bank_statement s ON s.dossier = l.dossier AND s.id = l.statement
LEFT JOIN bank_line_twin w ON w.dossier = m.dossier AND w.line = m.line
WHERE m.dossier = ?1 AND m.ended = 0 ORDER BY m.id
"""
ACCOUNTED = """
SELECT x.posting, x.line, e.account, s.bank, e.currency, e.amount, CAST(sum(x.amount) AS BIGINT)
FROM bank_match m
JOIN bank_match_line x ON x.dossier = m.dossier AND x."match" = m.id
JOIN bank_line l ON l.dossier = m.dossier AND l.id = m.line
JOIN bank_statement s ON s.dossier = l.dossier AND s.id = l.statement
JOIN entry_line e ON e.dossier = x.dossier AND e.posting = x.posting AND e.line = x.line
WHERE m.dossier = ?1 AND m.ended = 0
GROUP BY x.posting, x.line, e.account, s.bank, e.currency, e.amount ORDER BY x.posting, x.line
"""

"""What the laws of slips, documents, entries by hand, years and letters read: column by column as their rows."""

# The lines behind the bank's stand in the order of the instruments.
SLIPS = """
SELECT s.number, s.bank, s.year, s.sequence, s.date, s.currency, s.total, s.home, s.status, s.posting,
       e.slip, e.year, e.date, coalesce(l.n, 0), b.debit + b.credit, r.slip, r.reversal_of,
       coalesce(x.n, 0), coalesce(x.held, 0), coalesce(i.n, 0), coalesce(i.carried, 0), coalesce(i.matched, 0)
FROM slip s
LEFT JOIN entry e ON e.dossier = s.dossier AND e.posting = s.posting
LEFT JOIN entry r ON r.dossier = s.dossier AND r.posting = s.reversal
LEFT JOIN entry_line b ON b.dossier = s.dossier AND b.posting = s.posting AND b.line = 1
LEFT JOIN (SELECT s.number, count(*) AS n
           FROM slip s JOIN entry_line l ON l.dossier = s.dossier AND l.posting = s.posting
           WHERE s.dossier = ?1 GROUP BY s.number) l ON l.number = s.number
LEFT JOIN (SELECT x.slip, count(*) AS n,
                  sum(CASE WHEN t.slip = x.slip AND t.status <> 'awaiting_slip' THEN 1 ELSE 0 END) AS held
           FROM slip_transaction x JOIN "transaction" t ON t.dossier = x.dossier AND t.number = x."transaction"
           WHERE x.dossier = ?1 GROUP BY x.slip) x ON x.slip = s.number
LEFT JOIN (SELECT m.slip, count(*) AS n, CAST(sum(m.amount) AS BIGINT) AS carried,
                  sum(CASE WHEN l.debit + l.credit = m.home AND abs(l.amount) = m.amount THEN 1 ELSE 0 END) AS matched
           FROM (SELECT x.slip, s.posting, i.amount, i.home,
                        1 + row_number() OVER (PARTITION BY x.slip ORDER BY i."transaction", i."order", i.id) AS line
                 FROM slip_transaction x JOIN slip s ON s.dossier = x.dossier AND s.number = x.slip
                 JOIN instrument i ON i.dossier = x.dossier AND i."transaction" = x."transaction"
                 WHERE x.dossier = ?1) m
           LEFT JOIN entry_line l ON l.dossier = ?1 AND l.posting = m.posting AND l.line = m.line
           GROUP BY m.slip) i ON i.slip = s.number
WHERE s.dossier = ?1 ORDER BY s.bank, s.year, s.sequence
"""
ON_SLIPS = """
SELECT t.number, t.status, t.slip, s.status, x.slip
FROM "transaction" t
LEFT JOIN slip s ON s.dossier = t.dossier AND s.number = t.slip
LEFT JOIN slip_transaction x ON x.dossier = t.dossier AND x.slip = t.slip AND x."transaction" = t.number
WHERE t.dossier = ?1 AND t.slip IS NOT NULL ORDER BY t.number
"""
DOCUMENTS = """
SELECT d.id, d.number, d.type, d.date, d.third_party, d.currency, d.gross, d.content, d.digest,
       d.invoice, v.prefix || v.number, v.third_party, v.date, v.currency, v.amount,
       d.corrects, c.number, c.third_party,
       (SELECT min(f.id) FROM sales_document f
        WHERE f.dossier = ?1 AND f.number = d.number AND f.third_party = d.third_party)
FROM sales_document d
LEFT JOIN invoice v ON v.dossier = d.dossier AND v.id = d.invoice
LEFT JOIN sales_document c ON c.dossier = d.dossier AND c.id = d.corrects
WHERE d.dossier = ?1 ORDER BY d.id
"""

# ---------------------------------------------------------------- entries typed by hand

# A draft that was validated beside the entry that it became, and how many lines of both say the same.
DRAFTS = """
SELECT f.id, f.posting, json_array(f.date, f.journal, f.label, f.piece),
       json_array(e.date, e.journal, e.label, e.piece), coalesce(d.n, 0), coalesce(l.n, 0), coalesce(d.same, 0)
FROM draft f
LEFT JOIN entry e ON e.dossier = f.dossier AND e.posting = f.posting
LEFT JOIN (SELECT f.id, count(*) AS n, count(l.line) AS same
           FROM draft f JOIN draft_line d ON d.dossier = f.dossier AND d.draft = f.id
           LEFT JOIN entry_line l ON l.dossier = f.dossier AND l.posting = f.posting AND l.line = d.line
                AND l.account = d.account AND l.third_party = d.third_party AND l.debit = d.debit
                AND l.credit = d.credit AND l.currency = d.currency AND l.amount = d.amount
           WHERE f.dossier = ?1 AND f.posting IS NOT NULL GROUP BY f.id) d ON d.id = f.id
LEFT JOIN (SELECT f.id, count(*) AS n
           FROM draft f JOIN entry_line l ON l.dossier = f.dossier AND l.posting = f.posting
           WHERE f.dossier = ?1 GROUP BY f.id) l ON l.id = f.id
WHERE f.dossier = ?1 AND f.posting IS NOT NULL ORDER BY f.id
"""
# Due items of no invoice and no transaction, and the lines of entries by hand (or taking these back) that name them.
OPENED = """
SELECT d.id, d.third_party, d.piece, d.ledger, d.currency, d.amount, d.origin_carried, coalesce(l.n, 0),
       coalesce(l.amount, 0), coalesce(l.home, 0)
FROM due_item d
LEFT JOIN (SELECT l.item, count(*) AS n, CAST(sum(l.amount) AS BIGINT) AS amount,
                  CAST(sum(l.debit - l.credit) AS BIGINT) AS home
           FROM (SELECT f.posting FROM draft f WHERE f.dossier = ?1 AND f.posting IS NOT NULL
                 UNION SELECT r.posting FROM draft f JOIN entry r ON r.dossier = ?1 AND r.reversal_of = f.posting
                 WHERE f.dossier = ?1) h
           JOIN entry_line l ON l.dossier = ?1 AND l.posting = h.posting AND l.item IS NOT NULL
           GROUP BY l.item) l ON l.item = d.id
WHERE d.dossier = ?1 AND d.invoice IS NULL AND d."transaction" IS NULL ORDER BY d.id
"""
# Entries that take back one typed by hand: the same lines with the opposite sign.
TAKEN_BACK = """
SELECT r.year, r.number, r.posting, f.posting, count(*), count(o.line),
       (SELECT count(*) FROM entry_line n WHERE n.dossier = ?1 AND n.posting = f.posting),
       (SELECT count(*) FROM entry n WHERE n.dossier = ?1 AND n.reversal_of = f.posting)
FROM entry r
JOIN draft f ON f.dossier = r.dossier AND f.posting = r.reversal_of
JOIN entry_line l ON l.dossier = r.dossier AND l.posting = r.posting
LEFT JOIN entry_line o ON o.dossier = l.dossier AND o.posting = f.posting AND o.line = l.line
     AND o.account = l.account AND o.third_party = l.third_party AND o.debit = l.credit AND o.credit = l.debit
     AND o.currency = l.currency AND o.amount = -l.amount
WHERE r.dossier = ?1 AND r.reversal_of IS NOT NULL GROUP BY r.year, r.number, r.posting, f.posting ORDER BY r.posting
"""

# ---------------------------------------------------------------- periods and years

CLOSINGS = """
SELECT c.year, c."end", c.posting, c.head, c.entries, c.result_home, c.balances, e.hash, coalesce(n.entries, 0)
FROM closing c
LEFT JOIN entry e ON e.dossier = c.dossier AND e.posting = c.posting
LEFT JOIN (SELECT year, count(*) AS entries FROM entry WHERE dossier = ?1 GROUP BY year) n ON n.year = c.year
WHERE c.dossier = ?1 ORDER BY c."end"
"""
# Nothing is read where no year is closed.
TURNOVERS = """
SELECT l.account, l.third_party, l.item, l.currency, e.year, CAST(sum(l.debit - l.credit) AS BIGINT),
       CAST(sum(l.amount) AS BIGINT)
FROM entry e JOIN entry_line l ON l.dossier = e.dossier AND l.posting = e.posting
WHERE e.dossier = ?1 AND e.date <= (SELECT max(c."end") FROM closing c WHERE c.dossier = ?1)
GROUP BY l.account, l.third_party, l.item, l.currency, e.year
HAVING sum(l.debit - l.credit) <> 0 OR sum(l.amount) <> 0
"""
SUCCESSORS = """
SELECT d.id, d.previous FROM due_item d WHERE d.dossier = ?1 AND d.previous IS NOT NULL
AND EXISTS (SELECT 1 FROM closing c WHERE c.dossier = ?1)
"""
SHUT = """
SELECT d.locked_until, d.closed_until,
       coalesce((SELECT p.until FROM period_event p WHERE p.dossier = ?1 AND p.kind IN ('lock', 'unlock')
                 ORDER BY p.id DESC LIMIT 1), ''),
       coalesce((SELECT max(p.until) FROM period_event p WHERE p.dossier = ?1 AND p.kind = 'close'), ''),
       coalesce((SELECT max(c."end") FROM closing c WHERE c.dossier = ?1), '')
FROM dossier d WHERE d.code = ?1
"""

# ---------------------------------------------------------------- letters

# Of each chain of due items, the lines that name them and what they have open, together.
GROUPS = """
WITH RECURSIVE chain(first, item) AS (
    SELECT d.id, d.id FROM due_item d WHERE d.dossier = ?1 AND d.previous IS NULL
    UNION ALL
    SELECT chain.first, d.id FROM chain CROSS JOIN due_item d ON d.dossier = ?1 AND d.previous = chain.item
)
SELECT chain.first, 'line' AS of, '' AS ledger, 0 AS advance, l.account, l.third_party, l.currency,
       CAST(sum(l.amount) AS BIGINT), CAST(sum(l.debit - l.credit) AS BIGINT)
FROM chain CROSS JOIN entry_line l ON l.dossier = ?1 AND l.item = chain.item
GROUP BY chain.first, l.account, l.third_party, l.currency
UNION ALL
SELECT chain.first, 'item', d.ledger, CASE d.kind WHEN 'advance' THEN 1 ELSE 0 END, d.account, d.third_party,
       d.currency, CAST(sum(d.open) AS BIGINT), CAST(sum(d.carried) AS BIGINT)
FROM chain CROSS JOIN due_item d ON d.dossier = ?1 AND d.id = chain.item
GROUP BY chain.first, d.ledger, d.kind, d.account, d.third_party, d.currency
UNION ALL
SELECT d.id, 'unsaid', d.ledger, 1, d.account, d.third_party, d.currency, d.amount, 0
FROM due_item d JOIN "transaction" t ON t.dossier = ?1 AND t.number = d."transaction"
WHERE d.dossier = ?1 AND d.kind = 'advance' AND d.origin_carried = 0 AND t.status <> 'cancelled'
ORDER BY 1
"""
LETTERINGS = """
SELECT g.id, g.account, g.third_party, count(l.line),
       CAST(coalesce(sum(CASE WHEN l.account <> g.account OR l.third_party <> g.third_party THEN 1 ELSE 0 END), 0)
            AS BIGINT),
       count(l.item), count(DISTINCT l.currency), coalesce(min(l.currency), ''),
       CAST(coalesce(sum(l.amount), 0) AS BIGINT), CAST(coalesce(sum(l.debit - l.credit), 0) AS BIGINT)
FROM lettering g
LEFT JOIN lettering_undone u ON u.dossier = g.dossier AND u.lettering = g.id
LEFT JOIN lettering_line m ON m.dossier = g.dossier AND m.lettering = g.id
LEFT JOIN entry_line l ON l.dossier = m.dossier AND l.posting = m.posting AND l.line = m.line
WHERE g.dossier = ?1 AND u.lettering IS NULL GROUP BY g.id, g.account, g.third_party ORDER BY g.id
"""
LETTERED_TWICE = """
SELECT m.posting, m.line, count(*) FROM lettering_line m
LEFT JOIN lettering_undone u ON u.dossier = m.dossier AND u.lettering = m.lettering
WHERE m.dossier = ?1 AND u.lettering IS NULL GROUP BY m.posting, m.line HAVING count(*) > 1
ORDER BY m.posting, m.line
"""

# ---------------------------------------------------------------- VAT on receipts

VAT_POSTED = """
SELECT e."transaction", l.account, CAST(sum(l.credit - l.debit) AS BIGINT)
FROM entry e JOIN entry_line l ON l.dossier = e.dossier AND l.posting = e.posting AND l.item IS NULL
WHERE e.dossier = ?1 AND e."transaction" IS NOT NULL AND e.reversal_of IS NULL
GROUP BY e."transaction", l.account ORDER BY e."transaction", l.account
"""
VAT_MOVED = """
SELECT m."transaction", d.ledger, CAST(sum(m.vat_home) AS BIGINT), CAST(sum(m.freed_home) AS BIGINT)
FROM vat_move m JOIN due_item d ON d.dossier = m.dossier AND d.id = m.item
WHERE m.dossier = ?1 GROUP BY m."transaction", d.ledger ORDER BY m."transaction", d.ledger
"""
VAT_WAITING = """
SELECT v.id, v.prefix || v.number, v.amount, v.home, v.vat, d.parked, d.settled_before
FROM invoice v JOIN due_item d ON d.dossier = v.dossier AND d.invoice = v.id
WHERE v.dossier = ?1 AND v.vat_due = 'receipts' AND v.vat NOT IN ('', '[]') ORDER BY v.id, d.id
"""
# Of a line that was freed once and again: all must say the same rate.
VAT_FREED = """
SELECT d.invoice, m.line, min(m.rate), max(m.rate), CAST(sum(m.freed_home) AS BIGINT)
FROM vat_move m JOIN due_item d ON d.dossier = m.dossier AND d.id = m.item
JOIN invoice v ON v.dossier = d.dossier AND v.id = d.invoice AND v.vat_due = 'receipts'
JOIN "transaction" t ON t.dossier = m.dossier AND t.number = m."transaction"
WHERE m.dossier = ?1 AND t.status <> 'cancelled' GROUP BY d.invoice, m.line ORDER BY d.invoice, m.line
"""

# ---------------------------------------------------------------- payment files

PAYMENT_FILES = """
SELECT f.id, f.kind, f.message, f.currency, f.total, f.count, f.sha256, f.cancelled, f.why, f.content,
       coalesce(l.n, 0), coalesce(l.carried, 0), coalesce(l.standing, 0)
FROM payment_file f
LEFT JOIN (SELECT l.file, count(*) AS n, CAST(sum(l.amount) AS BIGINT) AS carried,
                  sum(CASE WHEN l.status = 'sent' THEN 1 ELSE 0 END) AS standing
           FROM payment_file_line l WHERE l.dossier = ?1 GROUP BY l.file) l ON l.file = f.id
WHERE f.dossier = ?1 ORDER BY f.id
"""
PAYMENT_LINES = """
SELECT l.file, l.position, f.kind, f.cancelled, l.status, l.amount, l.answer, b.format, l.instrument, i.state,
       i.direction, i.currency, i.amount, i.active,
       (SELECT count(*) FROM payment_file_line o
        WHERE o.dossier = ?1 AND o.instrument = l.instrument AND o.status = 'sent'),
       (SELECT count(*) FROM instrument n
        JOIN "transaction" t ON t.dossier = n.dossier AND t.number = n."transaction"
        WHERE n.dossier = ?1 AND n.previous = l.instrument AND t.status <> 'cancelled')
FROM payment_file_line l
JOIN payment_file f ON f.dossier = l.dossier AND f.id = l.file
LEFT JOIN instrument i ON i.dossier = l.dossier AND i.id = l.instrument
LEFT JOIN bank_file b ON b.dossier = l.dossier AND b.id = l.answer
WHERE l.dossier = ?1 ORDER BY l.file, l.position
"""

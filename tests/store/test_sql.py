"""One text of SQL in two spellings."""

import pytest

from lettrage.adapters.store.sql import in_postgresql

SPELLINGS = {
    "SELECT a FROM t WHERE dossier = ?1 AND b = ?2 AND c > ?2": (
        "SELECT a FROM t WHERE dossier = %(p1)s AND b = %(p2)s AND c > %(p2)s"
    ),
    "UPDATE t SET a = ?, b = ? WHERE c = ?": "UPDATE t SET a = %(p1)s, b = %(p2)s WHERE c = %(p3)s",
    "SELECT t.a FROM json_each(?2) k CROSS JOIN t ON t.dossier = ?1 AND t.id = CAST(k.value->>0 AS BIGINT)": (
        "SELECT t.a FROM jsonb_array_elements(%(p2)s::jsonb) WITH ORDINALITY k(value, key)"
        " JOIN t ON t.dossier = %(p1)s AND t.id = CAST(k.value->>0 AS BIGINT)"
    ),
    'SELECT 1 FROM json_each(?2) k CROSS JOIN "transaction" x ON x.id = k.key': (
        "SELECT 1 FROM jsonb_array_elements(%(p2)s::jsonb) WITH ORDINALITY k(value, key)"
        ' JOIN "transaction" x ON x.id = k.key'
    ),
    "SELECT k.key FROM dossier d CROSS JOIN json_each(d.years) k WHERE d.code = ?1": (
        "SELECT k.key FROM dossier d CROSS JOIN jsonb_each(d.years::jsonb) k WHERE d.code = %(p1)s"
    ),
    "SELECT json_array(a, b) FROM t": "SELECT json_build_array(a, b)::text FROM t",
    "SELECT 'what? 100 % sure' AS \"why?\" FROM t": "SELECT 'what? 100 %% sure' AS \"why?\" FROM t",
}


@pytest.mark.parametrize("sql", SPELLINGS, ids=range(len(SPELLINGS)))
def test_a_statement_is_spelt_for_postgresql(sql: str) -> None:
    assert in_postgresql(sql) == SPELLINGS[sql]

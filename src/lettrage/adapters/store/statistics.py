"""Fixed statistics for SQLite's planner, so that plans are the same on every machine and at every size.

Every key begins with the dossier. Without statistics SQLite takes "all rows of this dossier" for as good as an exact
key and reads the whole company to find one piece. The figures say what is true of any company worth the name: a
dossier has very many rows, each further column of a key divides them.
"""

from sqlalchemy import Connection

ROWS = 1_000_000


def fix_statistics(connection: Connection) -> None:
    """Write one line of statistics per index, in place of what ANALYZE would measure."""
    connection.exec_driver_sql("ANALYZE sqlite_schema")  # makes the table of statistics
    connection.exec_driver_sql("DELETE FROM sqlite_stat1")
    tables = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars().all()
    for table in tables:
        indexes = connection.exec_driver_sql(f"SELECT name, \"unique\", origin FROM pragma_index_list('{table}')").all()
        for name, unique, origin in indexes:
            columns = connection.exec_driver_sql(f"SELECT count(*) FROM pragma_index_info('{name}')").scalar_one()
            # Under its primary key a table without row numbers is listed by its own name.
            shown = table if origin == "pk" and _is_clustered(connection, table) else name
            row = (table, shown, _selectivity(columns, unique=bool(unique)))
            connection.exec_driver_sql("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (?, ?, ?)", row)


def _is_clustered(connection: Connection, table: str) -> bool:
    sql = "SELECT sql LIKE '%WITHOUT ROWID%' FROM sqlite_master WHERE name = ?"
    return bool(connection.exec_driver_sql(sql, (table,)).scalar_one())


def _selectivity(columns: int, *, unique: bool) -> str:
    """Rows in all, then rows per value of the first column, the first two, ...: a dossier holds everything."""
    last = 1 if unique else 2
    shares = [ROWS, ROWS, *(max(last + columns - at, ROWS // 1_000**at) for at in range(1, columns))]
    shares[columns] = last
    return " ".join(str(share) for share in shares)

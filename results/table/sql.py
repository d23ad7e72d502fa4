"""SQL queries on the tables of runs.

DuckDB sees two tables, in memory, and nothing else: no file and no network, so that a query from elsewhere cannot reach
them.
"""

from __future__ import annotations

import duckdb
import pandas as pd
import pyarrow as pa

from results.errors import QueryError
from results.table.load import curves, load


def query(location: str, sql: str) -> pd.DataFrame:
    """The answer to a query over `trials` and `curves` of one or several runs (see `load` and `curves`).

    Lists, such as `style_layers`, are lists of SQL: `list_contains(style_layers, 'conv1_1')`. Raises RunError, and
    QueryError for what DuckDB does not understand.
    """
    closed: dict[str, str | bool | int | float | list[str]] = {"enable_external_access": False}
    with duckdb.connect(":memory:", config=closed) as connection:
        connection.register("trials", _table(load(location, missing=True)))
        connection.register("curves", _table(curves(location)))
        connection.execute("SET lock_configuration = true")
        try:
            asked = connection.sql(sql)
            if asked is None:
                raise QueryError("that asks for nothing; a query begins with SELECT, FROM, DESCRIBE or WITH")
            answer: pd.DataFrame = asked.df()
            return answer
        except duckdb.Error as error:
            raise QueryError(f"{error}\nThe tables are trials and curves; DESCRIBE trials shows the columns") from error


def _table(frame: pd.DataFrame) -> pa.Table:
    """With types that SQL knows: a column without any value is text."""
    table = pa.Table.from_pandas(frame, preserve_index=False)
    for number, field in enumerate(table.schema):
        if pa.types.is_null(field.type):
            table = table.set_column(number, field.name, table.column(number).cast(pa.string()))
    return table

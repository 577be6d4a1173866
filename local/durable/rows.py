"""Conversion between an instance and its database row."""

from typing import Any

from local.durable.history import parse_timestamp, timestamp
from local.durable.model import Instance, Parent, Status

INSTANCE_COLUMNS = (
    "instance_id, execution_id, name, version, input, output, custom_status, state, suspended, "
    "created_at, updated_at, parent_id, parent_execution_id, parent_task"
)


def instance_from_row(row: tuple[Any, ...]) -> Instance:
    *plain, state, suspended, created_at, updated_at, parent_id, parent_execution, parent_task = row
    instance_id, execution_id, name, version, text, output, custom_status = plain
    return Instance(
        instance_id=instance_id,
        execution_id=execution_id,
        name=name,
        version=version,
        input=text,
        output=output,
        custom_status=custom_status,
        state=Status(state),
        suspended=bool(suspended),
        created_at=parse_timestamp(created_at),
        updated_at=parse_timestamp(updated_at),
        parent=None if parent_id is None else Parent(parent_id, parent_execution, parent_task),
    )


def instance_to_row(instance: Instance) -> tuple[str | int | None, ...]:
    parent = instance.parent
    return (
        instance.instance_id,
        instance.execution_id,
        instance.name,
        instance.version,
        instance.input,
        instance.output,
        instance.custom_status,
        str(instance.state),
        int(instance.suspended),
        timestamp(instance.created_at),
        timestamp(instance.updated_at),
        parent.instance_id if parent else None,
        parent.execution_id if parent else None,
        parent.task_id if parent else None,
    )

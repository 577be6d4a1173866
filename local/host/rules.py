"""What the Python worker refuses when it loads a function, and what this host does not serve.

The rules and their wording follow the worker's function registry, so that an app that is refused
here is refused on Azure. Two are stricter: a binding that the local host does not serve, and a
durable client in a function that is not `async def`, which on Azure fails at each call only.
"""

import inspect
from typing import Any, get_origin

from local.host.datums import converter, has_implicit_output
from local.host.errors import IndexingFailed
from local.host.functions import RETURN, Binding, Function

TRIGGERS = frozenset(
    {
        "activityTrigger",
        "blobTrigger",
        "httpTrigger",
        "orchestrationTrigger",
        "queueTrigger",
        "timerTrigger",
    }
)
SERVED = TRIGGERS | {"blob", "durableClient", "http", "queue"}


def check(function: Function) -> None:
    """Raises IndexingFailed, with the function's name and what to change."""
    for binding in function.bindings:
        _served(function, binding)
    _context(function)
    _parameters(function)
    for binding in function.bindings:
        if binding.name != RETURN and binding.hint is not None:
            _annotation(function, binding)
    _return(function)
    _durable_client(function)


def _refuse(function: Function, reason: str) -> IndexingFailed:
    return IndexingFailed(f"cannot load the {function.name} function: {reason}")


def _served(function: Function, binding: Binding) -> None:
    if binding.type not in SERVED:
        raise _refuse(
            function,
            f'the local host does not serve the binding type "{binding.type}" of '
            f'"{binding.name}"; it serves {", ".join(sorted(SERVED))}',
        )


def _context(function: Function) -> None:
    hint = function.hints.get("context")
    if not function.wants_context or hint is None:
        return
    if not (isinstance(hint, type) and hint.__name__ == "Context"):
        raise _refuse(
            function,
            'the "context" parameter is expected to be of type azure.functions.Context, '
            f'got {hint!r} (an orchestrator needs context_name="context")',
        )


def _parameters(function: Function) -> None:
    declared = set(function.parameters) - ({"context"} if function.wants_context else set())
    bound = {one.name for one in function.bindings if one.name != RETURN}
    if unbound := declared - bound:
        raise _refuse(function, f"the following parameters have no binding: {_names(unbound)}")
    if missing := bound - declared:
        raise _refuse(
            function, f"the following bindings have no parameter of that name: {_names(missing)}"
        )


def _names(names: set[str]) -> str:
    return ", ".join(sorted(names))


def _annotation(function: Function, binding: Binding) -> None:
    if binding.is_output and not binding.is_out_parameter:
        raise _refuse(
            function,
            f'"{binding.name}" is an output binding: annotate it as azure.functions.Out[...]',
        )
    if binding.is_out_parameter and not binding.is_output:
        raise _refuse(
            function, f'"{binding.name}" is an input binding, but its annotation is Out[...]'
        )
    if not _fits(binding, binding.python_type):
        raise _refuse(
            function,
            f'the type of the {binding.name} binding, "{binding.type}", does not match its '
            f"Python annotation {binding.hint!r}",
        )


def _fits(binding: Binding, python_type: Any) -> bool:
    if not isinstance(python_type, type) and get_origin(python_type) is None:
        return False
    serves = converter(binding)
    check = (
        serves.check_output_type_annotation
        if binding.is_output
        else serves.check_input_type_annotation
    )
    try:
        return bool(check(python_type))
    except TypeError:  # the SDK asks issubclass of what is no class
        return False


def _return(function: Function) -> None:
    explicit = next((one for one in function.bindings if one.name == RETURN), None)
    if explicit is None:
        return
    if has_implicit_output(function.trigger):
        raise _refuse(
            function,
            "what it returns is its result: use an azure.functions.Out parameter for the "
            f'"{explicit.type}" binding, not $return',
        )
    if explicit.hint is not None and not _fits(explicit, explicit.hint):
        raise _refuse(
            function,
            f"its return annotation {explicit.hint!r} does not match the binding type "
            f'"{explicit.type}"',
        )


def _durable_client(function: Function) -> None:
    if all(one.type != "durableClient" for one in function.bindings):
        return
    if not inspect.iscoroutinefunction(inspect.unwrap(function.call)):
        raise _refuse(function, "a function with a durable client must be `async def`")

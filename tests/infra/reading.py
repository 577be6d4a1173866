"""Bicep as values: what a test asks about, read by tree-sitter's grammar.

Objects become dicts, arrays lists, strings text (with `${…}` where something is put in), a loop in
a property a list with its one body. Whatever has to be computed is an `Expression`: its text.
"""

import functools
from collections.abc import Iterator
from typing import Any, NamedTuple

import tree_sitter_bicep
from tree_sitter import Language, Node, Parser

EXTENSION = "extension microsoftGraphV1\n"
"""The one line that the grammar does not know."""


class Expression(str):
    """What is computed, as it is written. `node` is where it stands."""

    __slots__ = ("node",)
    node: Node

    @classmethod
    def of(cls, node: Node) -> "Expression":
        made = cls(_text(node))
        made.node = node
        return made


class Declaration(NamedTuple):
    """A resource or a module. `type` is a resource's type or a module's path."""

    symbol: str
    type: str
    body: dict[str, Any]
    existing: bool
    condition: str
    comment: str

    def at(self, path: str) -> Any:
        """The value at a path like `properties.policy`; None where there is none."""
        value: Any = self.body
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        return value


class Parameter(NamedTuple):
    """A parameter: None where it has no default or is not limited to some values."""

    default: Any
    allowed: Any
    secure: bool


class Template(NamedTuple):
    """One file."""

    parameters: dict[str, Parameter]
    variables: dict[str, Any]
    resources: list[Declaration]
    modules: list[Declaration]
    outputs: dict[str, Any]
    errors: list[str]


@functools.cache
def read(text: str) -> Template:
    """A file's text as values; `errors` says where the grammar did not understand it."""
    source = text.removeprefix(EXTENSION)
    root = Parser(Language(tree_sitter_bicep.language())).parse(source.encode()).root_node
    template = Template({}, {}, [], [], {}, [_text(node) for node in _broken(root)])
    above: list[Node] = []
    for node in root.named_children:
        if node.type in ("decorators", "comment", "diagnostic_comment"):
            above.append(node)
            continue
        _add(template, node, above)
        above = []
    return template


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects that an expression is made of, the outermost ones."""
    if isinstance(value, dict):
        return [value]
    if isinstance(value, Expression):
        return [_value(node) for node in _outermost(value.node, "object")]
    return []


def _add(template: Template, node: Node, above: list[Node]) -> None:
    parts = [child for child in node.named_children if child.type != "type"]
    name = _text(parts[0]) if parts else ""
    match node.type:
        case "parameter_declaration":
            default = _value(parts[1]) if len(parts) > 1 else None
            template.parameters[name] = _parameter(default, above)
        case "variable_declaration":
            template.variables[name] = _value(parts[-1])
        case "output_declaration":
            template.outputs[name] = _value(parts[-1])
        case "resource_declaration":
            template.resources.append(_declaration(node, parts, above))
        case "module_declaration":
            template.modules.append(_declaration(node, parts, above))


def _parameter(default: Any, above: list[Node]) -> Parameter:
    allowed, secure = None, False
    for call in (call for node in above for call in _descendants(node, "call_expression")):
        match _text(call.named_children[0]):
            case "allowed":
                allowed = _value(call.named_children[1].named_children[0])
            case "secure":
                secure = True
    return Parameter(default, allowed, secure)


def _declaration(node: Node, parts: list[Node], above: list[Node]) -> Declaration:
    body, condition = parts[-1], ""
    if body.type == "for_statement":
        body = body.named_children[-1]
    if body.type == "if_statement":
        condition = _text(body.named_children[0])
        body = body.named_children[-1]
    existing = any(child.type == "existing" for child in node.children)
    comment = "\n".join(_text(line) for line in above)
    return Declaration(
        _text(parts[0]), _value(parts[1]), _value(body), existing, condition, comment
    )


def _value(node: Node) -> Any:
    match node.type:
        case "object":
            pairs = (each for each in node.named_children if each.type == "object_property")
            return {_key(each): _value(each.named_children[-1]) for each in pairs}
        case "array":
            return [_value(each) for each in node.named_children if each.type != "comment"]
        case "string":
            return _text(node).strip("'") if _is_block(node) else _text(node)[1:-1]
        case "for_statement":
            return [_value(node.named_children[-1])]
        case "number":
            return int(_text(node))
        case "boolean":
            return _text(node) == "true"
    return Expression.of(node)


def _is_block(node: Node) -> bool:
    return _text(node).startswith("'''")


def _key(pair: Node) -> str:
    return _text(pair.named_children[0]).strip("'")


def _text(node: Node) -> str:
    return (node.text or b"").decode()


def _descendants(node: Node, kind: str) -> Iterator[Node]:
    for child in node.children:
        if child.type == kind:
            yield child
        yield from _descendants(child, kind)


def _outermost(node: Node, kind: str) -> Iterator[Node]:
    for child in node.children:
        if child.type == kind:
            yield child
        else:
            yield from _outermost(child, kind)


def _broken(node: Node) -> Iterator[Node]:
    for child in node.children:
        if child.is_error or child.is_missing:
            yield child
        else:
            yield from _broken(child)

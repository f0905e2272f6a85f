"""A client generated from the OpenAPI document reads each refusal into the class of its name, members and all.

Usage: read_refusals.py DOCUMENT. Prints the number of refusals and operations; exits 1 with the first that is lost.
"""

import importlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import httpx

PROBLEM = "application/problem+json"


def generate(document, folder):
    """Generates the package `jejak_client` in the folder; a warning of the generator is a failure."""
    config = Path(folder, "config.yaml")
    # The generator would format its output with ruff, and it knows no media type for lines of JSON.
    config.write_text("post_hooks: []\ncontent_type_overrides:\n  application/x-ndjson: text/plain\n")
    arguments = ["generate", "--path", document, "--output-path", str(Path(folder, "jejak_client"))]
    arguments += ["--meta", "none", "--config", str(config), "--fail-on-warning"]
    command = [sys.executable, "-m", "openapi_python_client", *arguments]
    subprocess.run(command, check=True, stdout=sys.stderr)
    sys.path.insert(0, folder)


def refusals(schemas, response):
    """The names of the refusals that a response may be."""
    content = response.get("content", {}).get(PROBLEM)
    if content is None:
        return []
    name = content["schema"]["$ref"].rsplit("/", 1)[1]
    choices = schemas[name].get("oneOf")
    return [choice["$ref"].rsplit("/", 1)[1] for choice in choices] if choices else [name]


def read(operation, status, problem):
    """The object that the generated operation makes of a refusal."""
    tag, name = operation["tags"][0], operation["operationId"].replace("-", "_")
    module = importlib.import_module(f"jejak_client.api.{tag}.{name}")
    client = importlib.import_module("jejak_client").Client(base_url="http://127.0.0.1")
    response = httpx.Response(int(status), json=problem, headers={"content-type": PROBLEM})
    return module._parse_response(client=client, response=response)


def main(path):
    document = json.loads(Path(path).read_text())
    schemas = document["components"]["schemas"]
    read_refusals, operations = set(), 0
    with tempfile.TemporaryDirectory() as folder:
        generate(path, folder)
        for operation in (one for item in document["paths"].values() for one in item.values()):
            operations += 1
            for status, response in operation["responses"].items():
                for name in refusals(schemas, response):
                    problem = schemas[name]["example"]
                    found = read(operation, status, problem)
                    if type(found).__name__ != name or found.to_dict() != problem:
                        sys.exit(f"{operation['operationId']} {status}: {name} became {found!r}")
                    read_refusals.add(name)
    named = {name for name, schema in schemas.items() if "code" in schema.get("properties", {})}
    # A generated client never uses a wrong method.
    if named - read_refusals != {"RequestMethodNotAllowed"}:
        sys.exit(f"no operation can get {named - read_refusals}")
    print(f"read every refusal: {len(read_refusals)} of them, in {operations} operations")


main(sys.argv[1])

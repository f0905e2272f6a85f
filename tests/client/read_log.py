"""Reads a running Jejak's signed log with a client that is not ours: accepts checkpoint, tiles, entries and an
inclusion proof, and rejects each of them altered. Arguments: address, file of the public key, file of the
auditor's token, file of a proof. One line for each thing tried; exits with 1 if any goes otherwise."""

import base64
import sys
import urllib.error
import urllib.request

from aics_tlog import (
    TileVerificationError, audit_tiles, consistency_proof_from_tiles, parse_note, parse_vkey, verify_checkpoint,
    verify_consistency, verify_leaf_inclusion,
)
from aics_tlog.tiles import entry_bundle_path, tile_path

base, key_file, token_file, proof_file = sys.argv[1:]
key = parse_vkey(open(key_file).read().strip())
token = open(token_file).read().strip()


def fetch(path):
    request = urllib.request.Request(f"{base}/log/{path}", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.read()
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise


class Reader:
    """Tiles over HTTP; `altered` is a path whose bytes arrive with one bit flipped."""

    def __init__(self, altered=None):
        self.altered, self.read = altered, set()

    def get(self, path):
        self.read.add(path)
        found = fetch(path)
        if found is not None and path == self.altered:
            found = found[:-1] + bytes([found[-1] ^ 1])
        return found

    def read_tile(self, level, index, width):
        return self.get(tile_path(level, index, width))

    def read_entry_bundle(self, index, width):
        return self.get(entry_bundle_path(index, width))


failures = 0


def expect(accepted, wanted, what):
    global failures
    failures += accepted != wanted
    print(f"{'accepted' if accepted else 'rejected'} {what}")


def checkpoint_accepted(note):
    try:
        return verify_checkpoint(parse_note(note), key, expected_origin="jejak/pontianak").ok
    except ValueError:
        return False


def tiles_accepted(reader, head):
    try:
        audit_tiles(reader, head.size, head.root)
        return True
    except TileVerificationError:
        return False


note = fetch("checkpoint")
expect(checkpoint_accepted(note), True, "the checkpoint")
for at in range(len(note)):
    if checkpoint_accepted(note[:at] + bytes([note[at] ^ 1]) + note[at + 1:]):
        expect(True, False, f"a checkpoint with byte {at} altered")
expect(checkpoint_accepted(note.replace(b"\n\n", b"\n\n\n")), False, "an altered checkpoint")
head = verify_checkpoint(parse_note(note), key)

honest = Reader()
expect(tiles_accepted(honest, head), True, f"{len(honest.read)} tiles and bundles of {head.size} entries")
for path in sorted(honest.read):
    expect(tiles_accepted(Reader(path), head), False, f"an altered {path}")

text = open(proof_file, "rb").read()
lines, own = text.split(b"\n\n", 1)
lines = lines.decode().split("\n")
assert lines[0] == "c2sp.org/tlog-proof@v1", lines[0]
event = base64.b64decode(lines[1].removeprefix("extra "), validate=True)
index = int(lines[2].removeprefix("index "))
path = [base64.b64decode(line, validate=True) for line in lines[3:]]
expect(checkpoint_accepted(own), True, "the checkpoint in the proof")
proved = verify_checkpoint(parse_note(own), key)
included = lambda event, index, path: verify_leaf_inclusion(event, index, proved.size, path, proved.root)
expect(included(event, index, path), True, f"the proof of entry {index}")
expect(included(event + b" ", index, path), False, "a proof with an altered event")
expect(included(event, index + 1, path), False, "a proof with an altered index")
expect(included(event, index, [path[0][:-1] + bytes([path[0][-1] ^ 1])] + path[1:]), False, "a proof with an altered path")

growth = consistency_proof_from_tiles(Reader(), proved.size, head.size)
grown = lambda root: verify_consistency(proved.size, head.size, root, head.root, growth)
expect(grown(proved.root), True, f"the growth from {proved.size} to {head.size} entries")
expect(grown(bytes(32)), False, "a growth from another root")
sys.exit(1 if failures else 0)

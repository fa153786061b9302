#!/bin/sh
# Checks plantrail evidence bundles. It needs a POSIX shell, Python 3 (standard library only) and openssl 3; no network.
#
#   unzip -p bundle.zip verify.sh > verify.sh
#   sh verify.sh [--key FILE] BUNDLE.zip ...
#
# FILE holds the log's verifier keys, a line each (name+hash+base64), that you got from elsewhere than the bundle. Without
# it the verdict says which key it rests on. Read this script before you trust it, or run your own copy of it: a forger
# would have forged the one in the bundle, too. Exit 0: every bundle verified; 1: one was refused; 2: misused.
command -v python3 >/dev/null 2>&1 || { echo "verify.sh needs python3" >&2; exit 2; }
command -v openssl >/dev/null 2>&1 || { echo "verify.sh needs openssl" >&2; exit 2; }
exec python3 - "$@" <<'PYTHON'
import base64, hashlib, json, os, re, struct, subprocess, sys, tempfile, time, zlib

MAX_BUNDLE, MAX_FILES, MAX_SIZE = 2**32 - 1, 2**16 - 1, 2**60
MAX_SMALL, MAX_TEXTS, MAX_MANIFEST = 2**16, 2**22, 2**24
HEAD_TYPE = "plantrail.bundle-issued.v1"
NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(/[A-Za-z0-9][A-Za-z0-9._-]{0,99})?"
KEY_NAME = r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}"
SOURCE = r"/[a-z0-9/_-]{1,300}"
STREAMED = ("report.html", "timeline.csv", "timeline.json", "verify.sh")


class Refused(Exception):
    pass


def match(pattern, s):
    return isinstance(s, str) and re.fullmatch(pattern, s) is not None


# --- encodings: one spelling each ---

def decode64(s):
    try:
        b = base64.b64decode(s.encode("ascii"), validate=True)
    except ValueError:
        return None
    return b if base64.b64encode(b).decode() == s else None


def decode_url64(s):
    if not match(r"[A-Za-z0-9_-]*", s):
        return None
    try:
        b = base64.urlsafe_b64decode(s + "=" * (-len(s) % 4))
    except ValueError:
        return None
    return b if url64(b) == s else None


def url64(b):
    return base64.urlsafe_b64encode(b).decode().rstrip("=")


def b64(b):
    return base64.b64encode(b).decode()


def parse_hash(s):
    b = decode64(s) if isinstance(s, str) else None
    return b if b is not None and len(b) == 32 else None


def parse_size(s):
    if not match(r"0|[1-9][0-9]{0,18}", s) or int(s) > MAX_SIZE:
        return None
    return int(s)


class Number(str):
    pass


NOT_OBJECT = "is not one JSON object in UTF-8, nested at most 32 deep, without a name given twice"


def depth(b):
    most = now = i = 0
    quoted = False
    while i < len(b):
        c = b[i]
        if quoted and c == 0x5C:
            i += 1
        elif c == 0x22:
            quoted = not quoted
        elif quoted:
            pass
        elif c in b"{[":
            now += 1
            most = max(most, now)
        elif c in b"}]":
            now -= 1
        i += 1
    return most


def parse_json(b, deepest):
    def pairs(items):
        out = {}
        for k, v in items:
            k = re.sub("[\ud800-\udfff]", "\ufffd", k)
            if k in out:
                raise ValueError
            out[k] = v
        return out

    def constant(_):
        raise ValueError

    if depth(b) > deepest:
        raise ValueError
    return json.loads(b.decode("utf-8"), object_pairs_hook=pairs, parse_constant=constant, parse_int=Number, parse_float=Number)


def parse_object(b):
    try:
        v = parse_json(b, 32)
    except ValueError:
        v = None
    if not isinstance(v, dict):
        raise Refused(NOT_OBJECT)
    return v


# --- container ---

LAYOUT = "it is not laid out as a bundle: it was cut short, damaged, added to, or packed again by another program"


def common(m):
    return (bytes([10, 0, 0, 0, 0, 0, 0, 0, 0x21, 0]) + struct.pack("<IIIH", m["crc"], m["size"], m["size"], len(m["name"])) + b"\0\0")


def local_header(m):
    return b"PK\x03\x04" + common(m) + m["name"].encode()


def central_header(m):
    return (b"PK\x01\x02" + bytes([20, 3]) + common(m) + b"\0" * 6 + struct.pack("<II", 0o100644 << 16, m["offset"]) + m["name"].encode())


def end_record(count, length, offset):
    return b"PK\x05\x06" + b"\0" * 4 + struct.pack("<HHII", count, count, length, offset) + b"\0\0"


def size_limit(name):
    folder = name.split("/")[0]
    if name == "manifest.json":
        return MAX_MANIFEST
    if folder == "disclosures":
        return MAX_TEXTS
    if is_streamed(name):
        return MAX_BUNDLE
    return MAX_SMALL


def is_streamed(name):
    return name in STREAMED or name.startswith("files/")


def is_sealed(name):
    return is_streamed(name) or name.startswith("related/")


class Container:
    def __init__(self, f):
        self.f, self.files, self.named = f, [], {}
        size = f.seek(0, os.SEEK_END)
        if size < 22 or size > MAX_BUNDLE:
            raise Refused(LAYOUT)
        last = self.at(size - 22, 22)
        count, length, offset = struct.unpack("<HII", last[10:20])
        if last != end_record(count, length, offset) or offset + length + 22 != size or length > count * 247:
            raise Refused(LAYOUT)
        self.directory(self.at(offset, length), count, offset)
        for m in self.files:
            self.contents(m)

    def at(self, offset, n):
        self.f.seek(offset)
        return self.f.read(n)

    def directory(self, b, count, end):
        folded, at, pos = set(), 0, 0
        for i in range(count):
            if len(b) - pos < 46:
                raise Refused(LAYOUT)
            n = 46 + struct.unpack("<H", b[pos + 28:pos + 30])[0]
            if len(b) - pos < n:
                raise Refused(LAYOUT)
            crc, _, size = struct.unpack("<III", b[pos + 16:pos + 28])
            name = b[pos + 46:pos + n].decode("latin-1")
            m = {"name": name, "size": size, "crc": crc, "offset": at & 0xFFFFFFFF}
            if not match(NAME, name) or central_header(m) != b[pos:pos + n]:
                raise Refused(LAYOUT)
            at += 30 + len(name) + size
            if at > end:
                raise Refused(LAYOUT)
            ordered = name == "manifest.json" if i == 0 else name != "manifest.json" and (i == 1 or self.files[-1]["name"] < name)
            if not ordered or name.lower() in folded:
                raise Refused("the file %s is given twice or out of order" % name)
            folded.add(name.lower())
            self.named[name] = m
            self.files.append(m)
            pos += n
        if pos != len(b) or at != end or count == 0:
            raise Refused(LAYOUT)

    def contents(self, m):
        header = local_header(m)
        if self.at(m["offset"], len(header)) != header:
            raise Refused(LAYOUT)
        if m["size"] > size_limit(m["name"]):
            raise Refused("the file %s has %d bytes, it may have %d" % (m["name"], m["size"], size_limit(m["name"])))
        crc, sha, left = 0, hashlib.sha256(), m["size"]
        while left > 0:
            chunk = self.f.read(min(left, 1 << 20))
            if not chunk:
                raise Refused(LAYOUT)
            crc, left = zlib.crc32(chunk, crc), left - len(chunk)
            sha.update(chunk)
        if crc != m["crc"]:
            raise Refused("the file %s is damaged: its checksum differs" % m["name"])
        m["sha256"] = sha.hexdigest()

    def read(self, name):
        m = self.named[name]
        return self.at(m["offset"] + 30 + len(name), m["size"])


# --- manifest ---

NOT_MANIFEST = "manifest.json is not written as bundles of version 1 write it"


def parse_manifest(b):
    try:
        m = parse_object(b)
    except Refused as e:
        raise Refused("manifest.json " + str(e))
    v = m.get("version")
    if isinstance(v, Number) and v != "1" and match(r"[0-9]{1,9}", v):
        raise Refused("the bundle is of version %s, this verifier knows version 1" % v)
    try:
        plain = plain_manifest(m)
    except (KeyError, TypeError, ValueError, AttributeError):
        plain = None
    if plain is None or (json.dumps(plain, indent=1) + "\n").encode() != b:
        raise Refused(NOT_MANIFEST)
    return plain


def plain_manifest(m):
    def number(v, least, most):
        if not isinstance(v, Number) or not match(r"[0-9]{1,12}", v) or not least <= int(v) <= most:
            raise ValueError
        return int(v)

    def text(v, pattern):
        if isinstance(v, Number) or not match(pattern, v):
            raise ValueError
        return v

    out = {"format": text(m["format"], "plantrail-bundle"), "version": number(m["version"], 1, 1),
           "plan": text(m["plan"], "[a-z0-9_-]*"), "source": text(m["source"], SOURCE), "first": number(m["first"], 1, 1),
           "last": number(m["last"], 1, MAX_FILES), "related": number(m["related"], 0, MAX_FILES), "documents": [], "files": []}
    if out["plan"] != out["source"][out["source"].rindex("/") + 1:]:
        raise ValueError
    if not isinstance(m["documents"], list) or not isinstance(m["files"], list):
        raise ValueError
    for d in m["documents"]:
        out["documents"].append({"name": text(d["name"], NAME), "event": number(d["event"], 1, out["last"])})
    for f in m["files"]:
        out["files"].append({"name": text(f["name"], NAME), "size": number(f["size"], 0, MAX_BUNDLE),
                             "sha256": text(f["sha256"], "[0-9a-f]{64}")})
    return out


def slots(m):
    out = []
    for i in range(1, m["last"] + 1):
        out.append(event_slot(m, i))
    out.append({"leaf": "head.json", "proof": "proofs/head.tlog-proof", "texts": "disclosures/head.txt", "name": "the issuing event"})
    for i in range(1, m["related"] + 1):
        out.append({"leaf": "related/%06d.json" % i, "proof": "proofs/related-%06d.tlog-proof" % i,
                    "texts": "disclosures/related-%06d.txt" % i, "name": "related event %d" % i})
    return out


def event_slot(m, i):
    return {"leaf": "leaves/%06d.json" % i, "proof": "proofs/%06d.tlog-proof" % i, "texts": "disclosures/%06d.txt" % i,
            "name": "event %d of plan %s" % (i, m["plan"])}


def name_of(m, file):
    found = re.fullmatch(r"leaves/0{0,5}([1-9][0-9]{0,5})\.json", file)
    return ": it is event %s of plan %s" % (found.group(1), m["plan"]) if found else ""


def check_listed(m, files):
    listed = m["files"]
    for i, f in enumerate(files):
        name = f["name"]
        if i >= len(listed) or listed[i]["name"] > name:
            raise Refused("the file %s is not in the manifest" % name)
        if listed[i]["name"] != name:
            raise Refused("a file that the manifest lists before %s is missing%s" % (name, name_of(m, listed[i]["name"])))
        if listed[i]["size"] != f["size"] or listed[i]["sha256"] != f["sha256"]:
            raise Refused("the file %s is not the one that the manifest lists%s" % (name, name_of(m, name)))
    if len(listed) > len(files):
        raise Refused("a file that the manifest lists last is missing%s" % name_of(m, listed[len(files)]["name"]))


def check_files(m, c):
    check_listed(m, c.files[1:])
    known = set()
    for name in ("checkpoint", "key", "verify.sh", "report.html", "timeline.csv", "timeline.json"):
        known.add(name)
        if name not in c.named:
            raise Refused("the file %s is missing" % name)
    for s in slots(m):
        for name in (s["leaf"], s["proof"]):
            known.add(name)
            if name not in c.named:
                raise Refused("%s is missing: there is no file %s" % (s["name"], name))
        known.add(s["texts"])
    for d in m["documents"]:
        if not d["name"].startswith("files/") or d["name"] in known or d["name"] not in c.named:
            raise Refused("manifest.json names a document that is not in the bundle")
        known.add(d["name"])
    for f in c.files[1:]:
        if f["name"] not in known:
            raise Refused("the file %s does not belong into a bundle" % f["name"])


# --- keys, notes, checkpoints, proofs ---

NOT_KEYS = "the key file is not a list of verifier keys, the log's first"


def parse_key(line):
    parts = line.split("+", 2)
    if len(parts) != 3 or not match(KEY_NAME, parts[0]):
        return None
    raw = decode64(parts[2])
    if raw is None or len(raw) != 33 or raw[0] not in (1, 4):
        return None
    if hashlib.sha256(parts[0].encode() + b"\n" + raw).digest()[:4].hex() != parts[1]:
        return None
    return {"id": parts[0] + "+" + parts[1], "alg": raw[0], "public": raw[1:], "name": parts[0], "text": line}


def parse_keys(b):
    text, keys = b.decode("latin-1"), []
    if not text.endswith("\n"):
        raise Refused(NOT_KEYS)
    for line in text[:-1].split("\n"):
        k = parse_key(line)
        if k is None or k["id"] in [o["id"] for o in keys] or len(keys) == 100:
            raise Refused(NOT_KEYS)
        keys.append(k)
    if keys[0]["alg"] != 1:
        raise Refused(NOT_KEYS)
    return keys


def ed25519(public, message, signature):
    if len(signature) != 64:
        return False
    der = bytes.fromhex("302a300506032b6570032100") + public
    pem = "-----BEGIN PUBLIC KEY-----\n" + b64(der) + "\n-----END PUBLIC KEY-----\n"
    with tempfile.TemporaryDirectory() as d:
        for name, content in (("key", pem.encode()), ("message", message), ("signature", signature)):
            with open(os.path.join(d, name), "wb") as f:
                f.write(content)
        args = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key", "-rawin", "-in", "message", "-sigfile", "signature"]
        return subprocess.run(args, cwd=d, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def self_test():
    """An openssl that can't do Ed25519 must not read as a wrong signature: try test 2 of RFC 8032, section 7.1."""
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    sig = bytes.fromhex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
    if not ed25519(public, b"\x72", sig) or ed25519(public, b"\x73", sig):
        sys.exit(fail("this openssl can't check Ed25519 signatures: openssl 3 is needed"))


def clean(s):
    return all(c >= " " or c == "\n" for c in s)


def split_note(msg):
    bad = Refused("the checkpoint is not a signed note")
    try:
        s = msg.decode("utf-8")
    except ValueError:
        raise bad
    at, sigs = s.rfind("\n\n"), []
    if at < 0 or not clean(s) or not s.endswith("\n") or len(s) == at + 2:
        raise bad
    for line in s[at + 2:-1].split("\n"):
        if not line.startswith("\u2014 "):
            raise bad
        name, space, text = line[2:].partition(" ")
        raw = decode64(text)
        if not space or raw is None or len(raw) < 5 or not match(KEY_NAME, name):
            raise bad
        sigs.append((name + "+" + raw[:4].hex(), raw[4:]))
    if len(sigs) > 100:
        raise bad
    return s[:at + 1], sigs


def check_signatures(text, sigs, keys):
    signed, cosigned = set(), ""
    for who, sig in sigs:
        found = [k for k in keys if k["id"] == who]
        if not found or who in signed:
            raise Refused("the checkpoint has a signature of %s that is given twice, or by a key that is not in the bundle" % who)
        signed.add(who)
        k, message, t = found[0], text.encode(), None
        wrong = Refused("the signature of %s on the checkpoint is wrong: the checkpoint was changed, or another key signed it" % who)
        if k["alg"] == 4:
            if len(sig) != 72 or sig[0] > 127:
                raise wrong
            t = struct.unpack(">Q", sig[:8])[0]
            message, sig = b"cosignature/v1\ntime %d\n" % t + message, sig[8:]
        if not ed25519(k["public"], message, sig):
            raise wrong
        if t is not None:
            if t >= 253402300800:
                raise Refused("the signature of %s on the checkpoint states an impossible time" % who)
            cosigned += ", seen by %s at %s" % (who, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t)))
    if keys[0]["id"] not in signed:
        raise Refused("the checkpoint is not signed by %s" % keys[0]["id"])
    return cosigned


def parse_checkpoint(text):
    lines = text[:-1].split("\n")
    size = parse_size(lines[1]) if len(lines) > 2 else None
    root = parse_hash(lines[2]) if len(lines) > 2 else None
    if not match(KEY_NAME, lines[0]) or size is None or root is None or "" in lines:
        raise Refused("what is signed is not a checkpoint")
    return {"origin": lines[0], "size": size, "root": root}


def parse_proof(data):
    """The index, the path and the checkpoint of a proof; None if it is none, or one with extra data."""
    head, gap, checkpoint = data.partition(b"\n\n")
    lines = head.decode("latin-1").split("\n")
    if not gap or not checkpoint or lines[0] != "c2sp.org/tlog-proof@v1" or len(lines) < 2 or not lines[1].startswith("index "):
        return None
    index, path = parse_size(lines[1][6:]), [parse_hash(line) for line in lines[2:]]
    if index is None or None in path or len(path) > 63:
        return None
    return index, path, checkpoint


def leaf_hash(leaf):
    return hashlib.sha256(b"\0" + leaf).digest()


def root_of(index, size, h, path):
    """The root that a path leads to (RFC 9162, 2.1.3.2); None if it is of the wrong length."""
    if index >= size:
        return None
    n, last = index, size - 1
    for p in path:
        if last == 0:
            return None
        if n & 1 or n == last:
            h = hashlib.sha256(b"\1" + p + h).digest()
            while n & 1 == 0 and n:
                n, last = n >> 1, last >> 1
        else:
            h = hashlib.sha256(b"\1" + h + p).digest()
        n, last = n >> 1, last >> 1
    return h if last == 0 else None


# --- events ---

def parse_event(leaf):
    doc = parse_object(leaf)
    e = {k: doc.get(k) for k in ("source", "type", "planseq", "data")}
    for k in ("source", "type", "planseq"):
        if not isinstance(e[k], str) or isinstance(e[k], Number):
            raise Refused("is not an event: its source, type, planseq or data is not there")
    if not isinstance(e["data"], dict):
        raise Refused("is not an event: its source, type, planseq or data is not there")
    e["prev"] = None
    if "prev" in doc:
        e["prev"] = None if isinstance(doc["prev"], Number) else parse_hash(doc["prev"])
        if e["prev"] is None:
            raise Refused("is not an event: its prev is not a hash")
    e["digests"] = digests(e["data"])
    return e


def digests(data):
    if "_sd" not in data:
        return []
    all_, out = data["_sd"], []
    bad = Refused("has digests of texts that can't be checked")
    if not isinstance(all_, list) or data.get("_sd_alg") != "sha-256":
        raise bad
    for d in all_:
        if isinstance(d, Number) or not match(r"[A-Za-z0-9_-]{43}", d) or d in out:
            raise bad
        out.append(d)
    return out


def seq(planseq):
    if isinstance(planseq, Number) or not match("[0-9]{20}", planseq) or int(planseq) >= 2**63:
        return 0
    return int(planseq)


def plain_seq(planseq):
    return str(seq(planseq)) if seq(planseq) > 0 else "?"


def printable(source):
    return source if match(SOURCE, source) else "another source"


def when(leaf):
    found = re.search(rb'"recordedtime":"([0-9TZ:.-]{1,40})"', leaf)
    return ", recorded " + found.group(1).decode() + "," if found else ""


def check_disclosures(e, lines):
    seen = set()
    for enc in lines:
        b = decode_url64(enc)
        not_one = Refused("comes with a text that is not a disclosure: want the base64url of a JSON array of salt, name and value")
        try:
            parts = parse_json(b, 1) if b is not None else None
        except ValueError:
            parts = None
        if not isinstance(parts, list) or len(parts) != 3:
            raise not_one
        if any(not isinstance(p, str) or isinstance(p, Number) for p in parts):
            raise not_one
        if len(re.sub("[\ud800-\udfff]", "\ufffd", parts[0]).encode()) < 22:
            raise Refused("comes with a text that is a disclosure with a salt of less than 128 bits: it could be guessed")
        if url64(hashlib.sha256(enc.encode()).digest()) not in e["digests"]:
            raise Refused("comes with a text that it was not recorded with: no digest in the event fits it")
        name = re.sub("[\ud800-\udfff]", "\ufffd", parts[1])
        if name in e["data"] or name in seen or name.startswith("_sd") or name == "...":
            raise Refused("comes with a text whose name is already taken")
        seen.add(name)
    return len(lines)


# --- the checks, in their order ---

class Verification:
    def __init__(self, f, trusted):
        self.f, self.trusted = f, trusted

    def container(self):
        self.c = Container(self.f)
        self.m = parse_manifest(self.c.read("manifest.json"))
        check_files(self.m, self.c)
        self.slots = slots(self.m)
        return "%d files, none added, none missing" % len(self.c.files)

    def signature(self):
        keys = parse_keys(self.c.read("key"))
        self.key = keys[0]
        if self.trusted and self.key["text"] not in self.trusted:
            raise Refused("the bundle's key %s is not one that you trust" % self.key["id"])
        self.signed = self.c.read("checkpoint")
        self.text, sigs = split_note(self.signed)
        return "the checkpoint is signed by " + self.key["id"] + check_signatures(self.text, sigs, keys)

    def root(self):
        self.checkpoint = k = parse_checkpoint(self.text)
        if self.key["name"] != k["origin"]:
            raise Refused("the checkpoint is of the log %s, the key of %s" % (k["origin"], self.key["name"]))
        for s in self.slots:
            leaf, p = self.c.read(s["leaf"]), parse_proof(self.c.read(s["proof"]))
            if p is None:
                raise Refused("%s%s has no readable proof" % (s["name"], when(leaf)))
            if p[2] != self.signed:
                raise Refused("%s%s has a proof for another checkpoint" % (s["name"], when(leaf)))
        return "all proofs are for the root %s of %d events in the log %s" % (b64(k["root"]), k["size"], k["origin"])

    def each(self, f):
        for i, s in enumerate(self.slots):
            leaf, p = self.c.read(s["leaf"]), parse_proof(self.c.read(s["proof"]))
            try:
                f(i, leaf, p[0], p[1])
            except Refused as e:
                raise Refused("%s%s %s" % (s["name"], when(leaf), e))

    def inclusion(self):
        def one(i, leaf, index, path):
            if root_of(index, self.checkpoint["size"], leaf_hash(leaf), path) != self.checkpoint["root"]:
                raise Refused("is not in the signed tree at index %d: the event, its place or its proof was changed" % index)

        self.each(one)
        return "%d events are in that tree" % len(self.slots)

    def completeness(self):
        source, last = self.m["source"], self.m["last"]
        at = {"seq": 0, "index": 0, "head": None}

        def one(i, leaf, index, path):
            e = parse_event(leaf)
            n = at["seq"] + 1
            if i < last:
                if e["source"] != source:
                    raise Refused("is of %s, not of %s" % (printable(e["source"]), source))
                if seq(e["planseq"]) != n:
                    raise Refused("says that it is number %s of its plan, not %d: an event before it is missing, or the order was changed"
                                  % (plain_seq(e["planseq"]), n))
                if n == 1 and e["prev"] is not None:
                    raise Refused("is number 1 and yet names an event before it")
                if n > 1 and e["prev"] != at["head"]:
                    raise Refused("does not follow event %d: it was recorded after another one, so an event was altered, replaced or left out here"
                                  % at["seq"])
                if n > 1 and index <= at["index"]:
                    raise Refused("lies before event %d in the log" % at["seq"])
                at.update(seq=n, index=index, head=leaf_hash(leaf))
            elif i == last:
                self.head(e, index, at)

        self.each(one)
        later = self.checkpoint["size"] - 1 - self.head_index
        return ("events 1 to %d follow each other, and the issuing event%s says that there were no more; the log went on from there with %d events of any plan"
                % (last, when(self.c.read("head.json")), later))

    def head(self, e, index, at):
        if e["type"] != HEAD_TYPE:
            raise Refused("does not issue a bundle: it is an event of another type")
        d = e["data"]
        numbers = [parse_size(d.get(k)) if isinstance(d.get(k), Number) else None for k in ("head_seq", "head_at")]
        texts = [d.get(k) if isinstance(d.get(k), str) and not isinstance(d.get(k), Number) else None for k in ("head", "contents")]
        if None in numbers + texts:
            raise Refused("does not state where the plan ends and what the bundle holds")
        self.contents, self.head_index = texts[1], index
        if e["source"] != self.m["source"]:
            raise Refused("is of %s, not of %s" % (printable(e["source"]), self.m["source"]))
        if numbers[0] != at["seq"]:
            raise Refused("states that the plan ends with event %d, these end with event %d: events are missing at the end, or the statement is of another day"
                          % (numbers[0], at["seq"]))
        if texts[0] != b64(at["head"]) or numbers[1] != at["index"] + 1:
            raise Refused("states another last event than event %d" % at["seq"])
        if seq(e["planseq"]) != at["seq"] + 1 or e["prev"] != at["head"]:
            raise Refused("does not follow event %d" % at["seq"])
        if index <= at["index"]:
            raise Refused("lies before event %d in the log" % at["seq"])

    def disclosures(self):
        count = {"shown": 0, "all": 0}

        def one(i, leaf, index, path):
            e = parse_event(leaf)
            count["all"] += len(e["digests"])
            if self.slots[i]["texts"] in self.c.named:
                text = self.c.read(self.slots[i]["texts"]).decode("latin-1")
                if not text.endswith("\n"):
                    raise Refused("comes with a list of texts that was cut short")
                count["shown"] += check_disclosures(e, text[:-1].split("\n"))

        self.each(one)
        return "%d texts are as recorded, %d are not in the bundle (erased, or not for its reader)" % (count["shown"], count["all"] - count["shown"])

    def documents(self):
        for d in self.m["documents"]:
            leaf, f = self.c.read(event_slot(self.m, d["event"])["leaf"]), self.c.named[d["name"]]
            data = parse_event(leaf)["data"]
            size = data.get("size")
            if isinstance(data.get("sha256"), Number) or data.get("sha256") != f["sha256"] or not isinstance(size, Number) or size != str(f["size"]):
                raise Refused("%s is not the document that event %d of plan %s%s records" % (d["name"], d["event"], self.m["plan"], when(leaf)))
        lines = "".join("%s %d %s\n" % (f["sha256"], f["size"], f["name"]) for f in self.c.files if is_sealed(f["name"]))
        if b64(hashlib.sha256(lines.encode()).digest()) != self.contents:
            raise Refused("the report, the timeline, the script, a document or an event of another history is not the one that the issuing event seals")
        return ("the report, the timeline, %d documents and %d events of other histories are as issued"
                % (len(self.m["documents"]), self.m["related"]))


def verify(path, trusted):
    with open(path, "rb") as f:
        v, failed = Verification(f, trusted), None
        for name, run in (("container", v.container), ("signature", v.signature), ("root", v.root), ("inclusion", v.inclusion),
                          ("completeness", v.completeness), ("disclosures", v.disclosures), ("files", v.documents)):
            if failed:
                print("%-6s  %s" % ("-", name))
                continue
            try:
                print("%-6s  %s: %s" % ("ok", name, run()))
            except Refused as e:
                failed = name
                print("%-6s  %s: %s" % ("FAILED", name, e))
    if failed:
        print("REFUSED at " + failed)
    elif trusted:
        print("VERIFIED: plan %s, complete from event 1 to %d" % (v.m["plan"], v.m["last"]))
    else:
        print("VERIFIED: plan %s, complete from event 1 to %d, if the log's key is %s: compare it with what you were told elsewhere"
              % (v.m["plan"], v.m["last"], v.key["id"]))
    return not failed


def fail(message):
    print(message, file=sys.stderr)
    return 2


def main(args):
    trusted = []
    while args and args[0] == "--key":
        if len(args) < 2:
            return fail("--key needs a file")
        with open(args[1]) as f:
            trusted += [line.strip() for line in f if line.strip()]
        if not trusted:
            return fail("there is no key in " + args[1])
        args = args[2:]
    if not args or args[0].startswith("-"):
        return fail("usage: sh verify.sh [--key FILE] BUNDLE.zip ...")
    self_test()
    good = True
    for path in args:
        if len(args) > 1:
            print("== " + path)
        good = verify(path, trusted) and good
    return 0 if good else 1


try:
    sys.exit(main(sys.argv[1:]))
except OSError as e:
    sys.exit(fail(str(e)))
PYTHON

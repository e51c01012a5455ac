# Runs after the functions of the guide's chapter: checks them against the frozen vectors.
import json, sys

with open(sys.argv[1], encoding="utf-8") as file:
    vectors = json.load(file)

AS_BYTES = {
    "str": lambda value: value.encode(),
    "bytes": bytes.fromhex,
    "u64": lambda value: int(value).to_bytes(8, "little"),
    "u128": lambda value: int(value).to_bytes(16, "little"),
}

def key_of(case):
    return derive(bytes.fromhex(case["secret"]), case["purpose"], case["salt"], case["label"])

def unit_of(case):
    return AS_BYTES[case["unit"]["kind"]](case["unit"]["value"])

CHECKS = {
    "derive": lambda case: key_of(case).hex() == case["key"],
    "point": lambda case: point(key_of(case), unit_of(case)) == int(case["point"]),
    "share": lambda case: in_share(int(case["point"]), case["nanos"]) == case["in"],
    "split": lambda case: arm(int(case["point"]), case["weights"]) == case["arm"],
}

for section, check in CHECKS.items():
    cases = vectors[section]
    passed = sum(check(case) for case in cases)
    print(f"{section}: {passed}/{len(cases)}")
    if not cases or passed < len(cases):
        sys.exit(f"{section}: the guide's functions differ from the vectors")

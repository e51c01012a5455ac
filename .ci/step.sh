# What .ci/run and .ci/release share; read by both, not run.

log=$(mktemp)
trap 'rm -f "$log"' EXIT
failed=()

# Runs one step quietly, up to its first command that fails. A failure shows the end of what the
# step said, and ends the script unless that has set `go_on`. The figures at the end of the line
# are those of all test runners, or what a step says itself in lines that begin with `figures:`.
step() {
    local name=$1 started=$SECONDS status
    shift
    # Not as a condition: there bash would go on after a command of "$@" that fails.
    set +e
    (
        set -e
        "$@"
    ) >"$log" 2>&1
    status=$?
    set -e
    if [ $status -ne 0 ]; then
        echo "FAILED: $name ($*)"
        tail -n 120 "$log"
        # The whole of it, as a fault may stand hours before the end.
        mkdir -p target/failed
        cp "$log" "target/failed/${name//[^a-z0-9]/-}.log"
        failed+=("$name")
        [ -n "${go_on:-}" ] || exit 1
        return 0
    fi
    printf '%-46s %5ds' "$name" $((SECONDS - started))
    awk '/^test result:/ { passed += $4; failed += $6; ignored += $8; found = 1 }
         / tests run: / { for (i = 1; i < NF; i++) {
             if ($(i + 1) ~ /^passed/) { passed += $i; found = 1 }
             if ($(i + 1) ~ /^failed/) failed += $i
             if ($(i + 1) ~ /^skipped/) ignored += $i } }
         /^figures: / { sub(/^figures: /, ""); said = said (said == "" ? "   " : "; ") $0 }
         END { if (found) printf "   %d passed, %d failed, %d ignored", passed, failed, ignored
               printf "%s", said }' "$log"
    echo
}

#!/bin/sh

# The tests that docs/oauth.md names exist: each `file`: title of its tables.

cd "${1:-$(dirname "$0")/..}" || exit 1

n=0
failed=0

# a line each: file and title, with a tab between them
named() {
    awk -F ' [|] ' '/^[|] [0-9]/ {
        gsub(/ *[|]$/, "", $4)
        count = split($4, parts, "<br>")

        for (i = 1; i <= count; i++) {
            if (match(parts[i], /^`[^`]*`: /)) {
                print substr(parts[i], 2, RLENGTH - 4) "\t" \
                      substr(parts[i], RLENGTH + 1)
            }
        }
    }' docs/oauth.md | sort -u
}

# What offends, a line each; none is right.
check() {
    n=$((n + 1))

    if [ -z "$2" ]; then
        echo "ok $n - $1"
        return
    fi

    failed=$((failed + 1))
    echo "not ok $n - $1"
    printf '%s\n' "$2" | sed 's/^/# /'
}

check "docs/oauth.md names tests" "$(
    test "$(named | wc -l)" -gt 50 || named)"

check "each row of its tables is shown by a test, or says why not" "$(
    awk -F ' [|] ' '/^[|] [0-9.]+[ ,|]/ && NF >= 4 \
                    && $4 !~ /^`[^`]*\.[tc]`: ./ && $4 !~ /^see / \
                    && $3 !~ /does not apply/' docs/oauth.md)"

# a block of Test::Nginx by its whole title, anything else as a string or a name
check "each test that they name exists" "$(
    named | while IFS="$(printf '\t')" read -r file title; do
        sed -n 's/^=== TEST [0-9]*: //p' "t/$file" | grep -qxF -e "$title" \
            || grep -qF -e "'$title'" -e "\"$title\"" -e "$title(" "t/$file" \
            || echo "t/$file: $title"
    done)"

echo "1..$n"
exit $((failed > 0))

#!/bin/sh

# The form of the source (house style), as far as a machine can judge it.
# Looks at the tree it stands in, or at the one that is given.

cd "${1:-$(dirname "$0")/..}" || exit 1

LC_ALL=C
export LC_ALL

n=0
failed=0

# Prints the files of the tree whose names match an extended expression.
files() {
    find . \( -name .git -o -name build -o -name build-asan -o -name var \
        -o -name node_modules -o -name 'servroot*' \) \
        -prune -o -type f -print | sed 's,^\./,,' | grep -E "$1" | sort
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
    printf '%s\n' "$2" | head -20 | sed 's/^/# /'
}

# Runs awk over C with its strings emptied and its comments removed; the
# program sees "code", and the strings of the line in "text".
code() {
    awk "$1"' {
        line = $0
        code = text = ""

        if (FNR == 1) {
            inside = 0
        }

        while (line != "") {
            if (inside) {
                i = index(line, "*/")

                if (i == 0) {
                    break
                }

                line = substr(line, i + 2)
                inside = 0

            } else if (match(line, /^"([^"\\]|\\.)*"/)) {
                text = text substr(line, 2, RLENGTH - 2) "\n"
                code = code "\"\""
                line = substr(line, RLENGTH + 1)

            } else if (match(line, /^\047([^\047\\]|\\.)[^\047]*\047/)) {
                code = code "\047\047"
                line = substr(line, RLENGTH + 1)

            } else if (substr(line, 1, 2) == "/*") {
                inside = 1
                line = substr(line, 3)

            } else {
                code = code substr(line, 1, 1)
                line = substr(line, 2)
            }
        }

        look()
    }' $(files "$2") /dev/null
}

where='print FILENAME ":" FNR ": " $0'
c='\.[ch]$'
product='^ngx_simrelay_module/.*\.[ch]$'


check "no line of C is over 80 columns" "$(
    awk "length > 80 { $where }" $(files "$c") /dev/null)"

check "no tabs in C" "$(
    awk "/\\t/ { $where }" $(files "$c") /dev/null)"

check "no blanks at the end of a line of C" "$(
    awk "/[ \\r]\$/ { $where }" $(files "$c") /dev/null)"

check "comments in C are /* */" "$(
    code "function look() { if (index(code, \"//\")) { $where } }" "$c")"

check "no file is over 600 lines" "$(
    for file in $(files '\.([ch]|t|sh|awk|sql|pl|pm|js)$'); do
        case $file in
        sql/schema.sql) continue ;;
        esac

        awk -v file="$file" 'END { if (NR > 600) print file ": " NR " lines" }' \
            "$file"
    done)"

check "no function is over 80 lines" "$(
    awk '/^\{$/ { start = FNR }
         /^\}$/ && start { if (FNR - start + 1 > 80) {
                               print FILENAME ":" start ": " FNR - start + 1 \
                                     " lines"
                           }
                           start = 0 }' $(files "$c") /dev/null)"

check "http and handlers allocate from pools alone" "$(
    code "function look() {
              if (code ~ /(^|[^a-z_])(m|c|re)alloc *\\(|[^a-z_]strn?dup *\\(/) {
                  $where
              }
          }" '^ngx_simrelay_module/(http|handlers)/.*\.[ch]$')"

check "no SQL in strings of C" "$(
    code "function look() {
              text = tolower(text)

              if (text ~ /(^|\\n| )select [^\\n]* from / \\
                  || text ~ /(^|\\n) *(select|insert into|delete from) / \\
                  || text ~ /(^|\\n) *update [^\\n]* set /)
              {
                  $where
              }
          }" "$product")"

mark='TO''DO|FIX''ME|XX''X'

check "no marks of what is left to do" "$(
    grep -InEw "$mark" $(files .) /dev/null)"

path='/wo''rk/|/bash_jo''bs|/ro''ot/|/ho''me/|\.\./sha''red'

check "no paths of one machine" "$(
    grep -InE "$path" $(files .) /dev/null)"

check "core includes no nginx, no libpq, no event loop" "$(
    grep -nE '#include +[<"](ngx_|nginx|libpq|postgres|pg_|uv|curl|ares|libwebs)' \
        $(files '^ngx_simrelay_module/core/') /dev/null)"

check "core includes nothing of pg, sidecar or cli" "$(
    grep -nE '#include +"(sr_pg|sr_sql|simrelay)' \
        $(files '^ngx_simrelay_module/core/') /dev/null)"

check "pg includes no nginx, no event loop, nothing of its users" "$(
    grep -nE '#include +[<"](ngx_|nginx|uv|curl|ares|libwebs|simrelay)' \
        $(files '^ngx_simrelay_module/pg/') /dev/null)"

check "http and handlers include nothing of the sidecar" "$(
    grep -nE '#include +[<"](uv|simrelay[d_])' \
        $(files '^ngx_simrelay_module/(http|handlers)/') /dev/null)"

check "folders of the module have names of their own" "$(
    find ngx_simrelay_module -type d | sed 's,.*/,,' | sort | uniq -d)"

echo "1..$n"
exit $((failed > 0))

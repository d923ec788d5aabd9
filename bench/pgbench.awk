# Writes a script for pgbench from files of sql/statements: the segment that a
# request sends, with each parameter as a variable of the script, cast to the
# type that the statement's header names.
#
#   awk [-v pipeline=1] -v digest=... -v message_id=... -f pgbench.awk *.sql
#
# pgbench cannot compute a digest nor a UUID: where -v gives an expression for
# a parameter's name, that stands in its place.

BEGIN {
    given["digest"] = digest
    given["message_id"] = message_id

    if (pipeline) {
        print "\\startpipeline"
    }
}


FNR == 1 {
    if (NR > 1) {
        print ";"
    }

    n = 0
}


/^-- \$[0-9]+ / {
    n++
    value[n] = given[$3] != "" ? given[$3] : "(:" $3 "::" $4 ")"
    next
}


/^--/ || /^$/ {
    next
}


{
    line = ""

    while (match($0, /\$[0-9]+/)) {
        line = line substr($0, 1, RSTART - 1) \
               value[substr($0, RSTART + 1, RLENGTH - 1) + 0]
        $0 = substr($0, RSTART + RLENGTH)
    }

    line = line $0

    # pgbench would take what follows a colon for a variable, in texts too

    gsub(/:MI:SS/, "\":\"MI\":\"SS", line)
    print line
}


END {
    print ";"

    if (pipeline) {
        print "\\endpipeline"
    }
}

# Writes C from sql/statements/*.sql and sql/migrations/*.sql:
#   awk -v out=build -f sql/embed.awk sql/statements/*.sql sql/migrations/*.sql
#
# A statement's header: lines of what it does, then
#   -- for module simrelayd simrelay      who prepares it
#   -- $1 name type                       parameters, in order
#   -- > name type                        columns, in order
# device_submit.sql becomes SR_SQL_DEVICE_SUBMIT with its columns
# SR_DEVICE_SUBMIT_<NAME>.

BEGIN {
    oid["bool"] = 16; oid["bytea"] = 17; oid["int8"] = 20; oid["int2"] = 21
    oid["int4"] = 23; oid["text"] = 25; oid["json"] = 114; oid["float8"] = 701
    oid["bool[]"] = 1000; oid["bytea[]"] = 1001; oid["int4[]"] = 1007
    oid["text[]"] = 1009; oid["int8[]"] = 1016; oid["date"] = 1082
    oid["timestamptz"] = 1184; oid["timestamptz[]"] = 1185
    oid["uuid"] = 2950; oid["uuid[]"] = 2951; oid["jsonb"] = 3802
    oid["pg_snapshot"] = 5038; oid["xid8"] = 5069

    bit["module"] = 1; bit["simrelayd"] = 2; bit["simrelay"] = 4

    c = out "/sr_sql.c"
    h = out "/sr_sql.h"
    nsql = nmig = 0
}


function fail(text)
{
    print FILENAME ":" FNR ": " text > "/dev/stderr"
    failed = 1
    exit 1
}


function quote(line)
{
    gsub(/[\\"]/, "\\\\&", line)
    return "    \"" line "\\n\"\n"
}


FNR == 1 {
    name = FILENAME
    sub(/.*\//, "", name)
    sub(/\.sql$/, "", name)

    migration = FILENAME ~ /migrations\//

    if (migration) {
        if (name !~ /^[0-9][0-9][0-9][0-9]_/) {
            fail("a migration's name begins with its number")
        }

        mname[nmig] = name
        mtext[nmig++] = ""

    } else {
        sname[nsql] = name
        stext[nsql] = ""
        sfor[nsql] = 0
        nparam[nsql] = ncol[nsql] = 0
        nsql++
    }
}


migration {
    mtext[nmig - 1] = mtext[nmig - 1] quote($0)
    next
}


/^-- for / {
    for (i = 3; i <= NF; i++) {
        if (!($i in bit)) {
            fail("unknown user \"" $i "\"")
        }

        if (int(sfor[nsql - 1] / bit[$i]) % 2) {
            fail("user \"" $i "\" is named twice")
        }

        sfor[nsql - 1] += bit[$i]
    }

    next
}


/^-- \$[0-9]+ / {
    n = nparam[nsql - 1]++

    if ($2 != "$" (n + 1) || NF != 4 || !($4 in oid)) {
        fail("a parameter is \"-- $n name type\", in order")
    }

    param[nsql - 1, n] = oid[$4]
    next
}


/^-- > / {
    n = ncol[nsql - 1]++

    if (NF != 4 || !($4 in oid)) {
        fail("a column is \"-- > name type\"")
    }

    col[nsql - 1, n] = $3
    coltype[nsql - 1, n] = oid[$4]
    next
}


/^--/ || /^$/ {
    next
}


{
    stext[nsql - 1] = stext[nsql - 1] quote($0)
}


END {
    if (failed) {
        exit 1
    }

    for (i = 0; i < nsql; i++) {
        if (sfor[i] == 0) {
            print sname[i] ": nobody prepares it: \"-- for\" is missing" \
                  > "/dev/stderr"
            exit 1
        }
    }

    for (i = 0; i < nmig; i++) {
        if (mname[i] + 0 != i + 1) {
            print mname[i] ": migrations are numbered without a gap" \
                  > "/dev/stderr"
            exit 1
        }
    }

    print "/* made by sql/embed.awk */\n\n\n#ifndef SR_SQL_H" > h
    print "#define SR_SQL_H\n\n\n#include <stddef.h>\n\n" > h
    print "enum {\n    SR_SQL_FOR_MODULE = 1,\n    SR_SQL_FOR_SIMRELAYD = 2," > h
    print "    SR_SQL_FOR_SIMRELAY = 4\n};\n\n" > h
    print "typedef enum {" > h

    for (i = 0; i < nsql; i++) {
        print "    SR_SQL_" toupper(sname[i]) "," > h
    }

    print "    SR_SQL_N\n} sr_sql_e;\n" > h

    for (i = 0; i < nsql; i++) {
        if (ncol[i] == 0) {
            continue
        }

        print "\nenum {" > h

        for (n = 0; n < ncol[i]; n++) {
            print "    SR_" toupper(sname[i]) "_" toupper(col[i, n]) \
                  (n + 1 < ncol[i] ? "," : "") > h
        }

        print "};" > h
    }

    print "\n\ntypedef struct {\n    const char          *name;" > h
    print "    const char          *text;" > h
    print "    int                  users;" > h
    print "    int                  nparams;" > h
    print "    const unsigned int  *params;        /* type oids */" > h
    print "    int                  ncolumns;" > h
    print "    const unsigned int  *columns;       /* type oids */" > h
    print "} sr_sql_t;\n" > h
    print "typedef struct {\n    int                  version;" > h
    print "    const char          *name;" > h
    print "    const char          *text;\n} sr_migration_t;\n\n" > h
    print "extern const sr_sql_t        sr_sql[SR_SQL_N];\n" > h
    print "/* ended by a row without a name */" > h
    print "extern const sr_migration_t  sr_migrations[];\n" > h
    print "/* the newest migration, the schema that this build knows */" > h
    print "#define SR_SCHEMA_VERSION  " nmig "\n\n" > h
    print "#endif /* SR_SQL_H */" > h

    print "/* made by sql/embed.awk */\n\n\n#include \"sr_sql.h\"\n\n" > c

    for (i = 0; i < nsql; i++) {
        printf "static const unsigned int  sr_sql_params_%d[] = { ", i > c

        for (n = 0; n < nparam[i]; n++) {
            printf "%d, ", param[i, n] > c
        }

        printf "0 };\nstatic const unsigned int  sr_sql_columns_%d[] = { ", i > c

        for (n = 0; n < ncol[i]; n++) {
            printf "%d, ", coltype[i, n] > c
        }

        print "0 };" > c
    }

    print "\n\nconst sr_sql_t  sr_sql[SR_SQL_N] = {" > c

    for (i = 0; i < nsql; i++) {
        printf "    { \"%s\",\n%s    , %d, %d, sr_sql_params_%d, %d, " \
               "sr_sql_columns_%d },\n", sname[i], stext[i], sfor[i],
               nparam[i], i, ncol[i], i > c
    }

    print "};\n\n\nconst sr_migration_t  sr_migrations[] = {" > c

    for (i = 0; i < nmig; i++) {
        printf "    { %d, \"%s\",\n%s    },\n", i + 1, mname[i], mtext[i] > c
    }

    print "    { 0, NULL, NULL }\n};" > c
}

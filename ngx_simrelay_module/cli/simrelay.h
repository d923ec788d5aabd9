
/*
 * simrelay, the command line tool: what its parts share.
 */


#ifndef SIMRELAY_H
#define SIMRELAY_H


#include <stdio.h>
#include <stdlib.h>

#include "sr_limits.h"
#include "sr_pg.h"
#include "sr_pg_value.h"
#include "sr_seal.h"
#include "sr_time.h"
#include "sr_token.h"


#define SIMRELAY_OPTIONS   16

/* exit codes */

#define SIMRELAY_DONE      0
#define SIMRELAY_FAILED    1
#define SIMRELAY_USAGE     2

/* what a command needs before its handler runs */

#define SIMRELAY_DATABASE  0x01     /* a connection */
#define SIMRELAY_SCHEMA    0x02     /* with the schema of this build */
#define SIMRELAY_KEYS      0x04     /* the key file */


typedef struct simrelay_s  simrelay_t;


typedef struct {
    const char   *name;             /* without the dashes */
    const char   *value;
} simrelay_option_t;


typedef struct {
    const char   *subject;
    const char   *verb;             /* one word or two; NULL: none */

    /* as help shows them; an option is known if it stands here */
    const char   *args;
    const char   *text;

    int           min;              /* arguments that are no options */
    int           max;
    int           needs;
    int         (*handler)(simrelay_t *s);
} simrelay_command_t;


struct simrelay_s {
    const simrelay_command_t  *command;
    int                        argc;
    char                     **argv;        /* the command's arguments */
    int                        noptions;
    simrelay_option_t          options[SIMRELAY_OPTIONS];

    const char                *database;    /* conninfo */
    const char                *key_file;
    unsigned                   quiet:1;

    PGconn                    *conn;
    sr_seal_t                  seal;
};


extern const simrelay_command_t  simrelay_commands[];


/* Says what went wrong, a sentence; returns SIMRELAY_FAILED. */

int simrelay_fail(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

/* The value of an option, or "otherwise". */

const char *simrelay_option(const simrelay_t *s, const char *name,
    const char *otherwise);

/* An option's or argument's number.  0, or -1, said. */

SR_MUSTCHECK int simrelay_number(const char *text, const char *what,
    int64_t min, int64_t max, int64_t *n);

/* An argument that is an object's id.  0, or -1, said. */

SR_MUSTCHECK int simrelay_id(const simrelay_t *s, int arg, int64_t *id);

/*
 * Reads a line of the standard input, without its end, as text with NUL.  On a
 * terminal "prompt" is shown; with "secret", what is typed is not.  Returns its
 * length, or -1, said.
 */

SR_MUSTCHECK ptrdiff_t simrelay_line(char *dst, size_t size,
    const char *prompt, int secret);

/* Memory that lasts until the end; never NULL. */

void *simrelay_alloc(size_t size);

sr_str_t simrelay_str(const char *text);    /* NULL: no data */


/*
 * Output: a line `name=value`, the value in quotes of the shell where it needs
 * them; with --quiet the value alone.
 */

void simrelay_print(const simrelay_t *s, const char *name, const char *value);
void simrelay_print_id(const simrelay_t *s, const char *name, int64_t id);

/* A value in quotes of the shell, on one line whatever it is. */

void simrelay_quote(const char *value);

/* A line for each row: all columns, or with --quiet the first. */

void simrelay_rows(const simrelay_t *s, const PGresult *res);


/* The database */

/* Connects.  0, or -1, said. */

SR_MUSTCHECK int simrelay_connect(simrelay_t *s);

/* Is the schema the one of this build?  0, or -1, said. */

SR_MUSTCHECK int simrelay_schema(simrelay_t *s);

/* Starts a query of one statement; its parameters are bound by sr_pg_bind_*. */

void simrelay_query(sr_pg_segment_t *q, sr_sql_e sql);

/* Binds a text; NULL is null. */

void simrelay_bind(sr_pg_segment_t *q, const char *text);

/*
 * Runs it.  NULL where it failed, said.  With "unsaid" nothing is said and the
 * failed result is returned.
 */

PGresult *simrelay_run(simrelay_t *s, sr_pg_segment_t *q);
PGresult *simrelay_run_unsaid(simrelay_t *s, sr_pg_segment_t *q);

/*
 * Runs it and prints its rows.  An exit code; where there is no row, "none" is
 * said (NULL: no rows are fine).
 */

int simrelay_answer(simrelay_t *s, sr_pg_segment_t *q, const char *none);

/* The int8 in the first column of its only row, or -1, said. */

int64_t simrelay_run_id(simrelay_t *s, sr_pg_segment_t *q, const char *none);

/* Commands without parameters: transactions, migrations.  0, or -1, said. */

SR_MUSTCHECK int simrelay_exec(simrelay_t *s, const char *text);

/* A person by number or e-mail address; -1, said. */

int64_t simrelay_user(simrelay_t *s, const char *who);


/* Credentials, for the commands and for the seed */

#define SIMRELAY_SHOWN_SIZE  96     /* what is shown of a credential */

typedef struct {
    int             kind;           /* SR_KIND_* */
    int             abilities;
    int64_t         user_id;
    int64_t         organization_id;    /* 0: none */
    const void     *client_id;      /* 16 bytes, or NULL */
    const char     *name;
    const char     *scope;
    int64_t         expires_at;     /* 0: never */
} simrelay_credential_t;

/* Makes one; "shown" is what its owner gets to see.  Its id, or -1, said. */

int64_t simrelay_credential(simrelay_t *s, const simrelay_credential_t *c,
    char *shown);

/* The abilities of a list of permissions, or -1, said. */

int simrelay_abilities(const char *list, const char *what);

/* A password of chance, with NUL.  0, or -1, said. */

#define SIMRELAY_PASSWORD_LEN  20

SR_MUSTCHECK int simrelay_password(char *dst);

/* Makes a webhook with a new secret (with NUL).  Its id, or -1, said. */

int64_t simrelay_webhook(simrelay_t *s, int64_t organization_id,
    const char *name, const char *url, int timeout, int retries,
    char *secret);


/* Commands; each returns an exit code */

int simrelay_help(simrelay_t *s);
int simrelay_migrate(simrelay_t *s);
int simrelay_doctor(simrelay_t *s);
int simrelay_seed(simrelay_t *s);
int simrelay_keyfile_create(simrelay_t *s);
int simrelay_organization_create(simrelay_t *s);
int simrelay_organization_update(simrelay_t *s);
int simrelay_organization_list(simrelay_t *s);
int simrelay_plan_create(simrelay_t *s);
int simrelay_plan_update(simrelay_t *s);
int simrelay_plan_list(simrelay_t *s);
int simrelay_user_create(simrelay_t *s);
int simrelay_user_list(simrelay_t *s);
int simrelay_user_password(simrelay_t *s);
int simrelay_user_disable(simrelay_t *s);
int simrelay_user_enable(simrelay_t *s);
int simrelay_two_factor_enable(simrelay_t *s);
int simrelay_two_factor_disable(simrelay_t *s);
int simrelay_two_factor_codes(simrelay_t *s);
int simrelay_member_add(simrelay_t *s);
int simrelay_member_remove(simrelay_t *s);
int simrelay_team_create(simrelay_t *s);
int simrelay_team_list(simrelay_t *s);
int simrelay_team_add_user(simrelay_t *s);
int simrelay_sim_add(simrelay_t *s);
int simrelay_sim_attach(simrelay_t *s);
int simrelay_sim_detach(simrelay_t *s);
int simrelay_sim_update(simrelay_t *s);
int simrelay_sim_retire(simrelay_t *s);
int simrelay_sim_list(simrelay_t *s);
int simrelay_lock_list(simrelay_t *s);
int simrelay_lock_release(simrelay_t *s);
int simrelay_phone_list(simrelay_t *s);
int simrelay_phone_revoke(simrelay_t *s);
int simrelay_phone_delete(simrelay_t *s);
int simrelay_provider_add(simrelay_t *s);
int simrelay_provider_list(simrelay_t *s);
int simrelay_provider_update(simrelay_t *s);
int simrelay_provider_disable(simrelay_t *s);
int simrelay_provider_enable(simrelay_t *s);
int simrelay_provider_remove(simrelay_t *s);
int simrelay_sms_list(simrelay_t *s);
int simrelay_sms_resend(simrelay_t *s);
int simrelay_sms_settle(simrelay_t *s);
int simrelay_webhook_create(simrelay_t *s);
int simrelay_webhook_list(simrelay_t *s);
int simrelay_webhook_map(simrelay_t *s);
int simrelay_webhook_deliveries(simrelay_t *s);
int simrelay_webhook_redeliver(simrelay_t *s);
int simrelay_webhook_remove(simrelay_t *s);
int simrelay_token_create(simrelay_t *s);
int simrelay_key_create(simrelay_t *s);
int simrelay_client_create(simrelay_t *s);
int simrelay_client_update(simrelay_t *s);
int simrelay_client_revoke(simrelay_t *s);
int simrelay_client_list(simrelay_t *s);
int simrelay_oauth_token_create(simrelay_t *s);
int simrelay_credential_list(simrelay_t *s);
int simrelay_credential_revoke(simrelay_t *s);
int simrelay_device_register(simrelay_t *s);
int simrelay_device_verify(simrelay_t *s);
int simrelay_device_heartbeat(simrelay_t *s);
int simrelay_device_receive(simrelay_t *s);
int simrelay_device_outbox(simrelay_t *s);
int simrelay_device_run(simrelay_t *s);
int simrelay_device_show(simrelay_t *s);
int simrelay_device_config(simrelay_t *s);
int simrelay_device_disable(simrelay_t *s);
int simrelay_device_enable(simrelay_t *s);
int simrelay_device_delete(simrelay_t *s);


#endif /* SIMRELAY_H */

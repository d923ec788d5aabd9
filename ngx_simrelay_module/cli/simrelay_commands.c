
/*
 * The commands of simrelay on one screen, and the help that is made of them.
 */


#include "simrelay.h"
#include "simrelay_demo.h"


#define SIMRELAY_STORE  (SIMRELAY_DATABASE | SIMRELAY_SCHEMA)


static int simrelay_run_demo(simrelay_t *s);


const simrelay_command_t  simrelay_commands[] = {

    { "migrate", NULL, "",
      "brings the database's schema up to this version",
      0, 0, SIMRELAY_DATABASE, simrelay_migrate },

    { "doctor", NULL, "",
      "says what is wrong with an installation and how to mend it",
      0, 0, 0, simrelay_doctor },

    { "keyfile", "create", "FILE",
      "writes a new key file, which only its owner can read",
      1, 1, 0, simrelay_keyfile_create },

    { "organization", "create", "NAME [--plan NAME]",
      "makes an organization",
      1, 1, SIMRELAY_STORE, simrelay_organization_create },

    { "organization", "update", "ORGANIZATION [--name NAME] [--plan NAME]",
      "changes what is given of an organization",
      1, 1, SIMRELAY_STORE, simrelay_organization_update },

    { "organization", "list", "",
      "shows all organizations",
      0, 0, SIMRELAY_STORE, simrelay_organization_list },

    { "plan", "create",
      "NAME --max-devices N --monthly-messages N [--compression on|off] "
      "[--priority-support on|off] [--debug-mode on|off]",
      "makes a plan",
      1, 1, SIMRELAY_STORE, simrelay_plan_create },

    { "plan", "update",
      "PLAN [--name NAME] [--max-devices N] [--monthly-messages N] "
      "[--compression on|off] [--priority-support on|off] "
      "[--debug-mode on|off]",
      "changes what is given of a plan, for all that have it",
      1, 1, SIMRELAY_STORE, simrelay_plan_update },

    { "plan", "list", "",
      "shows all plans",
      0, 0, SIMRELAY_STORE, simrelay_plan_list },

    { "user", "create",
      "EMAIL --name NAME [--organization ID] [--role owner|admin|member] "
      "[--password generate|stdin]",
      "makes a person; reads or makes up the password",
      1, 1, SIMRELAY_STORE, simrelay_user_create },

    { "user", "list", "",
      "shows all persons",
      0, 0, SIMRELAY_STORE, simrelay_user_list },

    { "user", "password", "USER [--password generate|stdin]",
      "gives a person a new password; ends what the old one had opened",
      1, 1, SIMRELAY_STORE, simrelay_user_password },

    { "user", "disable", "USER",
      "shuts a person out, whatever it shows",
      1, 1, SIMRELAY_STORE, simrelay_user_disable },

    { "user", "enable", "USER",
      "lets a person in again",
      1, 1, SIMRELAY_STORE, simrelay_user_enable },

    { "user", "two-factor enable", "USER [--code CODE]",
      "shows a new secret; with a code of it, turns two-factor authentication "
      "on",
      1, 1, SIMRELAY_STORE | SIMRELAY_KEYS, simrelay_two_factor_enable },

    { "user", "two-factor disable", "USER",
      "lets a person sign in by password alone",
      1, 1, SIMRELAY_STORE, simrelay_two_factor_disable },

    { "user", "two-factor recovery-codes", "USER",
      "makes new recovery codes, and ends the old ones",
      1, 1, SIMRELAY_STORE, simrelay_two_factor_codes },

    { "member", "add", "USER ORGANIZATION [--role owner|admin|member]",
      "makes a person a member, or changes its role",
      2, 2, SIMRELAY_STORE, simrelay_member_add },

    { "member", "remove", "USER ORGANIZATION",
      "ends a membership",
      2, 2, SIMRELAY_STORE, simrelay_member_remove },

    { "team", "create", "ORGANIZATION NAME",
      "makes a team",
      2, 2, SIMRELAY_STORE, simrelay_team_create },

    { "team", "list", "ORGANIZATION",
      "shows an organization's teams",
      1, 1, SIMRELAY_STORE, simrelay_team_list },

    { "team", "add-user", "TEAM USER",
      "puts a member of the organization into a team",
      2, 2, SIMRELAY_STORE, simrelay_team_add_user },

    { "sim", "add",
      "NUMBER [--provider seven|twilio|byos] [--account ID] "
      "[--type shared|dedicated|byos] [--max-organizations N]",
      "makes a SIM",
      1, 1, SIMRELAY_STORE, simrelay_sim_add },

    { "sim", "update",
      "SIM [--provider seven|twilio|byos] [--account ID] "
      "[--type shared|dedicated|byos] [--status active|inactive] "
      "[--max-organizations N|any] [--send-interval MS|default]",
      "changes what is given of a SIM",
      1, 1, SIMRELAY_STORE, simrelay_sim_update },

    { "sim", "attach", "SIM ORGANIZATION [--team ID] [--alias TEXT]",
      "gives a SIM to an organization, or changes its team and alias there",
      2, 2, SIMRELAY_STORE, simrelay_sim_attach },

    { "sim", "detach", "SIM ORGANIZATION",
      "takes a SIM from an organization",
      2, 2, SIMRELAY_STORE, simrelay_sim_detach },

    { "sim", "retire", "SIM",
      "ends a SIM for good; its messages stay, its number may come again",
      1, 1, SIMRELAY_STORE, simrelay_sim_retire },

    { "sim", "list", "",
      "shows all SIMs",
      0, 0, SIMRELAY_STORE, simrelay_sim_list },

    { "phone", "list", "[--organization ID]",
      "shows the phones that people have registered",
      0, 0, SIMRELAY_STORE, simrelay_phone_list },

    { "phone", "revoke", "PHONE",
      "ends a phone for good; its numbers are free",
      1, 1, SIMRELAY_STORE, simrelay_phone_revoke },

    { "phone", "delete", "PHONE",
      "removes a phone and its SIMs, for an owner who cannot; messages stay",
      1, 1, SIMRELAY_STORE, simrelay_phone_delete },

    { "lock", "list", "[--sim ID] [--organization ID] [--since TIME]",
      "shows who held which SIM when",
      0, 0, SIMRELAY_STORE, simrelay_lock_list },

    { "lock", "release", "SIM",
      "ends a lock, whoever holds it",
      1, 1, SIMRELAY_STORE, simrelay_lock_release },

    { "provider", "add", "seven|twilio --name ACCOUNT [--secrets FILE]",
      "makes an account at a provider; reads its key, or auth token, and on a "
      "second line seven.io's signing secret",
      1, 1, SIMRELAY_STORE | SIMRELAY_KEYS, simrelay_provider_add },

    { "provider", "list", "",
      "shows all accounts at providers",
      0, 0, SIMRELAY_STORE, simrelay_provider_list },

    { "provider", "update", "ACCOUNT-ID [--secrets FILE]",
      "reads an account's secrets anew",
      1, 1, SIMRELAY_STORE | SIMRELAY_KEYS, simrelay_provider_update },

    { "provider", "disable", "ACCOUNT-ID",
      "lets an account send no more; its SMS wait",
      1, 1, SIMRELAY_STORE, simrelay_provider_disable },

    { "provider", "enable", "ACCOUNT-ID",
      "lets it send again",
      1, 1, SIMRELAY_STORE, simrelay_provider_enable },

    { "provider", "remove", "ACCOUNT-ID",
      "removes an account that no SMS waits for",
      1, 1, SIMRELAY_STORE, simrelay_provider_remove },

    { "sms", "list",
      "[--state queued|leased|accepted|unconfirmed|ended]",
      "shows SMS that go by providers and phones; without --state, those of "
      "which nobody knows whether they were sent",
      0, 0, SIMRELAY_STORE, simrelay_sms_list },

    { "sms", "resend", "ORGANIZATION.MESSAGE",
      "sends one again that is unconfirmed or has failed",
      1, 1, SIMRELAY_STORE, simrelay_sms_resend },

    { "sms", "settle", "ORGANIZATION.MESSAGE sent|failed",
      "says what became of one that is unconfirmed",
      2, 2, SIMRELAY_STORE, simrelay_sms_settle },

    { "webhook", "create",
      "ORGANIZATION URL [--name NAME] [--timeout SECONDS] [--retries N]",
      "makes a webhook integration, and shows its secret this once",
      2, 2, SIMRELAY_STORE | SIMRELAY_KEYS, simrelay_webhook_create },

    { "webhook", "list", "ORGANIZATION",
      "shows an organization's webhook integrations",
      1, 1, SIMRELAY_STORE, simrelay_webhook_list },

    { "webhook", "map", "WEBHOOK TEAM [--mode always|lock_required]",
      "forwards what a team receives",
      2, 2, SIMRELAY_STORE, simrelay_webhook_map },

    { "webhook", "deliveries",
      "WEBHOOK [--status pending|delivered|failed] [--limit N]",
      "shows the newest deliveries",
      1, 1, SIMRELAY_STORE, simrelay_webhook_deliveries },

    { "webhook", "redeliver", "WEBHOOK [DELIVERY] [--since TIME]",
      "sends a delivery again, or all that failed and were made since a time",
      1, 2, SIMRELAY_STORE, simrelay_webhook_redeliver },

    { "webhook", "remove", "WEBHOOK",
      "removes a webhook integration",
      1, 1, SIMRELAY_STORE, simrelay_webhook_remove },

    { "token", "create", "USER [--name NAME]",
      "makes a personal access token",
      1, 1, SIMRELAY_STORE, simrelay_token_create },

    { "key", "create", "USER ORGANIZATION NAME [--permissions A,B]",
      "makes an API key; without --permissions with all of them",
      3, 3, SIMRELAY_STORE, simrelay_key_create },

    { "client", "create", "NAME REDIRECT-URI... [--scopes A,B]",
      "makes an OAuth2 client; without --scopes, for mobile:device",
      2, 17, SIMRELAY_STORE, simrelay_client_create },

    { "client", "update",
      "CLIENT [REDIRECT-URI...] [--name NAME] [--scopes A,B]",
      "changes what is given of an OAuth2 client",
      1, 17, SIMRELAY_STORE, simrelay_client_update },

    { "client", "revoke", "CLIENT",
      "ends an OAuth2 client and all that it was given",
      1, 1, SIMRELAY_STORE, simrelay_client_revoke },

    { "client", "list", "",
      "shows all OAuth2 clients",
      0, 0, SIMRELAY_STORE, simrelay_client_list },

    { "oauth-token", "create", "USER CLIENT [--scope SCOPES] [--days N]",
      "makes an OAuth2 access token, of scope mobile:device",
      2, 2, SIMRELAY_STORE, simrelay_oauth_token_create },

    { "credential", "list", "USER",
      "shows a person's tokens and keys",
      1, 1, SIMRELAY_STORE, simrelay_credential_list },

    { "credential", "revoke", "ID",
      "ends a token or key at once",
      1, 1, SIMRELAY_STORE, simrelay_credential_revoke },

    { "device", "register",
      "FILE [--url URL] [--token-file FILE] [--slots 1,2] [--name NAME] "
      "[--model MODEL]",
      "a phone to develop with: registers it at a server, and keeps in FILE "
      "what it has to know",
      1, 1, 0, simrelay_device_register },

    { "device", "verify", "FILE --number NUMBER [--slot N] [--url URL]",
      "proves a card's number, by a call that only the server's own Twilio "
      "token can sign: for development only",
      1, 1, 0, simrelay_device_verify },

    { "device", "heartbeat", "FILE [--battery N] [--signal N] [--doze]",
      "gives a sign of life",
      1, 1, 0, simrelay_device_heartbeat },

    { "device", "receive",
      "FILE --from SENDER --text TEXT [--slot N] [--received-at TIME] "
      "[--message-id UUID]",
      "submits an SMS that the phone got",
      1, 1, 0, simrelay_device_receive },

    { "device", "outbox",
      "FILE [--answer sent|delivered|failed] [--error TEXT]",
      "sends what the server wants sent, and tells it: sent, then delivered",
      1, 1, 0, simrelay_device_outbox },

    { "device", "run",
      "FILE [--battery N] [--signal N] [--doze] [--heartbeat-seconds N]",
      "is a phone until it is interrupted; reads SMS, lines of \"[slot=N] "
      "[at=TIME] SENDER TEXT\"",
      1, 1, 0, simrelay_device_run },

    { "device", "show", "FILE",
      "shows what the server knows of the phone",
      1, 1, 0, simrelay_device_show },

    { "device", "config", "FILE",
      "shows what the server tells the phone to do",
      1, 1, 0, simrelay_device_config },

    { "device", "disable", "FILE",
      "stops it from receiving and sending",
      1, 1, 0, simrelay_device_disable },

    { "device", "enable", "FILE",
      "lets it again",
      1, 1, 0, simrelay_device_enable },

    { "device", "delete", "FILE",
      "ends the phone at the server, and removes FILE",
      1, 1, 0, simrelay_device_delete },

    { "seed", NULL, "",
      "makes two demo organizations and prints what they hold, for a shell",
      0, 0, SIMRELAY_STORE | SIMRELAY_KEYS, simrelay_seed },

    { "demo", NULL, "",
      "plays an SMS through a running server that SIMRELAY_* variables name",
      0, 0, 0, simrelay_run_demo },

    { "help", NULL, "",
      "shows this",
      0, 0, 0, simrelay_help },

    { NULL, NULL, NULL, NULL, 0, 0, 0, NULL }
};


int
simrelay_help(simrelay_t *s)
{
    const simrelay_command_t  *c;

    (void) s;

    printf("usage: simrelay [-d CONNINFO] [-k KEY-FILE] [-q] COMMAND ...\n\n"
           "  -d, --database   the database, else SIMRELAY_DATABASE_URL\n"
           "  -k, --key-file   the key file, else SIMRELAY_KEY_FILE\n"
           "  -q, --quiet      values alone, without their names\n\n"
           "A USER is an id or an e-mail address, a PLAN a name; the others"
           " are ids.\n");

    for (c = simrelay_commands; c->subject != NULL; c++) {
        printf("\n  %s%s%s %s\n      %s\n", c->subject,
               c->verb != NULL ? " " : "", c->verb != NULL ? c->verb : "",
               c->args, c->text);
    }

    return SIMRELAY_DONE;
}


/* it takes all that it needs from the environment */

static int
simrelay_run_demo(simrelay_t *s)
{
    char  *argv[] = { "demo", NULL };

    (void) s;

    return simrelay_demo(1, argv);
}

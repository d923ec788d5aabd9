
/*
 * What mails say: a row a kind.
 */


#include "simrelayd_mail_text.h"
#include "simrelayd_mime.h"
#include "sr_limits.h"


static void simrelayd_mail_replace(sr_buf_t *b, const char *name, size_t len,
    const simrelayd_mail_params_t *p);
static void simrelayd_mail_clean(sr_buf_t *b, sr_str_t s);
static int simrelayd_mail_is(const char *name, size_t len, const char *known);


const simrelayd_mail_kind_t  simrelayd_mail_kinds[] = {

    { "password_reset",
      "A new password for SimRelay",
      "/reset-password#token=",
      "{greeting}\n"
      "\n"
      "somebody asked for a new password for your account of SimRelay\n"
      "({public_url}). If it was you, choose it here:\n"
      "\n"
      "{link}\n"
      "\n"
      "The link works once, and for 30 minutes.\n"
      "\n"
      "If it was not you, there is nothing to do: your password stays as it\n"
      "is.\n" },

    { "password_changed",
      "Your SimRelay password was changed",
      NULL,
      "{greeting}\n"
      "\n"
      "the password of your account of SimRelay ({public_url})\n"
      "was changed.\n"
      "\n"
      "If it was not you, ask for a new one now, and then look in your\n"
      "settings for what is connected to your account:\n"
      "\n"
      "{public_url}/forgot-password\n" },

    { "two_factor_enabled",
      "Two-factor authentication is on",
      NULL,
      "{greeting}\n"
      "\n"
      "from now on, whoever signs in to your account of SimRelay\n"
      "({public_url}) is asked for a code, too.\n"
      "\n"
      "If it was not you who turned this on, ask for a new password now, and\n"
      "tell whoever runs this service:\n"
      "\n"
      "{public_url}/forgot-password\n" },

    { "two_factor_disabled",
      "Two-factor authentication is off",
      NULL,
      "{greeting}\n"
      "\n"
      "from now on, the password alone is enough to sign in to your account\n"
      "of SimRelay ({public_url}).\n"
      "\n"
      "If it was not you who turned the codes off, ask for a new password\n"
      "now, and turn them on again:\n"
      "\n"
      "{public_url}/forgot-password\n" },

    { "webhook_failing",
      "A webhook of {organization} is failing",
      NULL,
      "{greeting}\n"
      "\n"
      "a delivery to the webhook \"{webhook}\" (number {webhook_id}) of\n"
      "{organization} at SimRelay ({public_url})\n"
      "was given up: no attempt was accepted.\n"
      "\n"
      "New events are still sent there. What was given up stays in the\n"
      "webhook's list of deliveries as failed, and can be sent again from\n"
      "there.\n"
      "\n"
      "You get no other mail of this outage. It is over once a delivery is\n"
      "accepted.\n" },

    { "device_offline",
      "Your phone {device} is offline",
      NULL,
      "{greeting}\n"
      "\n"
      "SimRelay ({public_url}) has heard nothing of your phone\n"
      "\n"
      "    {device}\n"
      "\n"
      "since {last_seen}. Battery at that time: {battery}.\n"
      "\n"
      "While it is offline, SMS that it receives do not arrive here, and\n"
      "those that it is to send wait. Is it switched on and charged, has it a\n"
      "connection to the internet, does the app run?\n"
      "\n"
      "You get no other mail of this outage, but one when the phone is back.\n"
    },

    { "device_recovered",
      "Your phone {device} is back",
      NULL,
      "{greeting}\n"
      "\n"
      "SimRelay ({public_url}) hears of your phone\n"
      "\n"
      "    {device}\n"
      "\n"
      "again since {back}. It had been silent since\n"
      "{last_seen}. Battery now: {battery}.\n" },

    { "number_contested",
      "Somebody tried to verify {number}",
      NULL,
      "{greeting}\n"
      "\n"
      "somebody else has sent an SMS from {number}, which is\n"
      "yours at SimRelay ({public_url}), to verify it as\n"
      "theirs. It stays yours: nothing was changed, and nobody was given any\n"
      "of your messages.\n"
      "\n"
      "If the SIM card was stolen, have it blocked by its network. If the\n"
      "number is not yours any more, give it up, so that whoever has it now\n"
      "can use it: remove its card from your phone in SimRelay, or ask\n"
      "whoever runs this service.\n"
      "\n"
      "You get one such mail a day at most.\n" },

    { "number_lost",
      "{number} was verified by somebody else",
      NULL,
      "{greeting}\n"
      "\n"
      "your phone had the number {number} at SimRelay\n"
      "({public_url}), as it was set by hand. Somebody else\n"
      "has now verified it by an SMS from that number, so it is theirs, and\n"
      "your phone's card is inactive. Your messages stay yours.\n"
      "\n"
      "If the number in your phone is another one, verify the card again.\n" },

    { NULL, NULL, NULL, NULL }
};


const simrelayd_mail_kind_t *
simrelayd_mail_kind(sr_str_t kind)
{
    const simrelayd_mail_kind_t  *row;

    for (row = simrelayd_mail_kinds; row->kind != NULL; row++) {
        if (simrelayd_mail_is((char *) kind.data, kind.len, row->kind)) {
            return row;
        }
    }

    return NULL;
}


void
simrelayd_mail_expand(sr_buf_t *b, const char *text,
    const simrelayd_mail_params_t *p)
{
    size_t       len;
    const char  *end;

    while (*text != '\0') {

        len = strcspn(text, "{");
        sr_buf_add(b, text, len);
        text += len;

        if (*text == '\0') {
            return;
        }

        text++;
        end = text + strcspn(text, "}");

        simrelayd_mail_replace(b, text, end - text, p);

        text = *end != '\0' ? end + 1 : end;
    }
}


sr_str_t
simrelayd_mail_param(const simrelayd_mail_params_t *p, const char *name,
    size_t len)
{
    sr_str_t        value;
    unsigned char  *line, *eol, *end;

    value.len = 0;
    value.data = NULL;

    if (p->params.data == NULL) {
        return value;
    }

    end = p->params.data + p->params.len;

    for (line = p->params.data; line < end; line = eol + 1) {

        eol = memchr(line, '\n', end - line);

        if (eol == NULL) {
            eol = end;
        }

        if ((size_t) (eol - line) > len && line[len] == ':'
            && memcmp(line, name, len) == 0)
        {
            value.data = line + len + 1;
            value.len = eol - value.data;
            break;
        }
    }

    return value;
}


static void
simrelayd_mail_replace(sr_buf_t *b, const char *name, size_t len,
    const simrelayd_mail_params_t *p)
{
    sr_str_t  value;

    if (simrelayd_mail_is(name, len, "greeting")) {
        sr_buf_add(b, "Hello", 5);
        value = simrelayd_mail_param(p, "name", 4);

        if (value.len != 0) {
            sr_buf_add(b, " ", 1);
            simrelayd_mail_clean(b, value);
        }

        sr_buf_add(b, ",", 1);
        return;
    }

    if (simrelayd_mail_is(name, len, "public_url")
        || simrelayd_mail_is(name, len, "link"))
    {
        sr_buf_add(b, p->public_url, strlen(p->public_url));

        if (*name == 'l' && p->path != NULL) {
            sr_buf_add(b, p->path, strlen(p->path));
            simrelayd_mail_clean(b, p->secret);
        }

        return;
    }

    simrelayd_mail_clean(b, simrelayd_mail_param(p, name, len));
}


static void
simrelayd_mail_clean(sr_buf_t *b, sr_str_t s)
{
    size_t          len;
    unsigned char  *dst;

    if (s.len == 0) {
        return;
    }

    if (s.len > SR_MAIL_TEXT_BYTES) {
        b->failed = 1;
        return;
    }

    dst = sr_buf_reserve(b, 3 * s.len);

    if (dst != NULL) {
        len = simrelayd_mime_clean(dst, s.data, s.len);
        b->len += len;
    }
}


static int
simrelayd_mail_is(const char *name, size_t len, const char *known)
{
    return len == strlen(known) && memcmp(name, known, len) == 0;
}

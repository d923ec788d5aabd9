
/*
 * Every ceiling in one place.  Lengths of text are Unicode characters unless
 * the name says bytes.
 */


#ifndef SR_LIMITS_H
#define SR_LIMITS_H


/* input */

#define SR_JSON_DEPTH              8        /* nested arrays and objects */
#define SR_JSON_EXPONENT           308      /* of a number that is kept as it
                                               stands */
#define SR_INPUT_ERRORS            64       /* failing fields in one answer */
#define SR_INPUT_ITEMS             1000     /* of an array without a bound */
#define SR_FORM_PAIRS              128      /* fields of one form */
#define SR_BODY_SMALL_BYTES        16384    /* most requests */
#define SR_BODY_LARGE_BYTES        65536    /* a form of Twilio's, an SMS in
                                               escapes */

/* output */

#define SR_REPLY_BYTES             8388608  /* a response's JSON */
#define SR_PAYLOAD_BYTES           65536    /* a broadcast, a webhook's body */

/* mails */

#define SR_MAIL_BYTES              32768    /* a message with its header */
#define SR_MAIL_TEXT_BYTES         8192     /* its text, before it is encoded */
#define SR_MAIL_HEADER_BYTES       2048     /* of a header's value */
#define SR_MAIL_SECRET_BYTES       256
#define SR_MAIL_NAME               64       /* of whom it is to */

/* fields */

#define SR_SMS_TEXT                1600
#define SR_SMS_INBOUND             5000     /* of a provider's: what a broadcast
                                               holds twice, all in escapes */
#define SR_SENDER                  20
#define SR_DEVICE_MODEL            100
#define SR_APP_VERSION             50
#define SR_NAME                    255
#define SR_URL                     2048
#define SR_DESCRIPTION             1000
#define SR_METADATA                4096     /* of JSON that is kept as it is */
#define SR_SLOTS                   2        /* of one phone at registration */
#define SR_SLOT_MAX                10
#define SR_SIM_CARDS               10       /* of a phone, without those that
                                               were removed */
#define SR_CODE_CHOICES            8        /* for a card, to find one that no
                                               other has */
#define SR_PER_PAGE_MAX            100
#define SR_PER_PAGE                50
#define SR_PAGE_MAX                1000000
#define SR_WAIT_MAX                30       /* s, for a newer message */
#define SR_WAITS                   1024     /* that wait, of a simrelayd */
#define SR_WAITS_CREDENTIAL        32       /* and by one credential */

/* messages on their way out */

#define SR_IDEMPOTENCY_KEY         255
#define SR_SENDS                   1000     /* that wait, of an organization
                                               and SIM */
#define SR_SENDS_RETRY             60       /* s, where so many wait */
#define SR_OUTBOX                  20       /* that a phone gets at once */
#define SR_OUTBOX_SECONDS          60       /* in which it tells of them */
#define SR_SEND_ERROR              255      /* a phone's reason */

/* phones: what they are told to wait (seconds) */

#define SR_HEARTBEAT_SECONDS       300      /* between signs of life */
#define SR_CONFIG_SECONDS          3600     /* between looks at their config */

/* credentials */

#define SR_TOKEN_BYTES             512      /* of an Authorization header */
#define SR_PERMISSIONS             4        /* that there are */
#define SR_AGENTS                  5        /* that an address registers in an
                                               hour */
#define SR_AGENT_TRIES             5        /* at an agent's code */
#define SR_AGENT_TTL               259200   /* s in which it is claimed */
#define SR_API_KEYS                1000     /* of an organization */
#define SR_PASSWORD_QUEUE          32       /* that wait to be hashed, in a
                                               worker */
#define SR_PASSWORD_MIN            12       /* of a new one */
#define SR_PASSWORD_MAX            1024

/* webhooks */

#define SR_WEBHOOKS                100      /* of an organization */
#define SR_MAPPINGS                100      /* of an integration */
#define SR_WEBHOOK_TIMEOUT         30       /* s, where none is given */
#define SR_WEBHOOK_TIMEOUT_MAX     120
#define SR_WEBHOOK_RETRIES         3        /* where none are given */
#define SR_WEBHOOK_RETRIES_MAX     10
#define SR_HEADERS                 32       /* of an integration's own */
#define SR_HEADER_NAME             128
#define SR_HEADER_VALUE            4096
#define SR_REDELIVER               1000     /* failed ones at once */

/* sign-in: what is counted, and how long what it makes lasts (seconds) */

#define SR_LOGIN_MINUTE            5        /* for an address and an IP */
#define SR_LOGIN_HOUR              100      /* wrong, for an address */
#define SR_CHALLENGE_SECONDS       300
#define SR_CHALLENGE_TRIES         5
#define SR_CODE_HOUR               10       /* wrong, for a person */
#define SR_CODE                    64       /* characters of one */
#define SR_FORGOT_HOUR             5        /* mails to an address */
#define SR_FORGOT_ADDRESS_HOUR     20       /* asked for by an IP */
#define SR_RESET_HOUR              20       /* tried by an IP */
#define SR_RESET_SECONDS           1800
#define SR_MAIL_SECONDS            86400    /* it is worth sending for */
#define SR_PASSWORD_HOUR           10       /* wrong, of a signed-in person */

/* OAuth2 */

#define SR_OAUTH_CODE_SECONDS      60
#define SR_OAUTH_ACCESS_SECONDS    1296000  /* 15 days */
#define SR_OAUTH_REFRESH_SECONDS   2592000  /* 30 days */
#define SR_OAUTH_STATE_BYTES       2048

/* providers */

#define SR_PROVIDER_ACCOUNTS       64       /* that may have signed a call */

/* Pusher protocol (pusher.md) */

#define SR_PUSHER_FRAME_BYTES      10000    /* P8 */
#define SR_PUSHER_CHANNEL_BYTES    200
#define SR_PUSHER_EVENT            200      /* characters of its name */
#define SR_PUSHER_DATA_BYTES       102400   /* of an event of the HTTP API */
#define SR_PUSHER_CHANNELS         100      /* that one goes to */
#define SR_PUSHER_BATCH            10       /* events in one request */
#define SR_PUSHER_MEMBERS          100      /* of a presence channel */
#define SR_PUSHER_INFO_BYTES       2048     /* user_info of one */
#define SR_PUSHER_USER             128      /* characters of a user's id */
#define SR_PUSHER_CLIENT_EVENTS    10       /* of a socket in a second */


#endif /* SR_LIMITS_H */


/*
 * PKCE: the challenge of an authorization request, the verifier of a token
 * request.
 */


#include "sr_pkce.h"


static int sr_pkce_unreserved(unsigned char c);


int
sr_pkce_challenge(unsigned char *dst, sr_str_t challenge)
{
    if (challenge.len != SR_PKCE_CHALLENGE_LEN) {
        return -1;
    }

    return sr_unbase64url(dst, challenge.data, challenge.len) == SR_SHA256_LEN
           ? 0 : -1;
}


int
sr_pkce_verifier(unsigned char *dst, sr_str_t verifier)
{
    size_t  i;

    if (verifier.len < SR_PKCE_VERIFIER_MIN
        || verifier.len > SR_PKCE_VERIFIER_MAX)
    {
        return -1;
    }

    for (i = 0; i < verifier.len; i++) {

        if (!sr_pkce_unreserved(verifier.data[i])) {
            return -1;
        }
    }

    return sr_sha256(dst, verifier.data, verifier.len) == 0 ? 0 : -2;
}


static int
sr_pkce_unreserved(unsigned char c)
{
    return (c >= 'A' && c <= 'Z')
           || (c >= 'a' && c <= 'z')
           || (c >= '0' && c <= '9')
           || c == '-' || c == '.' || c == '_' || c == '~';
}

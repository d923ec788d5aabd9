#!/bin/bash

# The command line tool and identity: passwords, second factors, OAuth2
# clients, and what doctor sees of them.

cd "$(dirname "$0")/.." || exit 1

. t/lib/cli.sh

typed=

# The code of a secret (base32), so many steps from now: RFC 6238 by openssl.
totp() {
    local hex step mac off

    hex=$(printf %s "$1" | base32 -d | od -An -v -tx1 | tr -d ' \n')
    step=$(printf %016x $(($(date +%s) / 30 + ${2:-0})))
    mac=$(printf %b "$(sed 's/../\\x&/g' <<<"$step")" \
        | openssl dgst -sha1 -mac HMAC -macopt "hexkey:$hex" | sed 's/.* //')
    off=$((16#${mac:39:1} * 2))
    printf %06d $(((16#${mac:$off:8} & 0x7fffffff) % 1000000))
}

# The value of a name in what was said.
said() {
    sed -n "s/^$1=//p" <<<"$out" | sed "s/^'//; s/'\$//"
}

# The tool on a terminal of its own: once it has said a text, types the line
# that a command makes; what it says all in all is in $out.
on_terminal() {
    local mark=$1 answer=$2 part from to pid
    shift 2

    coproc TERMINAL { exec script -qec "$*" /dev/null; }
    pid=$TERMINAL_PID
    exec {from}<&"${TERMINAL[0]}" {to}>&"${TERMINAL[1]}"

    out=

    while [[ $out != *"$mark" ]] \
        && IFS= read -r -t 120 -d "${mark: -1}" part <&"$from"
    do
        out+=$part${mark: -1}
    done

    "$answer" >&"$to"
    out+=$(timeout 120 cat <&"$from")
    exec {from}<&- {to}>&-
    wait "$pid"
    rc=$?
    out=$(tr -d '\r' <<<"$out")
}


empty_database
"$bin" migrate >/dev/null || exit 1
"$bin" keyfile create "$SIMRELAY_KEY_FILE" >/dev/null
"$bin" organization create Acme >/dev/null
"$bin" -q user create ann@example.com --name Ann --organization 1 \
    --role owner >/dev/null
"$bin" -q user create bob@example.com --name Bob --organization 1 >/dev/null
"$bin" -q client create App https://app.example/cb >/dev/null
client=$(sql "select id from oauth_clients")


# passwords

# what a new password ends, and what of others it must not
opened="
    delete from credentials;
    insert into credentials (digest, kind, abilities, user_id,
                             organization_id, oauth_client_id, name,
                             key_prefix, scope, expires_at)
    select sha256((u.id || k.name)::bytea), k.kind, 31, u.id,
           case k.kind when 4 then 1 end,
           case k.kind when 2 then '$client'::uuid end, k.name || u.id,
           case k.kind when 4 then 'sk_live_0000' end,
           case k.kind when 2 then 'mobile:device' end,
           case when k.kind in (2, 8) then now() + interval '1 hour' end
      from users u,
           (values (1, 'token'), (2, 'oauth'), (4, 'key'), (8, 'session'))
           k (kind, name);
    delete from oauth_grants;
    insert into oauth_grants (oauth_client_id, user_id, scope, abilities)
    select '$client', id, 'mobile:device', 55 from users;
    update credentials c
       set oauth_grant_id = g.id
      from oauth_grants g
     where g.user_id = c.user_id and c.kind = 2;
    delete from login_challenges;
    insert into login_challenges (digest, user_id, is_session, expires_at)
    select sha256(('c' || id)::bytea), id, true, now() + interval '5 minutes'
      from users;
    delete from password_resets;
    insert into password_resets (digest, user_id, expires_at)
    select sha256(('r' || id)::bytea), id, now() + interval '5 minutes'
      from users;
    delete from oauth_codes;
    insert into oauth_codes (digest, oauth_client_id, user_id, redirect_uri,
                             scope, abilities, challenge, expires_at)
    select sha256(('o' || id)::bytea), '$client', id, 'x', 'mobile:device',
           55, sha256('v'), now() + interval '1 minute'
      from users"

live="select string_agg(what, ' ' order by what)
        from (select name as what from credentials where revoked_at is null
              union all
              select 'grant' || user_id from oauth_grants
               where revoked_at is null
              union all
              select 'challenge' || user_id from login_challenges
              union all
              select 'reset' || user_id from password_resets
              union all
              select 'code' || user_id from oauth_codes) l"

bobs="challenge2 code2 grant2"

sql "$opened"
before=$(sql "select password_hash from users where id = 1")
typed=$'a new pass phrase\n'
run_typed "user password reads one and shows none" 0 "^id=1\$" \
    user password ann@example.com --password stdin
[ "$(sql "select password_hash from users where id = 1")" != "$before" ]
ok $? "it is the person's"
rows "the time of it is kept" t \
    "select password_changed_at is not null from users where id = 1"
rows "what the old one opened has ended, but for API keys" \
    "$bobs key1 key2 oauth2 reset2 session2 token2" "$live"
rows "and sockets are told" t \
    "select exists (select from events where type = 'access.ended'
                                         and user_id = 1)"

run "user password makes one up" 0 "^password=[A-Za-z0-9]{20}\$" \
    user password bob@example.com
run "by a person's number, too" 0 "^id=2\$" user password 2
run "for a person that there is" 1 "no such person" user password eve
run "from where there is one" 1 "generate or stdin" \
    user password 2 --password secret
run "nothing is no password" 1 "nothing comes" \
    user password 2 --password stdin

before=$(sql "select password_hash from users where id = 2")
typed='11 of them.'
run_typed "11 characters are too few" 1 "12 to 1024" \
    user password 2 --password stdin
typed=$'\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4'
run_typed "characters are counted, not bytes" 1 "12 to 1024" \
    user password 2 --password stdin
typed=$(printf '%1025s' x)
run_typed "1025 are too many" 1 "12 to 1024" user password 2 --password stdin
typed=$(printf '%9000s' x)
run_typed "9000 far too many" 1 "too long" user password 2 --password stdin
typed=$'twelve or more\xff'
run_typed "what is no text is refused" 1 "UTF-8" \
    user password 2 --password stdin
out=$(printf 'twelve or more\0...' | "$bin" user password 2 \
    --password stdin 2>&1)
rc=$?
[ $rc = 1 ]
ok $? "and so is a NUL"
[ "$(sql "select password_hash from users where id = 2")" = "$before" ]
ok $? "none of these was taken"
typed=$(printf '%12s' x)
run_typed "12 are enough" 0 "^id=2\$" user password 2 --password stdin
typed=$(printf '%1024s' x)
run_typed "1024 are not too many" 0 "^id=2\$" user password 2 --password stdin
typed="eleven char"
run_typed "user create asks for as many" 1 "12 to 1024" \
    user create eve@example.com --name Eve --password stdin

phrase() {
    echo "typed in the dark"
}

on_terminal "password: " phrase "$bin" user password 2 --password stdin
[ $rc = 0 ] && grep -q "^id=2" <<<"$out" && ! grep -q dark <<<"$out"
ok $? "a terminal does not show it"


# disable and enable

sql "$opened"
run "user disable" 0 "^id=2\$" user disable bob@example.com
rows "no credential of the person is valid" 0 \
    "select count(*) from credentials c, principal(c.digest, 15, 0) p
      where c.user_id = 2"
rows "nothing that is under way goes on" \
    "challenge1 code1 reset1" \
    "select string_agg(w, ' ' order by w)
       from regexp_split_to_table(($live), ' ') w
      where w ~ '^(challenge|code|reset)'"
run "once" 1 "disabled already" user disable bob@example.com
run "user list tells" 0 "email=bob@example.com .* disabled=yes" user list
run "user enable" 0 "^id=2\$" user enable bob@example.com
rows "the credentials are valid again" t \
    "select count(*) > 0 from credentials c, principal(c.digest, 15, 0) p
      where c.user_id = 2"
run "once, too" 1 "not disabled" user enable 2
run "of a person that there is" 1 "no such person" user enable eve


# two-factor authentication

run "there are no recovery codes without it" 1 "is not enabled" \
    user two-factor recovery-codes 1
run "nothing to disable" 1 "is not enabled" user two-factor disable 1
run "no code before a secret" 1 "no secret yet" \
    user two-factor enable 1 --code 123456
run "it takes the key file" 1 "key file" -k /nonexistent \
    user two-factor enable 1

run "user two-factor enable shows a secret" 0 "^secret=[A-Z2-7]{32}\$" \
    user two-factor enable ann@example.com
first=$(said secret)
grep -qF "url='otpauth://totp/SimRelay:ann%40example.com?secret=$first&issuer=" \
    <<<"$out"
ok $? "a URL that apps read"
[ "$(grep -c "^[█▀▄ ]*\$" <<<"$out")" -ge 25 ]
ok $? "and a QR code"
rows "it is off yet" f \
    "select confirmed_at is not null from two_factors where user_id = 1"
rows "the secret is sealed" t \
    "select octet_length(secret) = 49 from two_factors where user_id = 1"

run "by number, the URL has the address, too" 0 "SimRelay:ann%40example.com" \
    user two-factor enable 1
second=$(said secret)
[ "$first" != "$second" ]
ok $? "another secret takes the place of what was not confirmed"
run "whose codes are no longer taken" 1 "the code is wrong" \
    user two-factor enable 1 --code "$(totp "$first")"
run "nor old ones" 1 "the code is wrong" \
    user two-factor enable 1 --code "$(totp "$second" -5)"
run "nor future ones" 1 "the code is wrong" \
    user two-factor enable 1 --code "$(totp "$second" 5)"
run "nor what is none" 1 "the code is wrong" \
    user two-factor enable 1 --code "12345; drop"
rows "it is still off, with no recovery codes" "f|0" \
    "select confirmed_at is not null,
            (select count(*) from recovery_codes)
       from two_factors where user_id = 1"

code=$(totp "$second")
run "a right code turns it on" 0 \
    "^recovery_code=[a-km-np-z2-9]{5}-[a-km-np-z2-9]{5}\$" \
    user two-factor enable 1 --code "${code:0:3} ${code:3}"
[ "$(grep -c ^recovery_code= <<<"$out")" = 8 ]
ok $? "8 recovery codes are shown"
one=$(said recovery_code | head -1)
rows "only their digests are kept" 1 \
    "select count(*) from recovery_codes
      where user_id = 1
        and digest = sha256('$(tr -d - <<<"$one")')"
rows "the code's step is used up" t \
    "select last_step between extract(epoch from now()) / 30 - 20
                          and extract(epoch from now()) / 30 + 2
       from two_factors where user_id = 1"
run "user list tells" 0 "email=ann@example.com .* two_factor=yes" user list
run "enabling again is refused" 1 "enabled already" user two-factor enable 1
run "confirming again too" 1 "enabled already" \
    user two-factor enable 1 --code "$(totp "$second" 1)"

run "user two-factor recovery-codes makes 8 others" 0 "^recovery_code=" \
    user two-factor recovery-codes ann@example.com
rows "in the place of the old ones" "8|0" \
    "select count(*), count(*) filter (
                where digest = sha256('$(tr -d - <<<"$one")'))
       from recovery_codes where user_id = 1"

sql "$opened"
run "user two-factor disable" 0 "^user_id=1\$" user two-factor disable 1
rows "takes secret, codes and half a sign-in away" "0|0|1" \
    "select (select count(*) from two_factors),
            (select count(*) from recovery_codes),
            (select count(*) from login_challenges)"
run "quietly, the secret alone comes first" 0 "^[A-Z2-7]{32}\$" \
    -q user two-factor enable 1
[ "$(wc -l <<<"$out")" = 2 ]
ok $? "and no QR code"

wrong_code() {
    echo 12345x
}

right_code() {
    totp "$(tr -d '\r' <<<"$out" | sed -n 's/^secret=//p')"
    echo
}

on_terminal "code: " wrong_code "$bin" user two-factor enable 2
[ $rc = 1 ] && grep -q "the code is wrong" <<<"$out"
ok $? "a terminal asks for a code; a wrong one turns nothing on"
[ "$(grep -c "^.\[97;40m[█▀▄ ]*.\[0m\$" <<<"$out")" -ge 25 ]
ok $? "its QR code is light on dark"
on_terminal "code: " right_code "$bin" user two-factor enable 2
[ $rc = 0 ] && [ "$(grep -c ^recovery_code= <<<"$out")" = 8 ]
ok $? "a right one turns it on"


# OAuth2 clients

while read -r uri; do
    run "no client comes back to $uri" 1 "is no redirect URI" \
        client create Evil "$uri"
done <<'URIS'
http://example.com/cb
http://localhost/cb
https://user@example.com/cb
https://example.com/cb#x
https://Example.com/cb
//example.com/cb
javascript:alert(1)
myapp:/cb
http://127.0.0.1@example.com/
URIS

run "one bad URI among good ones is refused" 1 "is no redirect URI" \
    client create Evil https://good.example/ ftp://bad.example/
run "a scope is one that there is" 1 "\"admin\" is no scope" \
    client create Evil https://x.example/ --scopes mobile:device,admin
run "a client has one at least" 1 "a scope at least" \
    client create Evil https://x.example/ --scopes ,
run "a client has a name" 1 "1 to 255 characters" \
    client create "" https://x.example/
rows "none of these was made" 1 "select count(*) from oauth_clients"
run "client create takes several URIs and scopes" 0 "^id=[0-9a-f-]{36}\$" \
    client create Phone http://127.0.0.1/cb com.example.phone:/cb \
    https://abcdefghijklmnopabcdefghijklmnop.chromiumapp.org/ \
    --scopes "numbers.read, messages.read"
phone=$(said id)
run "client list shows them" 0 \
    "id=$phone .* scopes=numbers.read,messages.read revoked=no" client list
run "mobile:device is the scope of whom none is given" 0 \
    "id=$client .* scopes='?mobile:device" client list

run "client update takes a name" 0 "^id=$phone\$" \
    client update "$phone" --name "The phone"
rows "and leaves the rest" "The phone|3|2" \
    "select name, cardinality(redirect_uris), cardinality(scopes)
       from oauth_clients where id = '$phone'"
run "client update takes URIs" 0 "^id=$phone\$" \
    client update "$phone" https://phone.example/cb
rows "in the place of the old ones" "The phone|{https://phone.example/cb}|2" \
    "select name, redirect_uris, cardinality(scopes)
       from oauth_clients where id = '$phone'"
run "good ones alone" 1 "is no redirect URI" client update "$phone" http://x/
run "scopes that there are" 1 "is no scope" \
    client update "$phone" --scopes root
run "something at least" 1 "nothing is given" client update "$phone"
run "of a client that there is" 1 "no such live client" client update \
    00000000-0000-4000-8000-000000000000 --name x
run "by its id" 1 "is no client's id" client update Phone --name x

sql "$opened"
sql "update oauth_grants set scope = 'messages.read', abilities = 4
      where user_id = 2;
     update credentials set scope = 'messages.read', abilities = 4
      where user_id = 2 and kind = 2"
run "client update takes scopes" 0 "^id=$client\$" \
    client update "$client" --scopes messages.read,numbers.read
rows "what was granted beyond them has ended" "grant2 oauth2" \
    "select string_agg(w, ' ' order by w)
       from regexp_split_to_table(($live), ' ') w
      where w ~ '^(grant|oauth)'"

run "client revoke" 0 "^id=$client\$" client revoke "$client"
rows "ends grants and tokens" 0 \
    "select count(*)
       from regexp_split_to_table(($live), ' ') w
      where w ~ '^(grant|oauth)'"
run "once" 1 "no such live client" client revoke "$client"
run "for ever" 1 "no such live client" client update "$client" --name Back
run "client list tells" 0 "id=$client .* revoked=yes" client list


# doctor

# nobody plans them here, however long it has taken to get to this line
sql "update events set planned_at = now()"
run "doctor opens the secrets" 1 "^ok    all 2 two-factor secrets" doctor
[ "$(grep -c "^FAIL" <<<"$out")" = 1 ]
ok $? "and misses nothing but simrelayd"

sql "insert into mails (kind, recipient, user_id, expires_at,
                        next_attempt_at)
     values ('password_changed', 'ann@example.com', 1,
             now() + interval '1 day', now() - interval '10 minutes'),
            ('password_changed', 'ann@example.com', 1,
             now() + interval '1 day', now() + interval '10 minutes')"
run "doctor sees mails that nobody sends" 1 \
    "^FAIL  1 mails wait to be sent, the oldest for 6[0-9][0-9] s" doctor
sql "update mails set state = 'failed', ended_at = now(),
                      error = e'550 \\x1b[31m no such user'"
run "doctor sees mails that were given up" 1 \
    "^FAIL  2 mails were given up in a day, the last with: 550  \\[31m no" \
    doctor
sql "update mails set ended_at = now() - interval '2 days'"
run "two days later no more" 1 "^ok    0 mails wait" doctor
[ "$(grep -c "given up" <<<"$out")" = 0 ]
ok $? "not a word"

sql "with key as (
         insert into credentials (digest, kind, abilities, name, key_prefix)
         select sha256(('agent' || n)::bytea), 4, 1, 'agent' || n,
                'sk_live_0000'
           from generate_series(1, 3) n
         returning id, name
     )
     insert into agents (credential_id, name, address, code_digest,
                         webhook_secret, expires_at, claimed_at)
     select id, name, '192.0.2.1', sha256('x'), 'x',
            now() - case name when 'agent1' then interval '1 day'
                              when 'agent2' then interval '1 minute'
                              else interval '3 days' end,
            case name when 'agent3' then now() end
       from key"
run "doctor sees agents that should be gone" 1 \
    "^FAIL  1 agents that nobody claimed" doctor

rm "$SIMRELAY_KEY_FILE"
"$bin" keyfile create "$SIMRELAY_KEY_FILE" >/dev/null
run "doctor sees two-factor secrets that cannot be opened" 1 \
    "^FAIL  2 of 2 two-factor secrets cannot be opened, the first is of user 1" \
    doctor
run "without the key no code is taken" 1 "does not open the secret" \
    user two-factor enable 1 --code 123456

echo "1..$n"
exit $failed

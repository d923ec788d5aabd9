use lib 't/lib';
use SimRelay;

repeat_each(2);
plan tests => repeat_each() * 68;

run_tests();

__DATA__

=== TEST 1: every character counts once, and comes out as it went in
--- steps
ann-phone POST /api/byos/devices/201/sms
    {"from":"Zürich 😀","body":"{{😀*1600}}","message_id":"{{uuid1}}"}
202

row select char_length(body), sender from messages => 1600|Zürich 😀

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"{{😀*1601}}","message_id":"{{uuid2}}"}
422 {"message":"The body field must not be greater than 1600 characters.",
    "errors":{"body":
      ["The body field must not be greater than 1600 characters."]}}

ann-phone POST /api/byos/devices/201/sms
    {"from":"{{é*20}}","body":"é","message_id":"{{uuid3}}"}
202

ann-phone POST /api/byos/devices/201/sms
    {"from":"{{é*21}}","body":"é","message_id":"{{uuid4}}"}
422 {"message":"The from field must not be greater than 20 characters.",
    "errors":{"from":
      ["The from field must not be greater than 20 characters."]}}



=== TEST 2: the longest text may come in escapes
--- steps
ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"{{\ud83d\ude00*1600}}","message_id":"{{uuid1}}"}
202

row select body = repeat('😀', 1600) from messages => t



=== TEST 3: NUL and halves of characters become U+FFFD in text and sender
--- steps
ann-phone POST /api/byos/devices/201/sms
    {"from":"a\u0000b","body":"\ud800x\udc00\ud83d\ude00\u0000",
     "message_id":"{{uuid1}}"}
202

ann GET /api/sims/105/messages
200 {"data":[{"from":"a\ufffdb","text":"\ufffdx\ufffd😀\ufffd","...":1}],
    "...":1}



=== TEST 4: control characters and quotes are text too
--- steps
ann-phone POST /api/byos/devices/201/sms
    {"from":"\"\\","body":"\b\f\n\r\t\u0001\u007f\/'$1;--","message_id":
     "{{uuid1}}"}
202

ann GET /api/sims/105/messages
200 {"data":[{"from":"\"\\","text":"\b\f\n\r\t\u0001\u007f/'$1;--","...":1}],
    "...":1}



=== TEST 5: blanks are text, and U+FFFD counts as what it stands for
--- steps
ann-phone POST /api/byos/devices/201/sms
    {"from":" A ","body":" \n ","message_id":"{{uuid1}}"}
202

row select quote_literal(sender), body = E' \n ' from messages => ' A '|t

ann-phone POST /api/byos/devices/201/sms
    {"from":"{{\ud800*20}}","body":"{{\u0000*1600}}",
     "message_id":"{{uuid2}}"}
202

row select sender = repeat(U&'\fffd', 20), body = repeat(U&'\fffd', 1600)
      from messages where char_length(body) > 3 => t|t

ann-phone POST /api/byos/devices/201/sms
    {"from":"A","body":"{{\udfff*1601}}","message_id":"{{uuid3}}"}
422 {"message":"The body field must not be greater than 1600 characters.",
    "errors":{"body":
      ["The body field must not be greater than 1600 characters."]}}



=== TEST 6: what is written from right to left, joined or combined stays as it is
--- steps
ann-phone POST /api/byos/devices/201/sms
    {"from":"שלום","message_id":"{{uuid1}}",
     "body":"رمزك ‏123‬ é é 👩‍👩‍👧 🇩🇪 ﻿￿  ก็"}
202

row select encode(convert_to(sender || '|' || body, 'UTF8'), 'hex')
      from messages =>
    d7a9d79cd795d79d7cd8b1d985d8b2d98320e2808f313233e280ac20c3a92065cc8120f09f91a9e2808df09f91a9e2808df09f91a720f09f87a9f09f87aa20efbbbfefbfbfe280a820e0b881e0b987

ann GET /api/sims/105/messages
200 {"data":[{"from":"שלום",
    "text":"رمزك ‏123‬ é é 👩‍👩‍👧 🇩🇪 ﻿￿  ก็",
    "...":1}],"...":1}



=== TEST 7: a character is never cut: all of its marks count
--- steps
ann-phone POST /api/byos/devices/201/sms
    {"from":"{{é*10}}","body":"{{é*800}}","message_id":"{{uuid1}}"}
202

row select char_length(sender), char_length(body), octet_length(body)
      from messages => 20|1600|2400

ann-phone POST /api/byos/devices/201/sms
    {"from":"{{é*10}}x","body":"{{é*800}}x",
     "message_id":"{{uuid2}}"}
422 {"message":"<text>","errors":{
    "from":["The from field must not be greater than 20 characters."],
    "body":["The body field must not be greater than 1600 characters."]}}



=== TEST 8: an SMS may be an answer, a number, or anything that looks like JSON
--- steps
ann-phone POST /api/byos/devices/201/sms
    {"from":"null","body":"{\"body\":null,\"n\":[1e999]}",
     "message_id":"{{uuid1}}"}
202

ann-phone POST /api/byos/devices/201/sms
    {"from":"0","body":"0","message_id":"{{uuid2}}"}
202

row select sender, body from messages order by id =>
    null|{"body":null,"n":[1e999]} 0|0

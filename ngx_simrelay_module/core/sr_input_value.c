
/*
 * Checks values by their types, and stores them.
 */


#include "sr_input_node.h"
#include "sr_email.h"
#include "sr_phone.h"
#include "sr_time.h"
#include "sr_token.h"
#include "sr_url.h"
#include "sr_utf8.h"


/*
 * A check of one type: stores the value and returns NULL, or returns the text
 * of the error.
 */

typedef const char *(*sr_value_pt)(const sr_field_t *row,
    const sr_node_t *node, void *dst);


static const char *sr_value_text(const sr_field_t *row, const sr_node_t *node,
    void *dst);
static const char *sr_value_email(const sr_field_t *row,
    const sr_node_t *node, void *dst);
static const char *sr_value_url(const sr_field_t *row, const sr_node_t *node,
    void *dst);
static const char *sr_value_uuid(const sr_field_t *row, const sr_node_t *node,
    void *dst);
static const char *sr_value_e164(const sr_field_t *row, const sr_node_t *node,
    void *dst);
static const char *sr_value_int(const sr_field_t *row, const sr_node_t *node,
    void *dst);
static const char *sr_value_bool(const sr_field_t *row, const sr_node_t *node,
    void *dst);
static const char *sr_value_time(const sr_field_t *row, const sr_node_t *node,
    void *dst);
static const char *sr_value_enum(const sr_field_t *row, const sr_node_t *node,
    void *dst);
static const char *sr_value_json(const sr_field_t *row, const sr_node_t *node,
    void *dst);
static int sr_value_is_text(const sr_node_t *node);
static int sr_value_integer(sr_str_t s, int64_t *n);


/* by sr_field_type_e */

static const sr_value_pt  sr_value_checks[] = {
    NULL,
    sr_value_text,
    sr_value_email,
    sr_value_url,
    sr_value_uuid,
    sr_value_e164,
    sr_value_int,
    sr_value_bool,
    sr_value_time,
    sr_value_enum,
    NULL,                                   /* ARRAY */
    NULL,                                   /* OBJECT */
    NULL,                                   /* MAP */
    sr_value_json
};


static const char *const  sr_value_text_sizes[] = {
    "The :attribute field must be at least :min characters.",
    "The :attribute field must not be greater than :max characters.",
    "The :attribute field must be between :min and :max characters."
};

static const char *const  sr_value_int_sizes[] = {
    "The :attribute field must be at least :min.",
    "The :attribute field must not be greater than :max.",
    "The :attribute field must be between :min and :max."
};


const char *
sr_input_value(const sr_field_t *row, const sr_node_t *node, void *dst)
{
    return sr_value_checks[row->type](row, node, dst);
}


static const char *
sr_value_text(const sr_field_t *row, const sr_node_t *node, void *dst)
{
    const char  *text;

    if (node->type != SR_NODE_TEXT) {
        return "The :attribute field must be a string.";
    }

    if (node->flawed && !(row->flags & SR_FIELD_REPLACE)) {
        return SR_TEXT_FORMAT;
    }

    text = sr_input_size(row, sr_utf8_length(node->text.data, node->text.len),
                         sr_value_text_sizes);
    if (text != NULL) {
        return text;
    }

    if (row->pattern != NULL
        && row->pattern(node->text.data, node->text.len) != 1)
    {
        return SR_TEXT_FORMAT;
    }

    *(sr_str_t *) dst = node->text;

    return NULL;
}


static const char *
sr_value_email(const sr_field_t *row, const sr_node_t *node, void *dst)
{
    const char  *text;

    if (!sr_value_is_text(node) || !sr_email_is(node->text)) {
        return "The :attribute field must be a valid email address.";
    }

    text = sr_input_size(row, node->text.len, sr_value_text_sizes);
    if (text == NULL) {
        *(sr_str_t *) dst = node->text;
    }

    return text;
}


static const char *
sr_value_url(const sr_field_t *row, const sr_node_t *node, void *dst)
{
    sr_url_t     url;
    const char  *text;

    if (!sr_value_is_text(node)
        || sr_url_parse(&url, node->text.data, node->text.len) == -1)
    {
        return "The :attribute field must be a valid URL.";
    }

    text = sr_input_size(row, node->text.len, sr_value_text_sizes);
    if (text != NULL) {
        return text;
    }

    if (row->pattern != NULL
        && row->pattern(node->text.data, node->text.len) != 1)
    {
        return SR_TEXT_FORMAT;
    }

    *(sr_str_t *) dst = node->text;

    return NULL;
}


static const char *
sr_value_uuid(const sr_field_t *row, const sr_node_t *node, void *dst)
{
    sr_uuid_t  uuid;

    if (!sr_value_is_text(node)
        || sr_uuid_parse(uuid, node->text.data, node->text.len) == -1)
    {
        return "The :attribute field must be a valid UUID.";
    }

    memcpy(dst, uuid, sizeof(uuid));

    return NULL;
}


static const char *
sr_value_e164(const sr_field_t *row, const sr_node_t *node, void *dst)
{
    if (node->type != SR_NODE_TEXT) {
        return "The :attribute field must be a string.";
    }

    if (!sr_phone_is_e164(node->text.data, node->text.len)) {
        return SR_TEXT_FORMAT;
    }

    *(sr_str_t *) dst = node->text;

    return NULL;
}


static const char *
sr_value_int(const sr_field_t *row, const sr_node_t *node, void *dst)
{
    int64_t      n;
    const char  *text;

    if ((node->type != SR_NODE_NUMBER && node->type != SR_NODE_TEXT)
        || sr_value_integer(node->text, &n) == -1)
    {
        return "The :attribute field must be an integer.";
    }

    text = sr_input_size(row, n, sr_value_int_sizes);
    if (text == NULL) {
        *(int64_t *) dst = n;
    }

    return text;
}


static const char *
sr_value_bool(const sr_field_t *row, const sr_node_t *node, void *dst)
{
    int  b;

    if (node->type == SR_NODE_TRUE || node->type == SR_NODE_FALSE) {
        b = (node->type == SR_NODE_TRUE);

    } else if ((node->type == SR_NODE_NUMBER || node->type == SR_NODE_TEXT)
               && node->text.len == 1
               && (node->text.data[0] == '0' || node->text.data[0] == '1'))
    {
        b = (node->text.data[0] == '1');

    } else {
        return "The :attribute field must be true or false.";
    }

    *(int *) dst = b;

    return NULL;
}


static const char *
sr_value_time(const sr_field_t *row, const sr_node_t *node, void *dst)
{
    int64_t  us;

    if (!sr_value_is_text(node)
        || sr_time_parse(node->text.data, node->text.len, &us) == -1)
    {
        return "The :attribute field must be a valid date.";
    }

    *(int64_t *) dst = us;

    return NULL;
}


static const char *
sr_value_enum(const sr_field_t *row, const sr_node_t *node, void *dst)
{
    int  i;

    if (!sr_value_is_text(node)) {
        return SR_TEXT_SELECTED;
    }

    for (i = 0; row->names[i] != NULL; i++) {

        if (strlen(row->names[i]) == node->text.len
            && memcmp(row->names[i], node->text.data, node->text.len) == 0)
        {
            *(int *) dst = i;
            return NULL;
        }
    }

    return SR_TEXT_SELECTED;
}


static const char *
sr_value_json(const sr_field_t *row, const sr_node_t *node, void *dst)
{
    const char  *text;

    if (node->type != SR_NODE_OBJECT) {
        return "The :attribute field must be an array.";
    }

    if (node->flawed) {
        return SR_TEXT_FORMAT;
    }

    text = sr_input_size(row, sr_utf8_length(node->text.data, node->text.len),
                         sr_value_text_sizes);
    if (text == NULL) {
        *(sr_str_t *) dst = node->text;
    }

    return text;
}


static int
sr_value_is_text(const sr_node_t *node)
{
    return node->type == SR_NODE_TEXT && !node->flawed;
}


/* decimal, in one spelling but for a plus sign; 0, or -1 */

static int
sr_value_integer(sr_str_t s, int64_t *n)
{
    int     minus;
    size_t  i;

    if (s.len == 0) {
        return -1;
    }

    minus = (s.data[0] == '-');
    i = (minus || s.data[0] == '+');

    if (i == s.len || (s.data[i] == '0' && s.len != i + 1)) {
        return -1;
    }

    for (*n = 0; i < s.len; i++) {

        if (s.data[i] < '0' || s.data[i] > '9'
            || __builtin_mul_overflow(*n, 10, n)
            || __builtin_sub_overflow(*n, s.data[i] - '0', n))
        {
            return -1;
        }
    }

    /* counted downwards, where there is one number more */

    if (!minus) {

        if (*n == INT64_MIN) {
            return -1;
        }

        *n = -*n;
    }

    return 0;
}

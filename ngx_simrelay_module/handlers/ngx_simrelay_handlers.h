
/*
 * What the route table names: a function for each row, and their shared parts.
 */


#ifndef NGX_SIMRELAY_HANDLERS_H
#define NGX_SIMRELAY_HANDLERS_H


#include "ngx_simrelay.h"


ngx_int_t ngx_simrelay_health_get(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_health_detailed(ngx_simrelay_ctx_t *ctx);

ngx_int_t ngx_simrelay_login(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_login_code(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_logout(ngx_simrelay_ctx_t *ctx);

ngx_int_t ngx_simrelay_password_forgot(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_password_reset(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_password_change(ngx_simrelay_ctx_t *ctx);

ngx_int_t ngx_simrelay_user_get(ngx_simrelay_ctx_t *ctx);

ngx_int_t ngx_simrelay_token_list(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_token_delete(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_application_list(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_application_delete(ngx_simrelay_ctx_t *ctx);

ngx_int_t ngx_simrelay_agent_register(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_agent_status(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_agent_show(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_agent_claim(ngx_simrelay_ctx_t *ctx);

ngx_int_t ngx_simrelay_two_factor_get(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_two_factor_enrol(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_two_factor_confirm(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_recovery_codes_renew(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_two_factor_delete(ngx_simrelay_ctx_t *ctx);

ngx_int_t ngx_simrelay_api_key_list(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_api_key_create(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_api_key_get(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_api_key_update(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_api_key_delete(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_api_key_regenerate(ngx_simrelay_ctx_t *ctx);

/* The item of a field of permissions, and what such a field's items allow. */

extern const sr_field_t  ngx_simrelay_permission_fields[];

int32_t ngx_simrelay_permissions(const sr_input_array_t *permissions);

/* The members of an API key: of a row of api_key_get, and of its like. */

extern const sr_pg_field_t  ngx_simrelay_api_key_fields[];

ngx_int_t ngx_simrelay_sim_list(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_team_list(ngx_simrelay_ctx_t *ctx);

ngx_int_t ngx_simrelay_lock_get(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_lock_acquire(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_lock_release(ngx_simrelay_ctx_t *ctx);

/* 409 with the lock body, from a row of lock_show. */

void ngx_simrelay_lock_conflict(ngx_simrelay_ctx_t *ctx, const PGresult *res);

/* The same from another statement's row: its lock_id, user_id, ... */

void ngx_simrelay_lock_refuse(ngx_simrelay_ctx_t *ctx, const PGresult *res,
    const sr_pg_field_t *fields);

ngx_int_t ngx_simrelay_message_list(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_message_send(ngx_simrelay_ctx_t *ctx);

ngx_int_t ngx_simrelay_webhook_test(ngx_simrelay_ctx_t *ctx);

ngx_int_t ngx_simrelay_integration_list(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_integration_create(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_integration_get(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_integration_update(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_integration_delete(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_integration_secret(ngx_simrelay_ctx_t *ctx);

ngx_int_t ngx_simrelay_mapping_list(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_mapping_create(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_mapping_get(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_mapping_update(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_mapping_delete(ngx_simrelay_ctx_t *ctx);

ngx_int_t ngx_simrelay_delivery_list(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_delivery_redeliver(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_delivery_redeliver_failed(ngx_simrelay_ctx_t *ctx);

ngx_int_t ngx_simrelay_websocket_config(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_broadcasting_auth(ngx_simrelay_ctx_t *ctx);

ngx_int_t ngx_simrelay_device_list(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_device_get(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_device_update(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_device_delete(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_device_disable(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_device_enable(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_device_register(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_device_config(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_device_heartbeat(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_device_submit(ngx_simrelay_ctx_t *ctx);

ngx_int_t ngx_simrelay_sim_card_add(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_sim_card_update(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_sim_card_delete(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_sim_card_verify(ngx_simrelay_ctx_t *ctx);

ngx_int_t ngx_simrelay_outbox_lease(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_outbox_report(ngx_simrelay_ctx_t *ctx);

ngx_int_t ngx_simrelay_oauth_authorize_get(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_oauth_authorize_post(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_oauth_authorization_get(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_oauth_token(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_oauth_revoke(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_oauth_metadata(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_oauth_metadata_path(ngx_simrelay_ctx_t *ctx);

ngx_int_t ngx_simrelay_twilio_sms(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_twilio_status(ngx_simrelay_ctx_t *ctx);
ngx_int_t ngx_simrelay_seven(ngx_simrelay_ctx_t *ctx);


#endif /* NGX_SIMRELAY_HANDLERS_H */

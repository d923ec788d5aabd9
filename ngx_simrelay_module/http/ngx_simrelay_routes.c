
/*
 * The API on one screen: who may call what, and what answers.
 */


#include "ngx_simrelay_handlers.h"


#define GET     NGX_HTTP_GET
#define POST    NGX_HTTP_POST
#define PUT     (NGX_HTTP_PUT|NGX_HTTP_PATCH)
#define DELETE  NGX_HTTP_DELETE

#define NONE    NGX_SIMRELAY_AUTH_NONE
#define ANY     NGX_SIMRELAY_AUTH_ANY
#define PERSON  NGX_SIMRELAY_AUTH_PERSON
#define KEY     NGX_SIMRELAY_AUTH_KEY
#define OAUTH   NGX_SIMRELAY_AUTH_OAUTH

#define SESSION  SR_KIND_SESSION

#define NUMBERS_READ   SR_ABILITY_NUMBERS_READ
#define NUMBERS_LOCK   SR_ABILITY_NUMBERS_LOCK
#define MESSAGES_READ  SR_ABILITY_MESSAGES_READ
#define WEBHOOKS       SR_ABILITY_WEBHOOKS_RECEIVE
#define BROADCASTING   SR_ABILITY_BROADCASTING
#define BYOS           SR_ABILITY_BYOS

#define ADMIN      NGX_SIMRELAY_ROUTE_ADMIN
#define UNCLAIMED  NGX_SIMRELAY_ROUTE_UNCLAIMED
#define LOOSE      NGX_SIMRELAY_ROUTE_LOOSE

#define SMALL   SR_BODY_SMALL_BYTES
#define LARGE   SR_BODY_LARGE_BYTES

#define NOTHING  NGX_SIMRELAY_NO_OBJECT
#define AGENT    SR_SQL_AGENT_EXISTS
#define API_KEY  SR_SQL_API_KEY_EXISTS
#define SIM      SR_SQL_SIM_EXISTS
#define WEBHOOK  SR_SQL_INTEGRATION_EXISTS
#define MAPPING  SR_SQL_MAPPING_EXISTS
#define DEVICE   SR_SQL_DEVICE_EXISTS
#define ACTIVE   SR_SQL_DEVICE_ACTIVE
#define CARDS    SR_SQL_SIM_CARD_PLACE
#define CARD     SR_SQL_SIM_CARD_EXISTS
#define OUTBOX   SR_SQL_OUTBOX_EXISTS


const ngx_simrelay_route_t  ngx_simrelay_routes[] = {

    { GET, ngx_string("/api/health"),
      NONE, 0, 0, 0, NOTHING, ngx_simrelay_health_get },

    { GET, ngx_string("/api/health/detailed"),
      NONE, 0, 0, 0, NOTHING, ngx_simrelay_health_detailed },

    { POST, ngx_string("/api/auth/login"),
      NONE, 0, 0, SMALL, NOTHING, ngx_simrelay_login },

    { POST, ngx_string("/api/auth/2fa"),
      NONE, 0, 0, SMALL, NOTHING, ngx_simrelay_login_code },

    { POST, ngx_string("/api/auth/login/2fa"),
      NONE, 0, 0, SMALL, NOTHING, ngx_simrelay_login_code },

    { POST, ngx_string("/api/auth/logout"),
      PERSON, 0, 0, 0, NOTHING, ngx_simrelay_logout },

    { POST, ngx_string("/api/auth/forgot-password"),
      NONE, 0, 0, SMALL, NOTHING, ngx_simrelay_password_forgot },

    { POST, ngx_string("/api/auth/reset-password"),
      NONE, 0, 0, SMALL, NOTHING, ngx_simrelay_password_reset },

    { PUT, ngx_string("/api/user/password"),
      PERSON, 0, 0, SMALL, NOTHING, ngx_simrelay_password_change },

    { GET, ngx_string("/api/user"),
      ANY, 0, 0, 0, NOTHING, ngx_simrelay_user_get },

    { GET, ngx_string("/api/teams"),
      ANY, 0, 0, 0, NOTHING, ngx_simrelay_team_list },

    { GET, ngx_string("/api/user/tokens"),
      PERSON, 0, 0, 0, NOTHING, ngx_simrelay_token_list },

    { DELETE, ngx_string("/api/user/tokens/{token:id}"),
      PERSON, 0, 0, 0, NOTHING, ngx_simrelay_token_delete },

    { GET, ngx_string("/api/user/applications"),
      PERSON, 0, 0, 0, NOTHING, ngx_simrelay_application_list },

    { DELETE, ngx_string("/api/user/applications/{application:uuid}"),
      PERSON, 0, 0, 0, NOTHING, ngx_simrelay_application_delete },

    { GET, ngx_string("/api/user/two-factor"),
      PERSON, 0, 0, 0, NOTHING, ngx_simrelay_two_factor_get },

    { POST, ngx_string("/api/user/two-factor"),
      PERSON, 0, 0, SMALL, NOTHING, ngx_simrelay_two_factor_enrol },

    { DELETE, ngx_string("/api/user/two-factor"),
      PERSON, 0, 0, SMALL, NOTHING, ngx_simrelay_two_factor_delete },

    { POST, ngx_string("/api/user/two-factor/confirm"),
      PERSON, 0, 0, SMALL, NOTHING, ngx_simrelay_two_factor_confirm },

    { POST, ngx_string("/api/user/two-factor/recovery-codes"),
      PERSON, 0, 0, SMALL, NOTHING, ngx_simrelay_recovery_codes_renew },

    { GET, ngx_string("/api/api-keys"),
      PERSON, 0, 0, 0, NOTHING, ngx_simrelay_api_key_list },

    { POST, ngx_string("/api/api-keys"),
      PERSON, 0, ADMIN, SMALL, NOTHING, ngx_simrelay_api_key_create },

    { GET, ngx_string("/api/api-keys/{api_key:id}"),
      PERSON, 0, 0, 0, NOTHING, ngx_simrelay_api_key_get },

    { PUT, ngx_string("/api/api-keys/{api_key:id}"),
      PERSON, 0, ADMIN, SMALL, API_KEY, ngx_simrelay_api_key_update },

    { DELETE, ngx_string("/api/api-keys/{api_key:id}"),
      PERSON, 0, ADMIN, 0, NOTHING, ngx_simrelay_api_key_delete },

    { POST, ngx_string("/api/api-keys/{api_key:id}/regenerate"),
      PERSON, 0, ADMIN, 0, NOTHING, ngx_simrelay_api_key_regenerate },

    { POST, ngx_string("/api/agents/register"),
      NONE, 0, 0, LARGE, NOTHING, ngx_simrelay_agent_register },

    { GET, ngx_string("/api/agents/status"),
      KEY, 0, UNCLAIMED, 0, NOTHING, ngx_simrelay_agent_status },

    { GET, ngx_string("/api/agents/claims/{agent:uuid}"),
      PERSON, 0, 0, 0, NOTHING, ngx_simrelay_agent_show },

    { POST, ngx_string("/api/agents/claims/{agent:uuid}"),
      PERSON, 0, ADMIN, SMALL, AGENT, ngx_simrelay_agent_claim },

    { GET, ngx_string("/api/sims"),
      ANY, NUMBERS_READ, LOOSE, 0, NOTHING, ngx_simrelay_sim_list },

    { GET, ngx_string("/api/sims/{hosted_sim:id}/lock"),
      ANY, NUMBERS_READ, LOOSE, 0, SIM, ngx_simrelay_lock_get },

    { POST, ngx_string("/api/sims/{hosted_sim:id}/lock"),
      ANY, NUMBERS_LOCK, 0, SMALL, SIM, ngx_simrelay_lock_acquire },

    { DELETE, ngx_string("/api/sims/{hosted_sim:id}/lock"),
      ANY, NUMBERS_LOCK, 0, 0, SIM, ngx_simrelay_lock_release },

    { GET, ngx_string("/api/sims/{hosted_sim:id}/messages"),
      ANY, MESSAGES_READ, 0, 0, SIM, ngx_simrelay_message_list },

    { POST, ngx_string("/api/sims/{hosted_sim:id}/messages"),
      ANY, NUMBERS_LOCK, 0, LARGE, SIM, ngx_simrelay_message_send },

    { POST,
      ngx_string("/api/webhook-integrations/{webhook_integration:id}/test"),
      ANY, WEBHOOKS, ADMIN, 0, NOTHING, ngx_simrelay_webhook_test },

    { GET, ngx_string("/api/webhook-integrations"),
      ANY, WEBHOOKS, 0, 0, NOTHING, ngx_simrelay_integration_list },

    { POST, ngx_string("/api/webhook-integrations"),
      ANY, WEBHOOKS, ADMIN, SMALL, NOTHING, ngx_simrelay_integration_create },

    { GET, ngx_string("/api/webhook-integrations/{webhook_integration:id}"),
      ANY, WEBHOOKS, 0, 0, NOTHING, ngx_simrelay_integration_get },

    { PUT, ngx_string("/api/webhook-integrations/{webhook_integration:id}"),
      ANY, WEBHOOKS, ADMIN, SMALL, WEBHOOK, ngx_simrelay_integration_update },

    { DELETE, ngx_string("/api/webhook-integrations/{webhook_integration:id}"),
      ANY, WEBHOOKS, ADMIN, 0, NOTHING, ngx_simrelay_integration_delete },

    { POST, ngx_string("/api/webhook-integrations/{webhook_integration:id}"
                       "/regenerate-secret"),
      ANY, WEBHOOKS, ADMIN, SMALL, WEBHOOK, ngx_simrelay_integration_secret },

    { GET, ngx_string("/api/webhook-integrations/{webhook_integration:id}"
                      "/mappings"),
      ANY, WEBHOOKS, 0, 0, NOTHING, ngx_simrelay_mapping_list },

    { POST, ngx_string("/api/webhook-integrations/{webhook_integration:id}"
                       "/mappings"),
      ANY, WEBHOOKS, ADMIN, SMALL, WEBHOOK, ngx_simrelay_mapping_create },

    { GET, ngx_string("/api/webhook-integrations/{webhook_integration:id}"
                      "/mappings/{webhook_mapping:id}"),
      ANY, WEBHOOKS, 0, 0, NOTHING, ngx_simrelay_mapping_get },

    { PUT, ngx_string("/api/webhook-integrations/{webhook_integration:id}"
                      "/mappings/{webhook_mapping:id}"),
      ANY, WEBHOOKS, ADMIN, SMALL, MAPPING, ngx_simrelay_mapping_update },

    { DELETE, ngx_string("/api/webhook-integrations/{webhook_integration:id}"
                         "/mappings/{webhook_mapping:id}"),
      ANY, WEBHOOKS, ADMIN, 0, NOTHING, ngx_simrelay_mapping_delete },

    { GET, ngx_string("/api/webhook-integrations/{webhook_integration:id}"
                      "/webhook-mappings"),
      ANY, WEBHOOKS, 0, 0, NOTHING, ngx_simrelay_mapping_list },

    { POST, ngx_string("/api/webhook-integrations/{webhook_integration:id}"
                       "/webhook-mappings"),
      ANY, WEBHOOKS, ADMIN, SMALL, WEBHOOK, ngx_simrelay_mapping_create },

    { GET, ngx_string("/api/webhook-integrations/{webhook_integration:id}"
                      "/webhook-mappings/{webhook_mapping:id}"),
      ANY, WEBHOOKS, 0, 0, NOTHING, ngx_simrelay_mapping_get },

    { PUT, ngx_string("/api/webhook-integrations/{webhook_integration:id}"
                      "/webhook-mappings/{webhook_mapping:id}"),
      ANY, WEBHOOKS, ADMIN, SMALL, MAPPING, ngx_simrelay_mapping_update },

    { DELETE, ngx_string("/api/webhook-integrations/{webhook_integration:id}"
                         "/webhook-mappings/{webhook_mapping:id}"),
      ANY, WEBHOOKS, ADMIN, 0, NOTHING, ngx_simrelay_mapping_delete },

    { GET, ngx_string("/api/webhook-integrations/{webhook_integration:id}"
                      "/deliveries"),
      ANY, WEBHOOKS, 0, 0, WEBHOOK, ngx_simrelay_delivery_list },

    { POST, ngx_string("/api/webhook-integrations/{webhook_integration:id}"
                       "/deliveries/redeliver"),
      ANY, WEBHOOKS, ADMIN, SMALL, WEBHOOK,
      ngx_simrelay_delivery_redeliver_failed },

    { POST, ngx_string("/api/webhook-integrations/{webhook_integration:id}"
                       "/deliveries/{delivery:id}/redeliver"),
      ANY, WEBHOOKS, ADMIN, 0, NOTHING, ngx_simrelay_delivery_redeliver },

    { GET, ngx_string("/api/websocket-config"),
      ANY, 0, 0, 0, NOTHING, ngx_simrelay_websocket_config },

    { POST, ngx_string("/api/broadcasting/auth"),
      ANY, BROADCASTING, 0, SMALL, NOTHING, ngx_simrelay_broadcasting_auth },

    { POST, ngx_string("/broadcasting/auth"),
      ANY, BROADCASTING, 0, SMALL, NOTHING, ngx_simrelay_broadcasting_auth },

    { GET, ngx_string("/api/byos/devices"),
      OAUTH, BYOS, 0, 0, NOTHING, ngx_simrelay_device_list },

    { POST, ngx_string("/api/byos/devices"),
      OAUTH, BYOS, 0, SMALL, NOTHING, ngx_simrelay_device_register },

    { GET, ngx_string("/api/byos/devices/{device:id}"),
      OAUTH, BYOS, 0, 0, NOTHING, ngx_simrelay_device_get },

    { PUT, ngx_string("/api/byos/devices/{device:id}"),
      OAUTH, BYOS, 0, SMALL, DEVICE, ngx_simrelay_device_update },

    { DELETE, ngx_string("/api/byos/devices/{device:id}"),
      OAUTH, BYOS, 0, 0, NOTHING, ngx_simrelay_device_delete },

    { POST, ngx_string("/api/byos/devices/{device:id}/disable"),
      OAUTH, BYOS, 0, 0, NOTHING, ngx_simrelay_device_disable },

    { POST, ngx_string("/api/byos/devices/{device:id}/enable"),
      OAUTH, BYOS, 0, 0, NOTHING, ngx_simrelay_device_enable },

    { GET, ngx_string("/api/byos/devices/{device:id}/config"),
      OAUTH, BYOS, 0, 0, NOTHING, ngx_simrelay_device_config },

    { POST, ngx_string("/api/byos/devices/{device:id}/heartbeat"),
      OAUTH, BYOS, 0, SMALL, DEVICE, ngx_simrelay_device_heartbeat },

    { POST, ngx_string("/api/byos/devices/{device:id}/sms"),
      OAUTH, BYOS, 0, LARGE, ACTIVE, ngx_simrelay_device_submit },

    { POST, ngx_string("/api/byos/devices/{device:id}/messages"),
      OAUTH, BYOS, 0, LARGE, ACTIVE, ngx_simrelay_device_submit },

    { POST, ngx_string("/api/byos/devices/{device:id}/sim-cards"),
      OAUTH, BYOS, 0, SMALL, CARDS, ngx_simrelay_sim_card_add },

    { POST, ngx_string("/api/byos/devices/{device:id}/sims"),
      OAUTH, BYOS, 0, SMALL, CARDS, ngx_simrelay_sim_card_add },

    { PUT, ngx_string("/api/byos/devices/{device:id}/sim-cards/{simCard:id}"),
      OAUTH, BYOS, 0, SMALL, CARD, ngx_simrelay_sim_card_update },

    { DELETE,
      ngx_string("/api/byos/devices/{device:id}/sim-cards/{simCard:id}"),
      OAUTH, BYOS, 0, 0, NOTHING, ngx_simrelay_sim_card_delete },

    { POST, ngx_string("/api/byos/devices/{device:id}/sim-cards/{simCard:id}"
                       "/verify"),
      OAUTH, BYOS, 0, 0, NOTHING, ngx_simrelay_sim_card_verify },

    { POST, ngx_string("/api/byos/devices/{device:id}/sim-cards/{simCard:id}"
                       "/reverify"),
      OAUTH, BYOS, 0, 0, NOTHING, ngx_simrelay_sim_card_verify },

    { GET, ngx_string("/api/byos/devices/{device:id}/outbox"),
      OAUTH, BYOS, 0, 0, ACTIVE, ngx_simrelay_outbox_lease },

    { POST, ngx_string("/api/byos/devices/{device:id}/outbox/{message:id}"),
      OAUTH, BYOS, 0, SMALL, OUTBOX, ngx_simrelay_outbox_report },

    { GET, ngx_string("/oauth/authorize"),
      NONE, 0, 0, 0, NOTHING, ngx_simrelay_oauth_authorize_get },

    { POST, ngx_string("/oauth/authorize"),
      NONE, 0, 0, SMALL, NOTHING, ngx_simrelay_oauth_authorize_post },

    { GET, ngx_string("/api/oauth/authorization"),
      SESSION, 0, 0, 0, NOTHING, ngx_simrelay_oauth_authorization_get },

    { POST, ngx_string("/oauth/token"),
      NONE, 0, 0, SMALL, NOTHING, ngx_simrelay_oauth_token },

    { POST, ngx_string("/oauth/revoke"),
      NONE, 0, 0, SMALL, NOTHING, ngx_simrelay_oauth_revoke },

    { GET, ngx_string("/.well-known/oauth-authorization-server"),
      NONE, 0, 0, 0, NOTHING, ngx_simrelay_oauth_metadata },

    { GET, ngx_string("/.well-known/oauth-authorization-server/{issuer}"),
      NONE, 0, 0, 0, NOTHING, ngx_simrelay_oauth_metadata_path },

    { POST, ngx_string("/api/webhooks/twilio/sms"),
      NONE, 0, 0, LARGE, NOTHING, ngx_simrelay_twilio_sms },

    { POST, ngx_string("/api/webhooks/twilio/status"),
      NONE, 0, 0, LARGE, NOTHING, ngx_simrelay_twilio_status },

    { POST, ngx_string("/api/webhooks/seven"),
      NONE, 0, 0, LARGE, NOTHING, ngx_simrelay_seven },

    { 0, ngx_null_string, 0, 0, 0, 0, 0, NULL }
};

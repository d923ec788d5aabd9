-- Gives an agent's key to the caller and the organization that the caller acts
-- in, behind agent_try.sql, which holds the agent and says why there is no row.
-- Where the agent told a callback_url, and the key may receive webhooks, that
-- becomes an integration, with the secret that the agent has; where the key may
-- read messages too, the integration gets those of every team that there is.
--
-- for module
--
-- $1 digest bytea
-- $2 kinds int4
-- $3 ability int4
-- $4 id uuid
-- $5 code_digest bytea
-- $6 tries int4
-- $7 name text
-- $8 most int4
-- $9 permissions int4
--
-- > id int8
-- > name text
-- > key_prefix text
-- > permissions int4
-- > last_used_at timestamptz
-- > created_at timestamptz
-- > updated_at timestamptz

with agent as materialized (
    select a.id, a.credential_id, a.callback_url, a.webhook_secret,
           me.user_id, me.organization_id
      from principal($1, $2, $3) me
      join agents a on a.id = $4
     where me.role in ('owner', 'admin')
       and a.code_digest = $5
       and a.claimed_at is null
       and a.expires_at > now()
       and a.tries < $6
       and not exists (select
                         from credentials k
                        where k.organization_id = me.organization_id
                          and k.name = $7
                          and k.kind = 4
                          and k.revoked_at is null)
       and (select count(*)
              from credentials k
             where k.organization_id = me.organization_id
               and k.kind = 4
               and k.revoked_at is null) < $8
), credential as (
    update credentials c
       set user_id = a.user_id, organization_id = a.organization_id,
           name = $7, abilities = $9, expires_at = null, updated_at = now()
      from agent a
     where c.id = a.credential_id
       and c.revoked_at is null
    returning c.id, c.name, c.key_prefix, c.abilities, c.last_used_at,
              c.created_at, c.updated_at
), integration as (
    insert into webhook_integrations (organization_id, name, url, secret)
    select a.organization_id, $7, a.callback_url, a.webhook_secret
      from agent a
      join credential c on c.id = a.credential_id
     where a.callback_url is not null
       and $9 & 8 <> 0
    returning id, organization_id
), mapped as (
    insert into webhook_mappings (organization_id, webhook_integration_id,
                                  team_id, forwarding_mode)
    select i.organization_id, i.id, t.id, 'always'
      from integration i
      join teams t on t.organization_id = i.organization_id
     where $9 & 4 <> 0
), claimed as (
    update agents a
       set claimed_at = now(), claimed_by = g.user_id,
           webhook_integration_id = (select id from integration)
      from agent g
      join credential c on c.id = g.credential_id
     where a.id = g.id
)
select id, name, key_prefix, abilities as permissions, last_used_at,
       created_at, updated_at
  from credential

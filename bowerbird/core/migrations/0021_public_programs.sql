-- Programs that can keep no secret (RFC 7591, token_endpoint_auth_method "none"): they prove themselves with PKCE alone.
alter table accounts.apps add column public boolean not null default false;

-- accounts: who someone is and how they prove it
create schema accounts;

create table accounts.people (
    id bigint primary key,
    username citext not null unique,
    email citext unique,
    password_hash text,
    display_name text not null default '',
    bio text not null default '',
    role text not null default 'user' check (role in ('user', 'moderator', 'admin')),
    avatar_id bigint references media.attachments on delete set null,
    header_id bigint references media.attachments on delete set null,
    may_reply text not null default 'everyone' check (may_reply in ('everyone', 'followers', 'no_one')),
    may_quote text not null default 'everyone' check (may_quote in ('everyone', 'followers', 'no_one')),
    may_remix text not null default 'everyone' check (may_remix in ('everyone', 'followers', 'no_one')),
    may_ai_reply text not null default 'everyone' check (may_ai_reply in ('everyone', 'followers', 'no_one')),
    default_visibility text not null default 'public',
    deleted_at timestamptz
);
create index on accounts.people using gin ((username::text) gin_trgm_ops, display_name gin_trgm_ops);

create index on accounts.people (avatar_id);
create index on accounts.people (header_id);

create table accounts.sessions (
    id bigint primary key,
    account_id bigint not null references accounts.people on delete cascade,
    token_hash bytea not null unique,
    device text not null,
    address text not null,
    last_used_at timestamptz not null default now(),
    expires_at timestamptz not null
);
create index on accounts.sessions (account_id);

create table accounts.tokens (
    id bigint primary key,
    account_id bigint not null references accounts.people on delete cascade,
    token_hash bytea not null unique,
    scopes text[] not null,
    name text not null,
    last_used_at timestamptz
);
create index on accounts.tokens (account_id);

create table accounts.passkeys (
    id bigint primary key,
    account_id bigint not null references accounts.people on delete cascade,
    credential_id bytea not null unique,
    public_key bytea not null,
    sign_count bigint not null,
    name text not null,
    last_used_at timestamptz
);
create index on accounts.passkeys (account_id);

create table accounts.challenges (
    id bigint primary key,
    challenge bytea not null,
    account_id bigint references accounts.people on delete cascade,
    expires_at timestamptz not null
);

create table accounts.invites (
    id bigint primary key,
    code_hash bytea not null unique,
    role text not null default 'user' check (role in ('user', 'moderator', 'admin')),
    made_by bigint references accounts.people on delete cascade,
    uses_left integer not null check (uses_left >= 0),
    expires_at timestamptz not null
);

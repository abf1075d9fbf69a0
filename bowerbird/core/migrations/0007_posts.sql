-- posts: quotes, pins, muted threads, which program wrote it, and a key so that a post sent twice is published once
alter table social.posts
    add column quote_of_id bigint references social.posts on delete set null,
    add column quote_state text not null default '' check (quote_state in ('', 'accepted', 'revoked')),
    add column may_quote text check (may_quote in ('everyone', 'followers', 'no_one')), -- null: the author's own default
    add column quotes_count integer not null default 0,
    add column via text not null default '',
    add column has_poll boolean not null default false;
create index on social.posts (quote_of_id, id desc) where quote_of_id is not null;

create table social.pins (
    account_id bigint not null references accounts.people on delete cascade,
    post_id bigint not null references social.posts on delete cascade,
    id bigint not null,
    primary key (account_id, post_id)
);
create index on social.pins (post_id);

create table social.thread_mutes (
    account_id bigint not null references accounts.people on delete cascade,
    thread_id bigint not null,
    primary key (account_id, thread_id)
);

create table social.idempotency (
    account_id bigint not null references accounts.people on delete cascade,
    key text not null,
    post_id bigint references social.posts on delete cascade, -- null while it is being published
    scheduled_id bigint, -- where it was planned for later
    at timestamptz not null default now(),
    primary key (account_id, key)
);
create index on social.idempotency (post_id);
create index on social.idempotency (at);

create index on social.likes (account_id, id desc);
create index on social.follows (follower_id, id desc);

-- whether search engines may keep someone's pages: only where they asked for it
alter table accounts.people add column searchable boolean not null default false;

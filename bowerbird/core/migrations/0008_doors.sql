-- doors: programs and what they were let in for, push, announcements, markers, emoji, rules and reports
create table accounts.apps (
    id bigint primary key,
    client_id text not null unique,
    secret_hash bytea not null,
    name text not null,
    website text,
    redirect_uris text[] not null,
    scopes text[] not null
);

alter table accounts.tokens alter column account_id drop not null; -- a program may speak for itself alone
alter table accounts.tokens add column app_id bigint references accounts.apps on delete cascade;
alter table accounts.tokens add check (account_id is not null or app_id is not null);
create index on accounts.tokens (app_id);

create table accounts.codes ( -- between a person's yes and the program's token
    code_hash bytea primary key,
    app_id bigint not null references accounts.apps on delete cascade,
    account_id bigint not null references accounts.people on delete cascade,
    redirect_uri text not null,
    scopes text[] not null,
    challenge text,
    challenge_method text,
    expires_at timestamptz not null
);
create index on accounts.codes (app_id);
create index on accounts.codes (account_id);
create index on accounts.codes (expires_at);

create table social.push_subscriptions (
    id bigint primary key,
    token_id bigint not null unique references accounts.tokens on delete cascade,
    account_id bigint not null references accounts.people on delete cascade,
    sealed_token bytea not null, -- the token as text, sealed by a key of the house: messages carry it so that a phone knows whose they are
    endpoint text not null,
    p256dh text not null,
    auth text not null,
    standard boolean not null default false,
    policy text not null default 'all' check (policy in ('all', 'followed', 'follower', 'none')),
    alerts text[] not null default '{}'
);
create index on social.push_subscriptions (account_id);

create table social.markers (
    account_id bigint not null references accounts.people on delete cascade,
    timeline text not null check (timeline in ('home', 'notifications')),
    last_read_id bigint not null,
    version integer not null default 1,
    updated_at timestamptz not null default now(),
    primary key (account_id, timeline)
);

create table social.announcements (
    id bigint primary key,
    text text not null,
    starts_at timestamptz,
    ends_at timestamptz,
    all_day boolean not null default false,
    edited_at timestamptz not null default now()
);

create table social.announcement_reads (
    announcement_id bigint not null references social.announcements on delete cascade,
    account_id bigint not null references accounts.people on delete cascade,
    primary key (announcement_id, account_id)
);
create index on social.announcement_reads (account_id);

create table social.announcement_reactions (
    announcement_id bigint not null references social.announcements on delete cascade,
    account_id bigint not null references accounts.people on delete cascade,
    name text not null,
    id bigint not null,
    primary key (announcement_id, name, account_id)
);
create index on social.announcement_reactions (account_id);

create table social.emojis (
    id bigint primary key,
    shortcode text not null unique,
    category text not null default '',
    media_id bigint not null references media.attachments on delete cascade
);
create index on social.emojis (media_id);

create schema moderation;

create table moderation.rules (
    id bigint primary key,
    text text not null,
    hint text not null default ''
);

create table moderation.reports (
    id bigint primary key,
    reporter_id bigint not null references accounts.people on delete cascade,
    target_id bigint not null references accounts.people on delete cascade,
    category text not null check (category in ('spam', 'legal', 'violation', 'other')),
    comment text not null default '',
    post_ids bigint[] not null default '{}',
    rule_ids bigint[] not null default '{}',
    closed_at timestamptz
);
create index on moderation.reports (reporter_id, id desc);
create index on moderation.reports (target_id);
create index on moderation.reports (id desc) where closed_at is null;

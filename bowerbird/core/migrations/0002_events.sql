-- events: what happened, under which consents, and what each person lets it be used for
create schema events;

create table events.log (
    id bigint primary key,
    kind text not null,
    actor_id bigint,
    item_kind text,
    item_id bigint,
    data jsonb not null default '{}',
    consents text[] not null default '{}' -- the purposes the actor had granted for this item at that moment
);
create index on events.log (actor_id, id desc);
create index on events.log (kind, id desc);
create index on events.log (item_kind, item_id, id desc);

create table events.consents (
    account_id bigint not null,
    purpose text not null,
    granted boolean not null,
    at timestamptz not null default now(),
    primary key (account_id, purpose)
);

create table events.item_consents (
    item_kind text not null,
    item_id bigint not null,
    owner_id bigint not null,
    purpose text not null,
    granted boolean not null,
    at timestamptz not null default now(),
    primary key (item_kind, item_id, purpose)
);
create index on events.item_consents (owner_id);

create table events.consent_changes (
    id bigint primary key,
    account_id bigint not null,
    item_kind text,
    item_id bigint,
    purpose text not null,
    granted boolean,
    at timestamptz not null default now()
);
create index on events.consent_changes (account_id, id desc);

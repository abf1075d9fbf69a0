-- studio: prompts to pictures
create schema studio;

create table studio.pictures (
    id bigint primary key,
    creator_id bigint not null references accounts.people,
    media_id bigint unique references media.attachments on delete set null,
    prompt text not null,
    recipe jsonb not null,
    parent_id bigint references studio.pictures,
    root_id bigint not null,
    depth integer not null default 0,
    may_remix text check (may_remix in ('everyone', 'followers', 'no_one')), -- null: the creator's own default
    shown_at timestamptz, -- null: private still
    deleted_at timestamptz,
    words tsvector generated always as (to_tsvector('simple', prompt)) stored,
    check (parent_id is null or parent_id < id) -- a parent is older: no cycle can be written
);
create index on studio.pictures (creator_id, id desc);
create index on studio.pictures (parent_id) where parent_id is not null;
create index on studio.pictures (root_id, id);
create index on studio.pictures using gin (words);

create table studio.generations (
    id bigint primary key,
    account_id bigint not null references accounts.people on delete cascade,
    prompt text not null,
    negative_prompt text not null default '',
    tier text not null,
    width integer not null,
    height integer not null,
    seed bigint not null,
    style text not null default '',
    source_id bigint references studio.pictures,
    strength real not null default 0.5,
    edits jsonb not null default '{}', -- chips the person changed under "How it read your words"
    state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
    error text,
    attempts integer not null default 0,
    leased_until timestamptz,
    started_at timestamptz,
    finished_at timestamptz
);
create index on studio.generations (account_id, id desc);
create index generations_waiting on studio.generations (id) where state in ('queued', 'running');

create table studio.candidates (
    id bigint primary key,
    generation_id bigint not null references studio.generations on delete cascade,
    position smallint not null,
    seed bigint not null,
    state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed', 'cancelled')),
    step integer not null default 0,
    steps integer not null default 0,
    stage text not null default '',
    picture_id bigint references studio.pictures on delete set null,
    chosen boolean not null default false,
    unique (generation_id, position)
);

-- what a candidate looks like while it is painted: worth nothing after a crash
create unlogged table studio.previews (
    candidate_id bigint primary key,
    step integer not null,
    image bytea not null
);

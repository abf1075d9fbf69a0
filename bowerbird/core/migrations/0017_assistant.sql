-- the assistant: conversations as trees of messages, what its tools did, what it may remember, what it was asked in threads
create schema assistant;

create table assistant.conversations (
    id bigint primary key,
    account_id bigint not null references accounts.people on delete cascade,
    title text not null default '' check (length(title) <= 120),
    by_hand boolean not null default false, -- the title is the person's own
    tier text not null default '' check (tier in ('', 'full', 'mini', 'nano')), -- '': the router decides
    head_id bigint, -- the last message of the branch that is shown
    summary text not null default '', -- of what no longer fits into the window
    summary_up_to bigint, -- the last message in it
    archived_at timestamptz,
    updated_at timestamptz not null default now()
);
create index on assistant.conversations (account_id, updated_at desc);

create table assistant.messages (
    id bigint primary key,
    conversation_id bigint not null references assistant.conversations on delete cascade,
    parent_id bigint references assistant.messages on delete cascade, -- messages with one parent are branches
    role text not null check (role in ('user', 'assistant')),
    text text not null default '' check (length(text) <= 40000),
    media_ids bigint[] not null default '{}',
    state text not null default 'done' check (state in ('queued', 'running', 'done', 'stopped', 'failed')),
    wanted_tier text not null default '' check (wanted_tier in ('', 'full', 'mini', 'nano')),
    tier text,
    model text,
    why text not null default '', -- why this tier answered
    note text not null default '', -- what went wrong, or was left out, in words for the person
    prompt_hash text,
    prompt_tokens integer not null default 0,
    tokens integer not null default 0,
    first_ms integer, -- until the first word
    seconds real,
    sources jsonb not null default '[]', -- [{kind, id, url, title}]: what the answer rests on
    attempts integer not null default 0,
    leased_until timestamptz,
    thumb smallint not null default 0 check (thumb between -1 and 1),
    thumb_reasons text[] not null default '{}',
    thumb_note text not null default '' check (length(thumb_note) <= 500),
    words tsvector generated always as (to_tsvector('simple', left(text, 20000))) stored
);
create index on assistant.messages (conversation_id, id);
create index on assistant.messages (parent_id);
create index on assistant.messages using gin (words);
create index messages_under_way on assistant.messages (id) where state in ('queued', 'running');

create table assistant.calls (
    id bigint primary key,
    message_id bigint not null references assistant.messages on delete cascade,
    tool text not null,
    asked jsonb not null,
    state text not null default 'running' check (state in ('running', 'done', 'failed', 'waiting', 'declined')), -- waiting: for the person's press
    answer jsonb not null default '{}',
    seconds real
);
create index on assistant.calls (message_id, id);

create table assistant.facts (
    id bigint primary key,
    account_id bigint not null references accounts.people on delete cascade,
    text text not null check (length(text) between 1 and 300),
    message_id bigint references assistant.messages on delete set null -- where it was said
);
create index on assistant.facts (account_id, id);

create table assistant.habits (
    account_id bigint primary key references accounts.people on delete cascade,
    memory boolean not null default true, -- facts may be used; there are none until the person asks for one to be kept
    tier text not null default '' check (tier in ('', 'full', 'mini', 'nano')) -- the tier chosen last, for the next conversation
);

-- asked under a post, aloud or for the asker's eyes alone
create table assistant.asked (
    id bigint primary key,
    asker_id bigint not null references accounts.people on delete cascade,
    post_id bigint not null references social.posts on delete cascade, -- what it is about
    mention_id bigint references social.posts on delete cascade, -- the post that mentions @bower; null: the button
    thread_id bigint not null,
    task text not null check (task in ('explain', 'summarise', 'check', 'draw', 'answer')),
    aloud boolean not null,
    said text not null default '' check (length(said) <= 2000),
    state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed', 'refused')),
    reason text not null default '', -- why not, in words for the asker
    answer text not null default '',
    answer_id bigint references social.posts on delete set null,
    generation_id bigint,
    tier text,
    model text,
    why text not null default '',
    prompt_hash text,
    read_ids bigint[] not null default '{}', -- posts that were read
    cited_ids bigint[] not null default '{}', -- those that the answer links to
    prompt_tokens integer not null default 0,
    tokens integer not null default 0,
    first_ms integer,
    seconds real,
    attempts integer not null default 0,
    leased_until timestamptz,
    answered_at timestamptz,
    unique (mention_id)
);
create index on assistant.asked (asker_id, id);
create index on assistant.asked (thread_id, id);
create index on assistant.asked (answer_id);
create index on assistant.asked (post_id);
create index asked_under_way on assistant.asked (id) where state in ('queued', 'running');

-- "no AI here", for one post; for all of an account's posts it is accounts.people.may_ai_reply
create table assistant.closed_posts (
    post_id bigint primary key references social.posts on delete cascade
);

create table assistant.corrections (
    id bigint primary key,
    asked_id bigint not null references assistant.asked on delete cascade,
    account_id bigint not null references accounts.people on delete cascade,
    kind text not null check (kind in ('wrong', 'missing_context')),
    note text not null default '' check (length(note) <= 500),
    shown_at timestamptz, -- when enough people of differing habits agreed
    unique (asked_id, account_id)
);
create table assistant.agreements (
    correction_id bigint not null references assistant.corrections on delete cascade,
    account_id bigint not null references accounts.people on delete cascade,
    agrees boolean not null,
    primary key (correction_id, account_id)
);
create index on assistant.agreements (account_id);
create index on assistant.corrections (account_id);

-- what of a conversation its owner made public, as a post like any other; nothing else of it is reachable from there
create table assistant.shares (
    post_id bigint primary key references social.posts on delete cascade,
    conversation_id bigint not null references assistant.conversations on delete cascade,
    message_ids bigint[] not null
);
create index on assistant.shares (conversation_id);

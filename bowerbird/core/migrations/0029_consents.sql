-- consents to the end: asked once where it comes up, what a file reserves for itself, who is under 18, whom the assistant may not read; who steers learning

-- a question that was asked where it came up, once; an answer is a consent, and where there is none nothing was allowed
create table events.questions (
    account_id bigint not null,
    purpose text not null,
    item_id bigint not null, -- the answer that was rated, the generation that was picked from: it stands there and nowhere else
    asked_at timestamptz not null default now(),
    closed_at timestamptz, -- answered, or waved away
    primary key (account_id, purpose)
);

-- who is under 18: nothing of theirs is learned from
create table events.minors (
    account_id bigint primary key,
    by_id bigint, -- themselves, a moderator; null: from the terminal
    since timestamptz not null default now()
);

alter table events.item_consents add column reserved boolean not null default false; -- a file in it says no: not its owner's to change
alter table media.origins add column reserved text not null default '' check (reserved in ('', 'credentials', 'metadata')); -- who in the file says that nothing may learn from it

alter table accounts.people add column may_ai_read text not null default 'everyone' check (may_ai_read in ('everyone', 'no_one'));

-- what administrators did to learning, and why
create table learning.orders (
    id bigint primary key,
    account_id bigint not null,
    verb text not null check (verb in ('promote', 'rollback', 'pause', 'resume', 'run')),
    model text not null default '',
    number integer, -- of the version that was in use after it; null: none
    why text not null
);
create index on learning.orders (verb, id desc);

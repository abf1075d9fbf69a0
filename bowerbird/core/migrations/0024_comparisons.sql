-- champion and challenger: what the feed can rank by, which of it is in force, and what two of them were compared by

-- what the feed can rank by. Never changed, so that what a page says of its ranker stays true
create table feed.rankers (
    id bigint primary key,
    name text not null,
    hash text not null, -- of the definition
    said text not null, -- what it is for, in a sentence
    definition jsonb not null, -- worth of each outcome, limits, and the file it foretells by; none: the live heads
    made_by bigint references accounts.people on delete set null, -- null: the house, or whoever sits at its terminal
    unique (name, hash) -- "live" once for each version of the house's own values
);
create unique index on feed.rankers (name) where name <> 'live';

-- two rankers in the live feed at once, each laying out half of the places of a page
create table feed.comparisons (
    id bigint primary key,
    champion_id bigint not null references feed.rankers,
    challenger_id bigint not null references feed.rankers check (challenger_id <> champion_id),
    share real not null check (share > 0 and share <= 1), -- of the people who let the feed learn
    probation boolean not null, -- after a promotion: whether what it took the place of does better after all
    state text not null default 'running' check (state in ('running', 'promoted', 'rejected', 'stopped', 'rolled_back')),
    reason text not null default '',
    started_by bigint references accounts.people on delete set null,
    ended_by bigint references accounts.people on delete set null, -- null and ended: by itself, or from the terminal
    ended_at timestamptz,
    counted_to bigint not null, -- events up to here were counted
    figures jsonb not null default '{}', -- as they stood when it was looked at last
    check ((state = 'running') = (ended_at is null))
);
create unique index on feed.comparisons ((true)) where state = 'running';

-- the figures over time, for the curve
create table feed.comparison_points (
    comparison_id bigint not null references feed.comparisons on delete cascade,
    at timestamptz not null default now(),
    people integer not null,
    vote real not null,
    low real not null,
    high real not null,
    primary key (comparison_id, at)
);

-- what one person did with the posts of either, while a comparison runs; gone when it ends, and when they withdraw
create table feed.tallies (
    comparison_id bigint not null references feed.comparisons on delete cascade,
    account_id bigint not null references accounts.people on delete cascade,
    tally jsonb not null,
    forgotten integer not null, -- how many acts they had had forgotten when they were counted,
    beginning bigint not null, -- and all before which
    primary key (comparison_id, account_id)
);
create index on feed.tallies (account_id);

-- which ranker was in force from when on: the newest row that was not taken back holds; none: the house's own
create table feed.reigns (
    id bigint primary key,
    ranker_id bigint not null references feed.rankers,
    takes_back bigint references feed.reigns, -- a rollback: which reign it ended
    comparison_id bigint references feed.comparisons,
    by_id bigint references accounts.people on delete set null,
    reason text not null
);

alter table feed.slates add column comparison_id bigint references feed.comparisons on delete set null;
alter table feed.slates add column spent_ms real not null default 0; -- what laying it out took
create index on feed.slates (comparison_id, id) where comparison_id is not null;
create index on feed.slates (account_id, comparison_id) where comparison_id is not null;

-- the arena: two models on one prompt, side by side without their names; who brought it says which is better

-- whoever ever took part; a model in another version is somebody else
create table learning.contestants (
    id bigint primary key,
    kind text not null check (kind in ('answer', 'picture')),
    key text not null, -- what the house knows it by
    name text not null,
    version text not null default '', -- of the model or its adapter: a hash, "" where nobody says
    about text not null default '',
    gone_at timestamptz, -- since when it does not take part any more
    unique (kind, key)
);

create table learning.bouts (
    id bigint primary key,
    account_id bigint not null references accounts.people on delete cascade,
    kind text not null check (kind in ('answer', 'picture')),
    prompt text not null,
    state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed')),
    attempts integer not null default 0,
    leased_until timestamptz,
    named boolean not null default false, -- an answer says who gave it: nobody was blind
    revealed_at timestamptz -- since when its person knows who was who
);
create index on learning.bouts (account_id, id desc);
create index bouts_under_way on learning.bouts (id) where state in ('queued', 'running');

create table learning.sides (
    id bigint primary key,
    bout_id bigint not null references learning.bouts on delete cascade,
    side text not null check (side in ('a', 'b')),
    contestant_id bigint not null references learning.contestants,
    text text not null default '', -- the answer
    generation_id bigint references studio.generations on delete set null, -- or the picture
    seconds real,
    unique (bout_id, side)
);
create index on learning.sides (contestant_id);
create index on learning.sides (generation_id) where generation_id is not null;

create table learning.votes (
    bout_id bigint primary key references learning.bouts on delete cascade,
    winner text not null check (winner in ('a', 'b', 'tie', 'both_bad')),
    blind boolean not null, -- cast before the names were shown: only such a vote counts
    at timestamptz not null default clock_timestamp()
);

-- how a bout is at this moment: what is painted has its state from the studio
create view learning.bouts_now as
    select b.id, b.account_id, b.kind, b.prompt, b.named, b.revealed_at, b.attempts, b.leased_until,
           case when b.kind = 'answer' or b.state in ('done', 'failed') then b.state
                when count(g.id) < 2 or bool_or(g.state in ('failed', 'cancelled')) then 'failed'
                when bool_and(g.state = 'done') then 'done'
                when bool_and(g.state = 'queued') then 'queued'
                else 'running' end as state
    from learning.bouts b join learning.sides s on s.bout_id = b.id left join studio.generations g on g.id = s.generation_id
    group by b.id;

-- what the votes say so far; worked out by the worker when there are new ones
create table learning.standings (
    kind text primary key check (kind in ('answer', 'picture')),
    mark text not null, -- of the votes it was worked out from
    told jsonb not null,
    at timestamptz not null default clock_timestamp()
);

-- a bout is counted as one: by its tiers somebody could tell who wrote the longer answer
alter table accounts.model_usage drop constraint model_usage_tier_check;
alter table accounts.model_usage add constraint model_usage_tier_check check (tier in ('full', 'mini', 'nano', 'picture', 'embedding', 'arena'));
alter table accounts.model_usage drop constraint model_usage_door_check;
alter table accounts.model_usage add constraint model_usage_door_check check (door in ('api', 'chat', 'thread', 'mcp', 'arena'));

-- feed: what was shown to whom, in which order and why; what stopped a post from being shown; how somebody wants their home to begin
create schema feed;

-- one page of For You, of somebody who lets the feed learn. Its features are kept as they were when it was ranked, so that training
-- and replay read what serving saw
create table feed.slates (
    id bigint primary key,
    account_id bigint not null references accounts.people on delete cascade,
    scroll_id bigint not null, -- the first page of the scroll it belongs to
    after_id bigint, -- the page before it; null: it is the first
    release text not null, -- of the heads that ranked it
    posts bigint[] not null,
    scores double precision[] not null,
    sources text[] not null,
    propensities real[] not null, -- with which probability each stood at its place: 1 where nothing was left to chance
    teams text[] not null, -- which ranker put it there: champion, challenger, or empty where both did not compete
    reasons jsonb not null, -- what was said of each post, as its reader saw it
    features bytea not null -- float32, little-endian, posts times features, row by row
);
create unique index on feed.slates (account_id, after_id) where after_id is not null;
create index on feed.slates (account_id, id desc);
create index on feed.slates (scroll_id);

-- what everyone sees who has not asked for more: made anew every few minutes
create table feed.editions (
    id bigint primary key,
    release text not null,
    posts bigint[] not null,
    sources text[] not null,
    reasons jsonb not null
);

-- how far a post came: where it was shown, and what kept it from being shown
create table feed.reach (
    post_id bigint primary key references social.posts on delete cascade,
    shown integer not null default 0,
    sources jsonb not null default '{}', -- {source: times shown}
    stopped jsonb not null default '{}' -- {filter: times stopped}
);

-- two objects of numbers, added up key by key
create function feed.added(one jsonb, other jsonb) returns jsonb language sql immutable as $$
    select coalesce(jsonb_object_agg(key, total), '{}') from (
        select key, sum(value::int) as total from (select * from jsonb_each_text(one) union all select * from jsonb_each_text(other)) both_
        group by key) summed
$$;

create table feed.preferences (
    account_id bigint primary key references accounts.people on delete cascade,
    start text not null default 'following' check (start in ('following', 'for_you')),
    asked_at timestamptz -- when they were asked whether the feed may learn; they are asked once
);

-- "not for me": kept and kept to whether or not anything learns from it
create table feed.hidden (
    account_id bigint not null references accounts.people on delete cascade,
    post_id bigint not null references social.posts on delete cascade,
    at timestamptz not null default now(),
    primary key (account_id, post_id)
);
create index on feed.hidden (post_id);

-- what somebody had the feed forget: single acts, or all before a moment
create table feed.forgotten (
    event_id bigint primary key,
    account_id bigint not null references accounts.people on delete cascade
);
create index on feed.forgotten (account_id);
create table feed.beginnings (
    account_id bigint primary key references accounts.people on delete cascade,
    after_id bigint not null
);

create index on events.log (id) where kind in ('SlateServed', 'PostDwelt', 'PostHidden', 'PostLiked', 'PostBoosted', 'PostBookmarked',
    'AccountFollowed', 'AccountHidden', 'PictureRemixed', 'PostReported');

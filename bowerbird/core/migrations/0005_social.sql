-- social: what people say and to whom
create schema social;

create table social.posts (
    id bigint primary key,
    author_id bigint not null references accounts.people,
    text text not null default '',
    spoiler text not null default '',
    sensitive boolean not null default false,
    visibility text not null check (visibility in ('public', 'unlisted', 'followers', 'direct')),
    language text,
    reply_to_id bigint references social.posts on delete set null,
    thread_id bigint not null, -- the post that began the thread, its own id for that post
    boost_of_id bigint references social.posts on delete cascade,
    edited_at timestamptz,
    deleted_at timestamptz,
    replies_count integer not null default 0,
    boosts_count integer not null default 0,
    likes_count integer not null default 0,
    words tsvector generated always as (
        setweight(to_tsvector('simple', text), 'A') || setweight(to_tsvector('simple', spoiler), 'B')
    ) stored
);
create index on social.posts (author_id, id desc);
create index on social.posts (reply_to_id, id) where reply_to_id is not null;
create index on social.posts (thread_id, id);
create unique index on social.posts (author_id, boost_of_id) where boost_of_id is not null;
create index on social.posts (boost_of_id) where boost_of_id is not null;
create index posts_local on social.posts (id desc)
    where visibility = 'public' and deleted_at is null and boost_of_id is null and thread_id = id;
create index on social.posts using gin (words);
create index on social.posts (deleted_at) where deleted_at is not null;

create table social.post_media (
    post_id bigint not null references social.posts on delete cascade,
    media_id bigint not null references media.attachments on delete cascade,
    position smallint not null,
    primary key (post_id, position)
);
create index on social.post_media (media_id);

create table social.post_versions (
    id bigint primary key,
    post_id bigint not null references social.posts on delete cascade,
    text text not null,
    spoiler text not null,
    sensitive boolean not null,
    media jsonb not null -- [{"id", "alt"}] as they were
);
create index on social.post_versions (post_id, id);

create table social.mentions (
    post_id bigint not null references social.posts on delete cascade,
    account_id bigint not null references accounts.people on delete cascade,
    primary key (post_id, account_id)
);
create index on social.mentions (account_id, post_id desc);

create table social.tags (
    post_id bigint not null references social.posts on delete cascade,
    name text not null,
    primary key (name, post_id)
);
create index on social.tags (post_id);

create table social.likes (
    post_id bigint not null references social.posts on delete cascade,
    account_id bigint not null references accounts.people on delete cascade,
    id bigint not null,
    primary key (account_id, post_id)
);
create index on social.likes (post_id, id desc);

create table social.bookmarks (
    post_id bigint not null references social.posts on delete cascade,
    account_id bigint not null references accounts.people on delete cascade,
    id bigint not null,
    primary key (account_id, post_id)
);
create index on social.bookmarks (account_id, id desc);

create table social.follows (
    follower_id bigint not null references accounts.people on delete cascade,
    followed_id bigint not null references accounts.people on delete cascade,
    id bigint not null,
    primary key (follower_id, followed_id),
    check (follower_id <> followed_id)
);
create index on social.follows (followed_id, follower_id);

create table social.blocks (
    account_id bigint not null references accounts.people on delete cascade,
    blocked_id bigint not null references accounts.people on delete cascade,
    id bigint not null,
    primary key (account_id, blocked_id)
);
create index on social.blocks (blocked_id, account_id);

-- one row for each post in each follower's home, written with the post. No foreign keys: they would be checked for every
-- follower of every post; reads join the post, so that a row left behind shows nothing, and the house trims them
create table social.home (
    owner_id bigint not null,
    post_id bigint not null,
    author_id bigint not null,
    primary key (owner_id, post_id)
);
create index on social.home (owner_id, author_id);

create table social.notifications (
    id bigint primary key,
    account_id bigint not null references accounts.people on delete cascade,
    kind text not null check (kind in ('follow', 'like', 'boost', 'reply', 'mention', 'remix')),
    from_id bigint not null references accounts.people on delete cascade,
    post_id bigint references social.posts on delete cascade,
    read_at timestamptz
);
create index on social.notifications (account_id, id desc);
create index notifications_unread on social.notifications (account_id) where read_at is null;
create unique index on social.notifications (account_id, kind, from_id, coalesce(post_id, 0));

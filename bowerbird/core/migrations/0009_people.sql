-- people: what an account says of itself, mutes, requests, notes, lists, filters, conversations, and notifications that wait
alter table accounts.people
    add column locked boolean not null default false,
    add column bot boolean not null default false,
    add column discoverable boolean not null default true,
    add column indexable boolean not null default true,
    add column hide_collections boolean not null default false,
    add column fields jsonb not null default '[]', -- [{"name", "value"}]
    add column default_sensitive boolean not null default false,
    add column default_language text,
    -- kept by the triggers below, so that showing someone costs no counting
    add column followers_count integer not null default 0,
    add column following_count integer not null default 0,
    add column posts_count integer not null default 0,
    add column last_post_at timestamptz;

alter table social.follows
    add column reblogs boolean not null default true,
    add column notify boolean not null default false,
    add column languages text[];
create index follows_notify on social.follows (followed_id) where notify;
create index on social.follows (followed_id, id desc);

-- the two rows of a follow are locked in the order of their ids, so that two people who follow each other at once do not wait for each other;
-- who makes several follows makes each in a transaction of its own. Of someone who left nothing is counted any more
create function social.count_follow() returns trigger language plpgsql as $$
declare
    gone boolean := tg_op = 'DELETE';
    follower bigint := case when gone then old.follower_id else new.follower_id end;
    followed bigint := case when gone then old.followed_id else new.followed_id end;
    one bigint;
    step integer := case when gone then -1 else 1 end;
begin
    foreach one in array array[least(follower, followed), greatest(follower, followed)] loop
        update accounts.people set
            following_count = greatest(0, following_count + case when id = follower then step else 0 end),
            followers_count = greatest(0, followers_count + case when id = followed then step else 0 end)
        where id = one and deleted_at is null;
    end loop;
    return null;
end $$;
create trigger counted after insert or delete on social.follows for each row execute function social.count_follow();

-- what counts is what anyone may read, and is no boost
create function social.count_post() returns trigger language plpgsql as $$
declare
    before integer := 0;
    now_ integer := 0;
begin
    if tg_op <> 'INSERT' and old.deleted_at is null and old.boost_of_id is null and old.visibility in ('public', 'unlisted') then
        before := 1;
    end if;
    if tg_op <> 'DELETE' and new.deleted_at is null and new.boost_of_id is null and new.visibility in ('public', 'unlisted') then
        now_ := 1;
    end if;
    if before <> now_ then
        update accounts.people set posts_count = greatest(0, posts_count + now_ - before),
               last_post_at = case when tg_op = 'INSERT' then now() else last_post_at end
        where id = case when tg_op = 'DELETE' then old.author_id else new.author_id end and deleted_at is null;
    end if;
    return null;
end $$;
create trigger counted after insert or delete on social.posts for each row execute function social.count_post();
create trigger recounted after update of deleted_at, visibility on social.posts for each row execute function social.count_post();

update accounts.people p set
    followers_count = (select count(*) from social.follows f where f.followed_id = p.id),
    following_count = (select count(*) from social.follows f where f.follower_id = p.id),
    posts_count = (select count(*) from social.posts s where s.author_id = p.id and s.deleted_at is null
        and s.boost_of_id is null and s.visibility in ('public', 'unlisted')),
    last_post_at = (select to_timestamp(((max(s.id) >> 22) + 1767225600000) / 1000.0) from social.posts s
        where s.author_id = p.id and s.deleted_at is null and s.boost_of_id is null and s.visibility in ('public', 'unlisted'));

create table social.follow_requests (
    account_id bigint not null references accounts.people on delete cascade, -- who asks
    target_id bigint not null references accounts.people on delete cascade, -- who is asked
    id bigint not null,
    reblogs boolean not null default true,
    notify boolean not null default false,
    languages text[],
    primary key (account_id, target_id),
    check (account_id <> target_id)
);
create index on social.follow_requests (target_id, id desc);

create table social.mutes (
    account_id bigint not null references accounts.people on delete cascade,
    muted_id bigint not null references accounts.people on delete cascade,
    id bigint not null,
    notifications boolean not null default true, -- whether their notifications are kept away too
    until timestamptz, -- null: until it is taken back
    primary key (account_id, muted_id)
);
create index on social.mutes (muted_id);
create index on social.mutes (until) where until is not null;

create table social.notes (
    account_id bigint not null references accounts.people on delete cascade,
    about_id bigint not null references accounts.people on delete cascade,
    text text not null,
    primary key (account_id, about_id)
);
create index on social.notes (about_id);

create table social.endorsements (
    account_id bigint not null references accounts.people on delete cascade,
    endorsed_id bigint not null references accounts.people on delete cascade,
    id bigint not null,
    primary key (account_id, endorsed_id)
);
create index on social.endorsements (endorsed_id);

create table social.suggestions_hidden (
    account_id bigint not null references accounts.people on delete cascade,
    hidden_id bigint not null references accounts.people on delete cascade,
    primary key (account_id, hidden_id)
);
create index on social.suggestions_hidden (hidden_id);

create table social.domain_blocks (
    account_id bigint not null references accounts.people on delete cascade,
    domain text not null,
    id bigint not null,
    primary key (account_id, domain)
);

create table social.featured_tags (
    id bigint primary key,
    account_id bigint not null references accounts.people on delete cascade,
    name text not null,
    unique (account_id, name)
);

create table social.follow_tags (
    account_id bigint not null references accounts.people on delete cascade,
    name text not null,
    id bigint not null,
    primary key (account_id, name)
);
create index on social.follow_tags (name, account_id);

create table social.lists (
    id bigint primary key,
    owner_id bigint not null references accounts.people on delete cascade,
    title text not null,
    replies_policy text not null default 'list' check (replies_policy in ('followed', 'list', 'none')),
    exclusive boolean not null default false
);
create index on social.lists (owner_id, id);

create table social.list_members (
    list_id bigint not null references social.lists on delete cascade,
    account_id bigint not null references accounts.people on delete cascade,
    id bigint not null,
    primary key (list_id, account_id)
);
create index on social.list_members (account_id, list_id);

create table social.filters (
    id bigint primary key,
    account_id bigint not null references accounts.people on delete cascade,
    title text not null,
    contexts text[] not null,
    action text not null default 'warn' check (action in ('warn', 'hide', 'blur')),
    expires_at timestamptz
);
create index on social.filters (account_id, id);

create table social.filter_keywords (
    id bigint primary key,
    filter_id bigint not null references social.filters on delete cascade,
    keyword text not null,
    whole_word boolean not null default false
);
create index on social.filter_keywords (filter_id, id);

create table social.filter_posts (
    id bigint primary key,
    filter_id bigint not null references social.filters on delete cascade,
    post_id bigint not null references social.posts on delete cascade,
    unique (filter_id, post_id)
);
create index on social.filter_posts (post_id);

-- one row for each participant of a private exchange; `others` sorted, without the participant
create table social.conversations (
    id bigint primary key,
    account_id bigint not null references accounts.people on delete cascade,
    thread_id bigint not null,
    others bigint[] not null,
    last_id bigint not null, -- the latest post of it there ever was: what pages go by
    unread boolean not null default false,
    unique (account_id, thread_id, others)
);
create index on social.conversations (account_id, last_id desc);

create table social.conversation_posts (
    conversation_id bigint not null references social.conversations on delete cascade,
    post_id bigint not null references social.posts on delete cascade,
    primary key (conversation_id, post_id)
);
create index on social.conversation_posts (post_id);

create table social.policies (
    account_id bigint primary key references accounts.people on delete cascade,
    not_following text not null default 'accept' check (not_following in ('accept', 'filter', 'drop')),
    not_followers text not null default 'accept' check (not_followers in ('accept', 'filter', 'drop')),
    new_accounts text not null default 'accept' check (new_accounts in ('accept', 'filter', 'drop')),
    private_mentions text not null default 'accept' check (private_mentions in ('accept', 'filter', 'drop')),
    limited_accounts text not null default 'accept' check (limited_accounts in ('accept', 'filter', 'drop'))
);

-- people whose notifications were let through once and for all
create table social.welcomed (
    account_id bigint not null references accounts.people on delete cascade,
    from_id bigint not null references accounts.people on delete cascade,
    primary key (account_id, from_id)
);
create index on social.welcomed (from_id);

create table social.notification_requests (
    id bigint primary key,
    account_id bigint not null references accounts.people on delete cascade,
    from_id bigint not null references accounts.people on delete cascade,
    unique (account_id, from_id)
);
create index on social.notification_requests (account_id, id desc);
create index on social.notification_requests (from_id);

alter table social.notifications drop constraint notifications_kind_check;
alter table social.notifications
    add constraint notifications_kind_check check (kind in (
        'follow', 'like', 'boost', 'reply', 'mention', 'remix', 'status', 'poll', 'follow_request', 'quote', 'update')),
    add column filtered boolean not null default false, -- waits behind a request; see social/policies.py
    -- likes and boosts of a post and the follows of a day are told as one
    add column group_key text not null generated always as (
        case kind when 'like' then 'favourite-' || coalesce(post_id, 0)::text when 'boost' then 'reblog-' || coalesce(post_id, 0)::text
            when 'follow' then 'follow-' || (((id >> 22) + 1767225600000) / 86400000)::text else 'ungrouped-' || id::text end) stored;
create index on social.notifications (account_id, group_key, id desc);
drop index social.notifications_unread;
create index notifications_unread on social.notifications (account_id) where read_at is null and not filtered;
create index on social.notifications (account_id, from_id, id desc);
create index on social.notifications (from_id);
create index on social.notifications (post_id);

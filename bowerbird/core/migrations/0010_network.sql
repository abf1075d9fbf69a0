-- network: polls, what is planned and drafted, previews of links, meaning, trends, uploads in the making, archives, leaving
create extension if not exists vector;
create schema gallery;

create table social.polls (
    id bigint primary key,
    post_id bigint not null unique references social.posts on delete cascade,
    options text[] not null,
    counts integer[] not null, -- votes for each option
    voters_count integer not null default 0,
    multiple boolean not null default false,
    hide_totals boolean not null default false,
    expires_at timestamptz not null,
    ended boolean not null default false -- its people were told
);
create index polls_open on social.polls (expires_at) where not ended;

create table social.poll_votes (
    poll_id bigint not null references social.polls on delete cascade,
    account_id bigint not null references accounts.people on delete cascade,
    choice smallint not null,
    primary key (poll_id, account_id, choice)
);
create index on social.poll_votes (account_id);

create table social.drafts (
    id bigint primary key,
    account_id bigint not null references accounts.people on delete cascade,
    text text not null default '',
    spoiler text not null default '',
    sensitive boolean not null default false,
    visibility text not null,
    language text,
    media_ids bigint[] not null default '{}',
    poll jsonb,
    reply_to_id bigint,
    updated_at timestamptz not null default now()
);
create index on social.drafts (account_id, id desc);

create table gallery.scheduled (
    id bigint primary key,
    account_id bigint not null references accounts.people on delete cascade,
    params jsonb not null, -- what POST /statuses was sent
    media_ids bigint[] not null default '{}',
    due_at timestamptz not null,
    error text -- why it could not be published, in words; null while it waits
);
create index on gallery.scheduled (account_id, id desc);
create index scheduled_due on gallery.scheduled (due_at) where error is null;

-- what a link leads to, kept for a while, failures too
create table social.previews (
    id bigint primary key,
    url_hash bytea not null unique,
    url text not null,
    failed boolean not null default false,
    kind text not null default 'link' check (kind in ('link', 'photo')),
    title text not null default '',
    description text not null default '',
    language text,
    author_name text not null default '',
    author_url text not null default '',
    site text not null default '',
    image text references media.blobs on delete set null,
    image_width integer not null default 0,
    image_height integer not null default 0,
    image_alt text not null default '',
    blurhash text,
    published_at timestamptz,
    expires_at timestamptz not null
);
create index on social.previews (image);
create index on social.previews (expires_at);

create table social.post_links (
    post_id bigint primary key references social.posts on delete cascade,
    preview_id bigint not null references social.previews on delete cascade
);
create index on social.post_links (preview_id, post_id desc);

-- bytes that no attachment points at: a preview's picture
alter table media.blobs add column kept_until timestamptz;

-- pictures that came in and are not decoded yet
create table media.uploads (
    id bigint primary key, -- the attachment's, once there is one
    owner_id bigint not null,
    data bytea, -- null once it could not be read
    thumbnail bytea,
    alt text not null default '',
    focus_x real not null default 0,
    focus_y real not null default 0,
    error text
);
create index on media.uploads (owner_id);

-- when a picture was last taken out of a post: who deletes a post and says it anew finds it still there
alter table media.attachments add column unused_since timestamptz;
create function media.note_unused() returns trigger language plpgsql as $$
begin
    update media.attachments set unused_since = now() where id = old.media_id;
    return null;
end $$;
create trigger note_unused after delete on social.post_media for each row execute function media.note_unused();

create table social.meanings (
    post_id bigint primary key references social.posts on delete cascade,
    meaning halfvec(384) not null,
    at timestamptz not null default now()
);
create index on social.meanings using hnsw (meaning halfvec_cosine_ops);

create index on social.tags (name text_pattern_ops);
create index posts_near on social.posts using gin (text gin_trgm_ops) where visibility = 'public' and boost_of_id is null;

-- what many unrelated people care about just now; replaced as a whole every few minutes
create table social.trends (
    kind text not null check (kind in ('tag', 'status', 'link')),
    name text not null, -- a tag, or the id of a post or preview
    place integer not null,
    score real not null,
    people integer not null, -- distinct, as counted
    primary key (kind, name)
);
create index on social.trends (kind, place);

create table gallery.archives (
    id bigint primary key,
    account_id bigint not null references accounts.people on delete cascade,
    state text not null default 'waiting' check (state in ('waiting', 'ready', 'failed', 'gone')),
    size_bytes bigint not null default 0,
    attempts integer not null default 0,
    ready_at timestamptz
);
create index on gallery.archives (account_id, id desc);
create unique index archives_waiting on gallery.archives (account_id) where state = 'waiting';

create table gallery.brought (
    id bigint primary key,
    account_id bigint not null references accounts.people on delete cascade,
    kind text not null check (kind in ('following', 'blocking', 'muting', 'lists', 'bookmarks')),
    overwrite boolean not null default false,
    lines jsonb not null, -- [[name or address, …]] as read from the file
    done integer not null default 0,
    missing jsonb not null default '[]', -- [[what, why not]]
    finished_at timestamptz
);
create index on gallery.brought (account_id, id desc);
create unique index brought_once on gallery.brought (account_id) where finished_at is null;

-- people who left: their names, which nobody else may take. No foreign key: the row outlives the person's
create table accounts.departures (
    account_id bigint primary key,
    name_hash bytea not null unique, -- SHA-256 of the name in lower case
    left_at timestamptz not null default now(),
    finished_at timestamptz -- when nothing was left to be removed
);

create function accounts.refuse_departed() returns trigger language plpgsql as $$
begin
    if exists (select 1 from accounts.departures where name_hash = sha256(convert_to(lower(new.username::text), 'UTF8'))) then
        raise unique_violation using message = 'the name of someone who left';
    end if;
    return new;
end $$;
create trigger refuse_departed before insert on accounts.people for each row execute function accounts.refuse_departed();

-- a program that was let in once is kept
alter table accounts.apps add column used boolean not null default false;
update accounts.apps a set used = exists (select 1 from accounts.tokens t where t.app_id = a.id);

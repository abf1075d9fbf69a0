-- the studio's shelf: styles of people's own, favourites, bowers (collections), what stands in the prompt form, larger pictures, time-lapses
create table studio.presets (
    id bigint primary key,
    author_id bigint not null references accounts.people on delete cascade,
    name text not null,
    about text not null default '',
    words_before text not null default '',
    words_after text not null default '',
    leave_out text not null default '',
    medium text not null default '',
    tier text not null default '', -- "": whichever one likes
    strength real check (strength between 0 and 1), -- for remixes; null: as one likes
    example_id bigint references studio.pictures on delete set null,
    forked_from bigint references studio.presets on delete set null,
    version integer not null default 1,
    published_at timestamptz, -- null: its author's own
    words tsvector generated always as (to_tsvector('simple', name || ' ' || about || ' ' || words_before || ' ' || words_after)) stored
);
create index on studio.presets (author_id, id desc);
create index presets_published on studio.presets (id desc) where published_at is not null;
create index on studio.presets (example_id) where example_id is not null;
create index on studio.presets (forked_from) where forked_from is not null;
create index on studio.presets using gin (words);

alter table studio.generations
    add preset jsonb, -- the style as it was when asked for: id, name, author_id, version, before, after
    add factor smallint not null default 0 check (factor in (0, 2, 4)), -- how many times larger the source becomes; 0: it is drawn anew
    add timelapse boolean not null default false,
    add words tsvector generated always as (to_tsvector('simple', prompt)) stored;
create index on studio.generations using gin (words);

create index candidates_picture on studio.candidates (picture_id) where picture_id is not null;

-- what stands in someone's prompt form and was not sent yet
create table studio.sketches (
    account_id bigint primary key references accounts.people on delete cascade,
    form jsonb not null,
    updated_at timestamptz not null default now()
);

create table studio.favourites (
    account_id bigint not null references accounts.people on delete cascade,
    picture_id bigint not null references studio.pictures on delete cascade,
    id bigint not null,
    primary key (account_id, picture_id)
);
create index on studio.favourites (account_id, id desc);
create index on studio.favourites (picture_id);

create table gallery.bowers (
    id bigint primary key,
    account_id bigint not null references accounts.people on delete cascade,
    name text not null,
    about text not null default '',
    visibility text not null default 'private' check (visibility in ('public', 'unlisted', 'private')),
    cover_id bigint references studio.pictures on delete set null
);
create index on gallery.bowers (account_id, id desc);
create index on gallery.bowers (cover_id) where cover_id is not null;

create table gallery.bower_pictures (
    bower_id bigint not null references gallery.bowers on delete cascade,
    picture_id bigint not null references studio.pictures on delete cascade,
    position integer not null,
    primary key (bower_id, picture_id)
);
create index on gallery.bower_pictures (picture_id);

-- the previews of a candidate whose time-lapse is wanted: worth nothing after a crash
create unlogged table studio.frames (
    candidate_id bigint not null,
    step integer not null,
    image bytea not null,
    primary key (candidate_id, step)
);
create table studio.timelapses (
    picture_id bigint primary key references studio.pictures on delete cascade,
    image bytea not null -- an animated WebP, bounded
);

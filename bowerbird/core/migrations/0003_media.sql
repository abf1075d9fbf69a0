-- media: bytes by their hash, and what people attached
create schema media;

create table media.blobs (
    hash text primary key,
    size_bytes integer not null,
    content_type text not null,
    created_at timestamptz not null default now()
);

create table media.attachments (
    id bigint primary key,
    owner_id bigint not null,
    blob text not null references media.blobs,
    width integer not null,
    height integer not null,
    blurhash text not null,
    tone text not null,
    alt text not null default '',
    focus_x real not null default 0,
    focus_y real not null default 0,
    generated boolean not null default false,
    animated boolean not null default false,
    small text not null references media.blobs,
    small_width integer not null,
    small_height integer not null
);
create index on media.attachments (owner_id, id desc);
create index on media.attachments using gin (to_tsvector('simple', alt));
create index on media.attachments (blob);
create index on media.attachments (small);

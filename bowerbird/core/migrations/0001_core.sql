-- core: how often something may happen
create extension if not exists citext;
create extension if not exists pg_trgm;

create unlogged table core.limits (
    what text not null,
    bucket bigint not null,
    used integer not null,
    until timestamptz not null,
    primary key (what, bucket)
);
create index on core.limits (until);

-- recipes: what somebody wants more of, less of and never, each change a version of its own, so that it can be taken back
create table feed.recipes (
    account_id bigint not null references accounts.people on delete cascade,
    number integer not null check (number > 0),
    recipe jsonb not null,
    said text not null, -- the words it was read from; empty where it was edited
    forked_from text, -- whose link it began with
    created_at timestamptz not null default now(),
    primary key (account_id, number)
);

-- a recipe as its owner lets others see it: one link each, which holds what it held when it was shared
create table feed.shared_recipes (
    slug text primary key,
    account_id bigint not null unique references accounts.people on delete cascade,
    recipe jsonb not null,
    created_at timestamptz not null default now()
);
alter table feed.recipes add foreign key (forked_from) references feed.shared_recipes on update cascade on delete set null;
create index on feed.recipes (forked_from) where forked_from is not null;

-- what the words of the wishes mean, of the recipe that stands
create table feed.wish_meanings (
    account_id bigint not null references accounts.people on delete cascade,
    words text not null,
    meaning real[] not null check (cardinality(meaning) = 384),
    primary key (account_id, words)
);

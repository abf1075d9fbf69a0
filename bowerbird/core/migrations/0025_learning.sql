-- learning: which signals went into which dataset, who was left out of it and why, which release learned from it
create schema learning;

create table learning.datasets (
    id bigint primary key,
    model text not null check (model in ('assistant', 'pictures')),
    hash text not null, -- of everything in it, in its order: the same signals give the same one
    card jsonb not null, -- counts, consents, time span, code, what was left out: facts, none of anybody's words
    items integer not null,
    people integer not null,
    built_at timestamptz not null default clock_timestamp(), -- the last time: what went back to how it was, is the same dataset again
    unique (model, hash)
);
create index on learning.datasets (model, built_at desc);

-- an item of a dataset, by what it came from; the words themselves stand in the dataset's own files only
create table learning.items (
    dataset_id bigint not null references learning.datasets on delete cascade,
    place integer not null,
    person_id bigint not null references accounts.people on delete cascade,
    kind text not null,
    source text not null,
    event_ids bigint[] not null, -- the first is what it is called by
    item_kind text not null,
    item_id bigint not null,
    split text not null check (split in ('train', 'held_out')),
    public boolean not null, -- may leave the house
    primary key (dataset_id, place)
);
create index on learning.items (person_id, dataset_id);

create table learning.exclusions (
    dataset_id bigint not null references learning.datasets on delete cascade,
    event_id bigint not null,
    person_id bigint not null references accounts.people on delete cascade,
    item_kind text not null,
    item_id bigint not null,
    reason text not null,
    primary key (dataset_id, event_id)
);
create index on learning.exclusions (person_id, dataset_id);

-- every version that was made, those that did not pass among them
create table learning.releases (
    id bigint primary key,
    model text not null check (model in ('assistant', 'pictures')),
    number integer not null,
    dataset_id bigint not null references learning.datasets,
    sha256 text not null, -- of its file
    report jsonb not null, -- what the gate found
    state text not null check (state in ('held', 'in_use', 'retired')),
    reason text not null default '', -- why it was held or retired, in words
    since timestamptz, -- in use
    until timestamptz,
    unique (model, number)
);
create unique index on learning.releases (model) where state = 'in_use';
create index on learning.releases (dataset_id);

-- what was learned each night, or why nothing was
create table learning.nights (
    day date primary key,
    began_at timestamptz not null default clock_timestamp(),
    ended_at timestamptz,
    told jsonb not null default '{}' -- {what: what came of it}
);

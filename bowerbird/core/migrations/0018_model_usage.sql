-- what each person had the models do, a row a day, tier and door
create table accounts.model_usage (
    account_id bigint not null references accounts.people on delete cascade,
    day date not null default current_date,
    tier text not null check (tier in ('full', 'mini', 'nano', 'picture', 'embedding')),
    door text not null check (door in ('api', 'chat', 'thread', 'mcp')),
    requests integer not null default 0,
    prompt_tokens bigint not null default 0,
    tokens bigint not null default 0,
    pictures integer not null default 0,
    seconds double precision not null default 0,
    primary key (account_id, day, tier, door)
);
create index on accounts.model_usage (day);

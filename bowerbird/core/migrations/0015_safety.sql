-- safety at the brush: what was decided by which rule, appeals, pictures nobody may bring, who may be drawn
create table moderation.decisions (
    id bigint primary key,
    account_id bigint, -- no reference: the log outlives an account, as a number without a name
    stage text not null check (stage in ('words', 'drawn', 'brought')),
    decision text not null check (decision in ('label', 'hold', 'refuse')),
    rule_id text not null,
    rules_version integer not null,
    rules_hash text not null, -- SHA-256 of the rules as they were in force
    engine text not null default '',
    scores jsonb not null,
    digest bytea not null, -- SHA-256 of the words or of the picture's hash: an appeal that was granted lets the same pass
    words text, -- what was asked for, until nobody needs it any more
    subject_id bigint -- the generation or the attachment, where there is one
);
create index on moderation.decisions (account_id, id desc);
create index on moderation.decisions (subject_id) where subject_id is not null;
create index on moderation.decisions (id) where words is not null;

-- a log is only added to: words go when their time is over, the account when it is gone, nothing else ever changes
create function moderation.only_added_to() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and (new.words is null or new.words = old.words) and (new.account_id is null or new.account_id = old.account_id)
       and (new.subject_id is not distinct from old.subject_id or old.subject_id is null)
       and (new.id, new.stage, new.decision, new.rule_id, new.rules_version, new.rules_hash, new.engine, new.scores, new.digest)
         = (old.id, old.stage, old.decision, old.rule_id, old.rules_version, old.rules_hash, old.engine, old.scores, old.digest) then
        return new;
    end if;
    raise exception 'moderation.decisions is only added to';
end $$;
create trigger only_added_to before update or delete on moderation.decisions for each row execute function moderation.only_added_to();
create trigger never_emptied before truncate on moderation.decisions for each statement execute function moderation.only_added_to();

create table moderation.appeals (
    id bigint primary key,
    decision_id bigint not null unique references moderation.decisions,
    account_id bigint not null references accounts.people on delete cascade,
    text text not null,
    state text not null default 'waiting' check (state in ('waiting', 'upheld', 'granted')),
    answer text not null default '',
    decided_at timestamptz
);
create index on moderation.appeals (account_id);
create index on moderation.appeals (id) where state = 'waiting';

create table moderation.blocklist (
    hash bit(256) primary key, -- PDQ
    id bigint not null unique,
    why text not null
);

-- "pictures of me may be made", with the names one goes by, lower case
create table moderation.likenesses (
    account_id bigint primary key references accounts.people on delete cascade,
    names text[] not null,
    said_at timestamptz not null default now()
);
create index on moderation.likenesses using gin (names);
create index on accounts.people (lower(display_name)) where deleted_at is null;

-- pictures that a rule labels: shown behind a press wherever they are posted
create table media.labels (
    media_id bigint primary key references media.attachments on delete cascade,
    rule_id text not null
);

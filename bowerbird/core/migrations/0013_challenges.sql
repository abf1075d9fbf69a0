-- challenges: a theme a day, entries, votes, and what each entry was judged by; which invitation someone came by; how alike pictures are
create table studio.challenges (
    id bigint primary key,
    day date not null unique,
    title text not null,
    rule text not null,
    by_hand boolean not null default false, -- an administrator's own, not from the list
    begins_at timestamptz not null,
    ends_at timestamptz not null, -- of entries
    votes_end_at timestamptz not null,
    settled_at timestamptz,
    check (begins_at < ends_at and ends_at <= votes_end_at)
);
create index challenges_unsettled on studio.challenges (votes_end_at) where settled_at is null;

create table gallery.challenge_entries (
    id bigint primary key,
    challenge_id bigint not null references studio.challenges on delete cascade,
    account_id bigint not null references accounts.people on delete cascade,
    post_id bigint not null references social.posts on delete cascade,
    media_id bigint not null references media.attachments on delete cascade,
    fit real, -- how near its words are to the theme, -1 to 1; null: not measured
    departure real not null default 1, -- how far it went from its parent, 0 to 1
    nearest integer, -- bits in which it differs from the nearest earlier picture, of 128; null: none is near
    weighed_at timestamptz,
    votes integer, -- from here on: written when the challenge is settled
    weighted real,
    viewers integer,
    share real,
    score real,
    place integer,
    unique (challenge_id, media_id)
);
create index on gallery.challenge_entries (account_id);
create index on gallery.challenge_entries (post_id);
create index on gallery.challenge_entries (media_id);
create index entries_unweighed on gallery.challenge_entries (id) where weighed_at is null;

create table gallery.challenge_votes (
    entry_id bigint not null references gallery.challenge_entries on delete cascade,
    account_id bigint not null references accounts.people on delete cascade,
    id bigint not null,
    primary key (entry_id, account_id)
);
create index on gallery.challenge_votes (account_id, id);

-- who was shown an entry and may vote
create table gallery.challenge_sights (
    entry_id bigint not null references gallery.challenge_entries on delete cascade,
    account_id bigint not null references accounts.people on delete cascade,
    primary key (entry_id, account_id)
);
create index on gallery.challenge_sights (account_id);

-- a perceptual hash of every picture, so that what is nearly the same can be found
create table media.likenesses (
    media_id bigint primary key references media.attachments on delete cascade,
    bits bit(128) -- null: it could not be read
);

-- by which invitation someone came; the invitation itself may be gone
create table accounts.arrivals (
    account_id bigint primary key references accounts.people on delete cascade,
    invite_id bigint not null
);
create index on accounts.arrivals (invite_id);

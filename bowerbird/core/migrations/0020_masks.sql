-- painting a part of a picture anew: how much of it (per cent; null: the whole), or beyond which edges
alter table studio.generations
    add column anew smallint check (anew between 1 and 100),
    add column extend text not null default '' check (extend in ('', 'left', 'right', 'up', 'down', 'all'));

-- where, while the generation waits; gone when it is over
create table studio.masks (
    generation_id bigint primary key references studio.generations on delete cascade,
    image bytea not null -- a PNG of one bit a pixel, bounded: white is painted anew
);

-- the event log by months, so that what is past its term goes in one piece; learning may begin again within a night
do $$
declare
    following timestamp := date_trunc('month', now() at time zone 'UTC') + interval '1 month';
    so_far text := to_char(following - interval '1 month', '"log_"YYYY_MM');
    bound bigint := (extract(epoch from following)::bigint * 1000 - 1767225600000) << 22; -- ids count milliseconds since 2026: core/ids.py
begin
    execute format('alter table events.log rename to %I', so_far);
    execute format('create table events.log (like events.%I including all) partition by range (id)', so_far);
    execute format('alter table events.log attach partition events.%I for values from (minvalue) to (%s)', so_far, bound);
end $$;
create table events.log_rest partition of events.log default; -- nothing is lost where no month was made in time

alter table learning.nights add column walk smallint not null default 1; -- the how manieth of its night
alter table learning.nights add column leased_until timestamptz; -- by the worker that walks it, as long as that lives
alter table learning.nights drop constraint nights_pkey;
alter table learning.nights add primary key (day, walk);

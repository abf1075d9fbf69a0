-- versions that a part of the people try first; every model behind one ledger; which adapter of the language model speaks, and who said what by it
create schema inference;

-- what the embedded language model can speak with; learning writes it, the assistant goes by it
create table inference.adapters (
    name text primary key, -- of the version: "adapter 3"
    sha256 text not null, -- of its file, which is called so
    share smallint not null check (share between 1 and 100) -- of the people; 100: in use, else on trial
);

alter table learning.datasets drop constraint datasets_model_check;
alter table learning.datasets add constraint datasets_model_check check (model in ('assistant', 'pictures', 'ranker'));
alter table learning.releases drop constraint releases_model_check;
alter table learning.releases add constraint releases_model_check check (model in ('assistant', 'adapter', 'pictures', 'ranker'));
alter table learning.releases drop constraint releases_state_check;
alter table learning.releases add constraint releases_state_check check (state in ('held', 'trial', 'in_use', 'retired'));
alter table learning.releases add column share smallint not null default 0 check (share between 0 and 100); -- of the people, while it is tried
alter table learning.releases add column tried jsonb not null default '{}'; -- what its trial said so far
create unique index on learning.releases (model) where state = 'trial';

alter table assistant.messages add column release text not null default ''; -- the version of an adapter that spoke; '': none, the model as it came
alter table assistant.asked add column release text not null default '';

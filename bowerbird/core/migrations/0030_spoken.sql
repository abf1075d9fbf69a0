-- which answers a version gave, looked for every minute of its trial
create index on assistant.messages (release, id) where release <> '';

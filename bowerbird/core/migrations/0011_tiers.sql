-- picture models side by side: how long each took lately, and who had a turn last
create index generations_done on studio.generations (tier, id desc) where state = 'done';
create index generations_waiting_by_tier on studio.generations (tier, account_id, id) where state in ('queued', 'running');
